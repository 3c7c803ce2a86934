"""Every door that something from outside comes through, and one made-up thing sent through each.

A door is a function of a seeded generator, an empty folder and an installation. What a door raises
is what a user would see: errors of the project are answers, anything else is a fault.
"""

import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from lrd_core import measure_arrays
from lrd_core.actions.favourites import favourites
from lrd_core.actions.imports import import_results
from lrd_core.actions.own_embeddings import payload_of
from lrd_core.actions.own_texts import free_name, keep, look_at, look_at_pasted
from lrd_core.actions.scenes import load_scenes, new_scene, parse_scenes
from lrd_core.actions.uploads import pack_bundle
from lrd_core.bringing.files import read_brought
from lrd_core.config import Config
from lrd_core.models.specs import find_model
from lrd_core.runs.items import as_table
from lrd_core.runs.request import parse_metrics
from lrd_core.tasks import find_task, load_content, load_task
from lrd_core.tasks.saved import save_task, saved_tasks, tasks_dir
from lrd_core.views.runs import jobs
from tests.example_store import fill
from tests.fuzz.commands import try_command
from tests.fuzz.mutations import mutate, mutate_json, mutate_zip
from tests.fuzz.samples import BROUGHT, KEPT, RESULTS, SCENE, TASKS, write
from tests.fuzz.words import NAMES, NULL, NUMBERS, path_at

Door = Callable[[random.Random, Path, Config], None]


