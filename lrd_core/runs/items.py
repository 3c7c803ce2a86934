"""The items behind a run, as pages show them, in the order of its rows, without any model."""

import functools
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.config import Config, load_config
from lrd_core.disk import whole_file
from lrd_core.errors import InputError, TaskError
from lrd_core.extraction.inputs import modality_of
from lrd_core.store.connection import connect
from lrd_core.store.keys import content_key
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.saving import Saver
from lrd_core.tasks import TaskItems, TaskSpec, find_task, load_content, load_task
from lrd_core.tasks.content import GIVEN
from lrd_core.tasks.folder import looks_like_path
from lrd_core.tasks.places import place_of

PICTURE = "thumbnail"
"""Column of small pictures, as data URLs, of items that can be seen."""

COLUMNS = ("row", "text_index", "text", "label")


def run_items(config: Config, run_key: str) -> pd.DataFrame:
    """One row an item of a run: row (its place in every array), text_index, text, label.

    text_index: position in the task's full set, equal across runs. text: a text, or another item's
    preview; the names are those of kept files and tables. label: NA where there is none.
    Further columns are those of the task's own table. Items of hub tasks come from the copy that
    a projection keeps beside the store: reading them anew would import mteb into the page.
    Raises: InputError for an unknown run; TaskError when the items cannot be read here or are
    not those of the run.
    """
    with connect(config, read_only=True) as connection:
        run = _find_run(connection, run_key)
    own = items_path(config, run)
    for kept in (own, bundled_items(config) / own.name):
        if kept.exists():
            return _read_kept(kept, kept.stat().st_mtime_ns)
    task = _task_of(run)
    if task.source == "hub":
        raise TaskError(
            f"the texts of {run['task']} come from a hub and are not kept on this machine yet; "
            "compute the maps of this run, which keeps them"
        )
    return as_table(_sample(task, run))


def item_to_hear(config: Config, run_key: str, text_index: int) -> bytes | None:
    """An item of a run as a file to listen to, read from where the task lies.

    None for items that cannot be heard, or that are not on this machine.
    Raises: InputError for an unknown run.
    """
    with connect(config, read_only=True) as connection:
        run = _find_run(connection, run_key)
    wav = modality_of(str(run["modality"])).wav
    if wav is None:
        return None
    try:
        task = _task_of(run)
        if task.source == "hub" or task.revision != run["task_revision"]:
            return None
        items = load_content(task).evaluated_items()[task.item_column]
        return wav(items[text_index]) if text_index < len(items) else None
    except (TaskError, InputError):
        return None


def keep_items(config: Config, run_key: str, folder: Path | None = None) -> pd.DataFrame:
    """Read a run's items from their source and keep them as a file beside the store, or elsewhere.

    For the worker: it may use the network and import mteb. Items that were given are kept already.
    Raises: as `run_items`.
    """
    with Saver(config).reading() as connection:
        run = _find_run(connection, run_key)
    if str(run["task_revision"]).startswith(GIVEN):
        return run_items(config, run_key)
    path = items_path(config, run)
    return _keep((folder or path.parent) / path.name, as_table(_sample(_task_of(run), run)))


def keep_sample(config: Config, sample: TaskItems) -> None:
    """Keep items that no source leads to again, such as a list of texts from a notebook.

    Raises: StoreError when they cannot be written.
    """
    if sample.spec.revision.startswith(GIVEN):
        spec = sample.spec
        sample_of = {"task": spec.name, "task_revision": spec.revision, "split": spec.split}
        row = pd.Series(sample_of | {"n": sample.n, "seed": sample.seed})
        _keep(items_path(config, row), as_table(sample))


def _keep(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    with whole_file(path) as partial:
        table.to_parquet(partial)
    return table


def items_path(config: Config, run: "pd.Series[object]") -> Path:
    """Where a run's items are kept; the same file for every model on the same sample."""
    sample = {name: str(run[name]) for name in ("task", "task_revision", "split", "n", "seed")}
    return config.arrays_dir / f"texts-{content_key(sample)}.parquet"


def bundled_items(config: Config) -> Path:
    """The folder of items that come with the bundled results: those that not every machine can
    make."""
    return config.demo_dir / "items"


def as_table(sample: TaskItems) -> pd.DataFrame:
    """The sample as a table, items as their previews; the task's own columns keep their names.

    Items that can be seen have a column PICTURE beside.
    """
    own = {name: _plain(values) for name, values in sample.columns.items() if name not in COLUMNS}
    kind = modality_of(sample.spec.modality)
    if kind.thumbnail is not None:
        own[PICTURE] = pd.Series(map(kind.thumbnail, sample.items), dtype="string")
    return pd.DataFrame(
        {
            "row": range(sample.n),
            "text_index": sample.ids,
            "text": pd.Series([kind.preview(item) for item in sample.items], dtype="string"),
            "label": pd.Series(sample.labels or [None] * sample.n, dtype="string"),
        }
        | own
    )


def _plain(values: tuple[Any, ...]) -> "pd.Series[Any]":
    """A column that can be kept as a file: cells of several kinds become words."""
    column = pd.Series(values, dtype=object)
    kind = pd.api.types.infer_dtype(column, skipna=True)
    plain = kind in ("string", "integer", "floating", "boolean", "empty")
    return column.infer_objects() if plain else column.map(str, na_action="ignore")


@functools.lru_cache(maxsize=4)
def _read_kept(path: Path, _changed: int) -> pd.DataFrame:
    return pd.read_parquet(path)


def _find_run(connection: Any, run_key: str) -> "pd.Series[object]":
    found = read_table(connection, RUNS, run_key=run_key)
    if found.empty:
        raise InputError(f"no run has the key {run_key!r}; copy one from the Data page")
    return found.iloc[0]


def _task_of(run: "pd.Series[object]") -> TaskSpec:
    if str(run["task_revision"]).startswith(GIVEN):
        raise TaskError(
            f"{run['task']} was given as a list, and its copy beside the store is "
            "not here; give it again, into this store"
        )
    # Whoever wrote an imported run chose its task's name: it may mean a path of this machine.
    task = str(run["task"])
    leads_to_path = looks_like_path(task) or place_of(task, load_config()) is not None
    if run["source"] != "own" and leads_to_path:
        raise TaskError(
            f"the texts of {task} are not read: the run was imported, and no path that comes with "
            "an import is opened; run the task here to see its texts"
        )
    return find_task(task)


def _sample(task: TaskSpec, run: "pd.Series[object]") -> TaskItems:
    sample = load_task(task, int(str(run["n"])), int(str(run["seed"])))
    if sample.n != run["n"] or sample.spec.revision != run["task_revision"]:
        raise TaskError(
            f"{run['task']} no longer has the texts of this run, {run['n']} of revision "
            f"{run['task_revision']}; run it again to get matching maps"
        )
    return sample
