"""Whatever a file holds, reading it gives its content or an error of the project.

Damage is seeded, so that a failure repeats; LRD_FUZZ_ROUNDS asks for more of it.
"""

import csv
import io
import json
import os
import random
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrd_core.actions.imports import import_results
from lrd_core.actions.uploads import pack_bundle
from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.runs.items import as_table
from lrd_core.store import connect
from lrd_core.tasks import find_task, load_content, load_task
from lrd_core.tasks.quoting import split_rows
from lrd_core.tasks.saved import saved_tasks, tasks_dir
from tests.example_store import fill
from tests.fuzz.mutations import mutate, mutate_json, mutate_zip

ROUNDS = int(os.environ.get("LRD_FUZZ_ROUNDS", "20"))
pytestmark = pytest.mark.slow


def parquet(columns: dict[str, list[Any]]) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer)
    return buffer.getvalue()


PAIRS = 'sentence1\tsentence2\tscore\n"We will, he said.\ta b\t4.5\nc\td\t1\ne\tf"\t0.2\n'
CLASSES = 'text,label\n"one, two",1\nthree,2\n"say ""four""",1\nfive,2\n'
SEARCH = {
    "corpus.jsonl": b'{"_id": "d1", "title": "T", "text": "first"}\n{"_id": "d2", "text": "x"}\n',
    "queries.jsonl": b'{"_id": "q1", "text": "which?"}\n',
    "qrels/test.tsv": b"query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\n",
}
TOML = b'name = "mails"\ntype = "classification"\noverlap = "leave out"\n[columns]\ntext = "text"\n'

TASKS: dict[str, dict[str, bytes]] = {
    "pairs": {"test.tsv": PAIRS.encode()},
    "classes": {
        "train.csv": CLASSES.encode(),
        "test.csv": CLASSES.replace("five", "six").encode(),
        "task.toml": TOML,
    },
    "search": SEARCH,
    "sets": {
        "test.jsonl": b'{"sentences": ["a", "b"], "labels": ["x", "y"], "n": 1}\n',
        "task.toml": b'type = "clustering"\n[files]\ntest = "test.jsonl"\n',
    },
    "reranking": {"test.jsonl": b'{"query": "q", "positive": ["yes"], "negative": ["no"]}\n'},
    "parquet": {"test.parquet": parquet({"text": ["a", "b"], "label": ["x", "y"], "n": [1, 2]})},
    "lines": {"notes.txt": "one\n\n two \nthree é\n".encode()},
}

OLD = {
    "mteb_dataset_name": "TwitterURLCorpus",
    "mteb_version": "1.0.2",
    "dataset_revision": "r",
    "test": {"cos_sim": {"ap": 0.8, "f1": 0.7}, "max": {"ap": 0.81}, "evaluation_time": 3},
}
NEW = {
    "task_name": "STS17",
    "mteb_version": "1.14.20",
    "dataset_revision": "r",
    "scores": {"test": [{"hf_subset": "en-en", "main_score": 0.5, "cosine_spearman": 0.5}]},
}
METRICS: dict[str, list[Any]] = {
    "family": ["Pythia"] * 7,
    "size": ["70m"] * 7,
    "revision": ["main"] * 7,
    "dataset": ["mteb/emotion"] * 7,
    "split": ["test"] * 7,
    "metric_name": ["dime"] * 7,
    "normalisation": ["raw"] * 7,
    "n_layers": [7] * 7,
    "layer": list(range(7)),
    "value": [0.1, 0.2, 0.3, None, 0.5, 0.6, 0.7],
}

RESULTS: dict[str, tuple[str, bytes]] = {
    "old result": ("org__model/r1/T.json", json.dumps(OLD).encode()),
    "new result": ("org__model/r1/T.json", json.dumps(NEW).encode()),
    "long table": (
        "t.csv",
        b"Model,Task,Layer,Score,revision\ngpt2,SciFact,3,65.1,main\na/b,STS17,,64,0e1\n",
    ),
    "wide table": (
        "t.csv",
        b",Model,SciFact,Mean,STS17\n0,[a](https://huggingface.co/a/b),1.5,2,3\n",
    ),
    "tsv table": ("t.tsv", b'model\ttask\tscore\nm\tMMLU\t0.25\n"x\tMMLU\t0.5\n'),
    "parquet table": (
        "t.parquet",
        parquet({"model": ["a"], "task": ["STS17"], "score": [0.5], "layer": [3.0]}),
    ),
    "metric table": ("t.parquet", parquet(METRICS)),
}


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