def _damaged(generator: random.Random, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a folder, one of them changed."""
    name = generator.choice(sorted(files))
    content = files[name]
    if name.endswith("jsonl") and generator.random() < 0.5:
        first, _, rest = content.partition(b"\n")
        return {**files, name: mutate_json(generator, first) + b"\n" + rest}
    if name.endswith(".json") and generator.random() < 0.5:
        return {**files, name: mutate_json(generator, content)}
    return {**files, name: mutate(generator, content)}


def damaged_task(generator: random.Random, place: Path, config: Config) -> None:
    """A folder or a file of texts that is named on the command line or in a notebook."""
    root = write(place / "task", _damaged(generator, TASKS[generator.choice(sorted(TASKS))]))
    spec = find_task(str(root))
    load_content(spec)
    as_table(load_task(spec)).to_parquet(place / "kept.parquet")


def damaged_result(generator: random.Random, place: Path, config: Config) -> None:
    """Scores or metrics of others, by `import` or on Data."""
    name, content = RESULTS[generator.choice(sorted(RESULTS))]
    root = write(place / "results", _damaged(generator, {name: content}))
    path = root if name.endswith("json") else root / name
    json.dumps(import_results(config, path).to_json())


def damaged_archive(generator: random.Random, place: Path, config: Config) -> None:
    """A bundle or a folder of results as one zip file."""
    path = place / "upload.zip"
    path.write_bytes(mutate_zip(generator, generator.choice(_archives())))
    json.dumps(import_results(config, path).to_json())


@cache
def _archives() -> tuple[bytes, bytes]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        source = Config(Path(folder) / "source")
        fill(source)
        bundle = pack_bundle(source)
    results = io.BytesIO()
    with zipfile.ZipFile(results, "w", zipfile.ZIP_DEFLATED) as packed:
        for kind in ("old result", "new result"):
            packed.writestr(f"org__model/r1/{kind}.json", RESULTS[kind][1])
    return bundle, results.getvalue()


def own_texts(generator: random.Random, place: Path, config: Config) -> None:
    """A file that a visitor drops, or lines that are pasted."""
    shutil.rmtree(tasks_dir(config), ignore_errors=True)
    kind = generator.choice(["pairs", "classes", "sets", "reranking", "lines"])
    files = {name: content for name, content in TASKS[kind].items() if name != "task.toml"}
    name = generator.choice(sorted(files))
    content = mutate(generator, files[name])
    called = generator.choice([Path(name).name, Path(name).name, generator.choice(NAMES + NULL)])
    if generator.random() < 0.2:
        found = look_at_pasted(content.decode(errors="surrogateescape"))
    else:
        found = look_at(called + Path(name).suffix, content)
    found.first.to_json()
    columns = [*found.columns, generator.choice(NAMES)]
    label = generator.choice([None, generator.choice(columns)])
    wanted = generator.choice([free_name(config, called), generator.choice(NAMES + NULL)])
    kept = keep(config, found, wanted, text=generator.choice(columns), label=label)
    load_content(find_task(kept))


def saved_task(generator: random.Random, place: Path, config: Config) -> None:
    """Files that are kept as a task of the installation, and what others changed in them since."""
    here = Config(place / "data")
    kind = generator.choice(sorted(TASKS))
    files = {name.replace("/", "-"): content for name, content in TASKS[kind].items()}
    if generator.random() < 0.5:
        save_task(generator.choice(["mine", *NAMES, *NULL]), _damaged(generator, files), here)
    write(tasks_dir(here) / "task", _damaged(generator, {**TASKS[kind], ".entry.json": b"{}"}))
    found = saved_tasks(here)
    assert all((task.spec is None) == bool(task.fault) for task in found)


def brought_vectors(generator: random.Random, place: Path, config: Config) -> None:
    """Embeddings that exist already, with the texts they are of."""
    name = generator.choice(sorted(BROUGHT))
    path = place / name
    inside = name.endswith("npz") and generator.random() < 0.5
    path.write_bytes((mutate_zip if inside else mutate)(generator, BROUGHT[name]))
    texts = None
    if generator.random() < 0.3:
        texts = write(place, _damaged(generator, TASKS["classes"])) / "test.csv"
    called = generator.choice(NAMES + NULL)
    payload_of(generator.choice([name, called, called + ".npy"]), b"x", called, "")
    brought = read_brought([path], texts)
    assert brought.n == len(brought.layers[-1])


def scene_file(generator: random.Random, place: Path, config: Config) -> None:
    """Scenes that are uploaded, and those that are saved from an address."""
    content = json.dumps(SCENE).encode()
    change = generator.choice([mutate, mutate_json])
    for scene in parse_scenes(change(generator, content)):
        scene.address().encode()
    words = NAMES + NULL + NUMBERS
    query = {generator.choice(words): [generator.choice(words)] for _ in range(2)}
    new_scene(generator.choice(words), generator.choice(words), "depth", query).address().encode()


def named(generator: random.Random, place: Path, config: Config) -> None:
    """Names of models, tasks and metrics, wherever one is asked for."""
    name = generator.choice([*NAMES, *NULL, path_at(generator, place)])
    if generator.random() < 0.3:
        name = (
            f"{name}{generator.choice([':', '@', '/', '=', ','])}{generator.choice(NAMES + NULL)}"
        )
    generator.choice([find_model, find_task, lambda one: parse_metrics([one])])(name)


def kept_files(generator: random.Random, place: Path, config: Config) -> None:
    """Small files of the data folder that were damaged: a page must open all the same."""
    here = Config(place / "data")
    write(here.data_dir, _damaged(generator, KEPT))
    if generator.random() < 0.3:
        here.jobs_database.write_bytes(mutate(generator, b"SQLite format 3\0" + bytes(200)))
    favourites(here, "models")
    favourites(here, "tasks")
    load_scenes(here)
    saved_tasks(here)
    find_task_here(here)
    jobs(here)


def find_task_here(config: Config) -> None:
    """The task that a path of another day was."""
    from lrd_core.tasks.places import name_for, place_of

    place_of("mails", config)
    name_for(Path("/tmp/mails"), "mails", ["bbc-news"], config)


_ARRAYS: tuple[Any, ...] = (
    *(np.zeros((0, 2)), np.zeros((3, 0)), np.zeros((1, 2)), np.zeros(3), np.zeros((2, 2, 2))),
    *(np.zeros((4, 3)), np.ones((4, 3)), np.full((4, 3), np.nan), np.full((4, 3), np.inf)),
    *(np.full((4, 3), 1e308), np.full((4, 3), 5e-324), np.eye(4), np.eye(4, dtype=int)),
    *(np.eye(4, dtype=bool), np.eye(4, dtype=complex), np.eye(4).astype(str)),
    *(np.eye(4).astype(object), np.array([[1, "a"]], dtype=object), np.eye(4, dtype="float16")),
    *(np.full((4, 3), 10**30, dtype=object), [[1, 2], [3]], [], None, 5, "x", {"a": 1}),
)


def arrays(generator: random.Random, place: Path, config: Config) -> None:
    """Arrays of a notebook."""
    layers = [np.random.default_rng(0).normal(size=(4, 3)) for _ in range(generator.randint(0, 4))]
    for _ in range(generator.randint(1, 2)):
        layers.insert(generator.randint(0, len(layers)), generator.choice(_ARRAYS))
    metrics = generator.choice(["all", "lrd", "lbl", "companion", generator.choice(NAMES)])
    measure_arrays(layers, metrics, name=generator.choice(NAMES + NULL)).table()


DOORS: Mapping[str, Door] = {
    "task folders": damaged_task,
    "own texts": own_texts,
    "saved tasks": saved_task,
    "results": damaged_result,
    "archives": damaged_archive,
    "vectors": brought_vectors,
    "scenes": scene_file,
    "names": named,
    "kept files": kept_files,
    "arrays": arrays,
    "commands": try_command,
}
"""By the name that a failure is told with."""

SHARES = {"commands": 3}
"""Doors with more ways through than the others are tried so many times as often."""