@pytest.mark.parametrize("kind", list(TASKS))
def test_a_damaged_task_is_read_or_refused(kind: str, config: Config, tmp_path: Path) -> None:
    for seed in range(ROUNDS):
        generator = random.Random(f"{kind} {seed}")
        files = dict(TASKS[kind])
        name = generator.choice(sorted(files))
        change = mutate_json if name.endswith("jsonl") and seed % 2 else mutate
        first, _, rest = files[name].partition(b"\n")
        damaged = change(generator, first) + b"\n" + rest if change is mutate_json else None
        files[name] = damaged if damaged is not None else mutate(generator, files[name])
        root = write(tmp_path / str(seed), files)
        try:
            spec = find_task(str(root))
            load_content(spec)
            as_table(load_task(spec)).to_parquet(tmp_path / "kept.parquet")
        except LrdError as error:
            str(error).encode()


@pytest.mark.parametrize("kind", list(RESULTS))
def test_a_damaged_result_is_imported_or_refused(kind: str, config: Config, tmp_path: Path) -> None:
    name, content = RESULTS[kind]
    for seed in range(ROUNDS):
        generator = random.Random(f"{kind} {seed}")
        change = mutate_json if name.endswith("json") and seed % 2 else mutate
        root = write(tmp_path / str(seed), {name: change(generator, content)})
        try:
            report = import_results(config, root if name.endswith("json") else root / name)
            json.dumps(report.to_json())
        except LrdError as error:
            str(error).encode()


def test_a_damaged_bundle_is_imported_or_refused(config: Config, tmp_path: Path) -> None:
    source = Config(tmp_path / "source")
    fill(source)
    bundle = pack_bundle(source)
    folder = io.BytesIO()
    with zipfile.ZipFile(folder, "w", zipfile.ZIP_DEFLATED) as packed:
        for kind in ("old result", "new result"):
            packed.writestr(f"org__model/r1/{kind}.json", RESULTS[kind][1])
    for seed in range(2 * ROUNDS):
        generator = random.Random(f"bundle {seed}")
        path = tmp_path / f"{seed}.zip"
        path.write_bytes(mutate_zip(generator, bundle if seed % 2 else folder.getvalue()))
        try:
            json.dumps(import_results(config, path).to_json())
        except LrdError as error:
            str(error).encode()
    with connect(config, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() is not None


CELLS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12
) | st.sampled_from(['"', '""', '"a', 'a"', '"a"', "a,b", "a\tb", "01", "é", "\u2028", "=1"])
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(rows=TABLES, delimiter=st.sampled_from(",\t"))
def test_quoted_tables_come_back_cell_by_cell(rows: list[list[str]], delimiter: str) -> None:
    rows = [["first", *cells[1:]] if not any(cells) else cells for cells in rows]
    text = io.StringIO(newline="")
    names = [f"n{place}" for place in range(len(rows[0]))]
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    assert [row.cells for row in split_rows(text.getvalue(), delimiter, "t")] == [names, *rows]


@settings(derandomize=True, deadline=None, max_examples=150)
@given(rows=TABLES)
def test_no_line_of_an_unquoted_table_is_lost(rows: list[list[str]]) -> None:
    """Tab-separated research files: every mark of a text is part of it."""
    rows = [[" ".join(cell.split()) or "x" for cell in cells] for cells in rows]
    rows = [[*cells, "1.5"] for cells in rows]
    names = [f"n{place}" for place in range(len(rows[0]))]
    text = "".join("\t".join(cells) + "\n" for cells in [names, *rows])
    found = [row.cells for row in split_rows(text, "\t", "t")]
    assert len(found) == len(rows) + 1
    # Marks around a whole cell alone may have been quotes.
    assert [[bare(c) for c in cells] for cells in found[1:]] == [[bare(c) for c in r] for r in rows]


def bare(cell: str) -> str:
    return cell.replace('"', "")


def test_damaged_saved_tasks_end_no_list(config: Config) -> None:
    for seed in range(ROUNDS):
        generator = random.Random(f"saved {seed}")
        files = dict(TASKS["classes"])
        name = generator.choice(sorted(files))
        files[name] = mutate(generator, files[name])
        write(tasks_dir(config) / f"task{seed}", files)
    found = saved_tasks(config)
    assert len(found) == ROUNDS
    assert all((task.spec is None) == bool(task.fault) for task in found)
