"""Downstream scores of others: MTEB result folders, layer tables, leaderboard exports.

Reading only; what is written to the store, and that own results are never replaced, is the
store's matter. Every row names its source, and every row left out is counted with a reason.
"""

import functools
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.errors import InputError
from lrd_core.evaluation.mteb_index import mteb_facts
from lrd_core.evaluation.published_names import published_model
from lrd_core.evaluation.result_files import find_origin, read_result
from lrd_core.evaluation.score_tables import is_missing, plain_model, read_scores_table
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.published import described_model
from lrd_core.store.keys import canonical_json
from lrd_core.store.scores import ScoreRow
from lrd_core.tasks import TaskSpec, all_tasks
from lrd_core.tasks.content import TASK_TYPES

COLUMNS = (
    *("model", "model_id", "revision", "family", "num_blocks", "hidden_size"),
    *("task", "task_revision", "task_type", "subset", "split", "layer"),
    *("metric", "score", "settings", "source"),
)
IDENTITY = ["model_id", "revision", "task", "subset", "split", "layer", "metric", "pooling"]

MOST_LAYERS = 2000
PANEL = "lrd"
OUTSIDE = "model outside the panel of 31"
_READ = frozenset(
    (
        *("model", "family", "size", "revision", "layer", "task", "task_revision", "task_type"),
        *("subset", "split", "metric", "score", "num_blocks", "pooling"),
    )
)
_DETAILS = ("first_subset", "mteb_version", "snapshot")
_TYPES = {name.replace(" ", ""): name for name in TASK_TYPES}


@dataclass(frozen=True)
class ImportedScores:
    """Rows with the columns COLUMNS; `layer` is <NA> where only the whole model was scored.

    `settings` is JSON: pooling (where known) and facts about the file. `skipped` counts rows and
    files by reason. `notes` say how the numbers were taken.
    """

    table: pd.DataFrame
    skipped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_results(path: Path, *, panel: bool = False) -> ImportedScores:
    """Read a folder of MTEB results, one result file, or a table (CSV, TSV, Parquet).

    A table needs a model (`model`, or `family` and `size`), `task` and `score`; it may have
    layer, revision, subset, split, metric, task_type, task_revision, pooling, num_blocks. A CSV
    with one column a task, as the MTEB leaderboard exports it, is understood too. Where any
    score of a table is above 1, all are taken for percentages, and a note says so.

    panel: only models of the LRD panel; files of others are counted and not opened, of which the
    public results repository has tens of thousands.
    Raises: InputError when nothing there can be read.
    """
    check_place(path)
    skipped: Counter[str] = Counter()
    notes: list[str] = []
    if path.is_dir() or path.suffix.lower() == ".json":
        rows = list(_rows_of_folder(path, skipped, panel))
    elif path.suffix.lower() in (".csv", ".tsv", ".parquet"):
        table = read_scores_table(path, skipped)
        rows = list(_rows_of_table(table, path.name, skipped, notes))
        if panel:
            rows = [row for row in rows if _is_wanted(row["model"], skipped)]
    else:
        raise InputError(f"{path.name} is no folder, .json, .csv, .tsv or .parquet file")
    source = f"import: {path.name}".encode(errors="replace").decode()
    table_of_scores = _as_table(rows, source, skipped)
    counted = {reason: count for reason, count in skipped.items() if count}
    return ImportedScores(table_of_scores, counted, tuple(notes))


def score_rows(table: pd.DataFrame) -> list[ScoreRow]:
    """Rows of an ImportedScores as the store holds them."""
    names = {"metric": "score_name"}
    return [
        ScoreRow(**{names.get(str(name), name): _known(value) for name, value in row.items()})
        for row in table.to_dict("records")
    ]


def _known(value: Any) -> Any:
    return None if pd.isna(value) else value


def check_place(path: Path) -> None:
    """Raises: InputError for a path that leads to no folder and no plain file."""
    shown = str(path) if len(str(path)) <= 200 else f"{str(path)[:197]}..."
    try:
        if not path.exists():
            raise InputError(f"{shown} does not exist; give a folder or a file")
        plain = path.is_dir() or path.is_file()
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}") from error
    if not plain:
        raise InputError(f"{shown} is no folder and no plain file")


def _is_wanted(model: str, skipped: Counter[str]) -> bool:
    """Whether a model is one of the panel's; counts those that are not."""
    spec = described_model(model.partition("@")[0])
    wanted = spec is not None and PANEL in spec.panels
    skipped[OUTSIDE] += not wanted
    return wanted


def _rows_of_folder(path: Path, skipped: Counter[str], panel: bool) -> Iterator[dict[str, Any]]:
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    files = [file for file in files if file.name != "model_meta.json"]
    if not files:
        raise InputError(f"{path} holds no .json result of MTEB")
    root = path if path.is_dir() else path.parent
    for file in files:
        try:
            origin = find_origin(file, root)
            if panel and not _is_wanted(origin.model, skipped):
                continue
            result = read_result(file)
        except InputError as error:
            skipped[str(error)] += 1
            continue
        skipped.update(result.left_out)
        for score in result.scores:
            yield {
                **{name: getattr(origin, name) for name in ("model", "revision", "layer")},
                **{name: getattr(score, name) for name in ("task", "task_revision", "task_type")},
                **{name: getattr(score, name) for name in ("subset", "split", "metric", "score")},
                "details": dict(score.details),
                "pooling": origin.pooling,
            }


def _rows_of_table(
    table: pd.DataFrame, name: str, skipped: Counter[str], notes: list[str]
) -> Iterator[dict[str, Any]]:
    if "model" not in table.columns and not {"family", "size"} <= set(table.columns):
        raise InputError(f"{name} names no model: it needs a column model, or family and size")
    unread = [str(column)[:40] for column in table.columns if column not in (*_READ, *_DETAILS)]
    if unread:
        notes.append(f"columns that were not read: {', '.join(unread)}")
    scores = _fractions(table["score"], name, notes)
    for row, score in zip(table.to_dict("records"), scores, strict=True):
        if pd.isna(score):
            skipped["score is missing or no number"] += 1
            continue
        given = {str(key): value for key, value in row.items() if not is_missing(value)}
        model, pooling = _model_of_row(given)
        if not model or "task" not in given:
            skipped["row names no model or no task"] += 1
            continue
        yield {
            "model": model,
            "revision": str(given.get("revision", "")),
            "layer": given.get("layer"),
            "task": str(given["task"]),
            "task_revision": str(given.get("task_revision", "not stated")),
            "task_type": str(given.get("task_type", "")),
            "subset": str(given.get("subset", "default")),
            "split": str(given.get("split", "test")),
            "metric": str(given.get("metric", "main_score")),
            "score": float(score),
            "num_blocks": given.get("num_blocks"),
            "details": {key: given[key] for key in _DETAILS if key in given},
            "pooling": pooling,
        }


def _fractions(cells: "pd.Series[Any]", name: str, notes: list[str]) -> "pd.Series[float]":
    """Scores as fractions; NaN for a cell that is no number."""
    scores = cells.map(_as_number).astype("float64")
    if (scores.abs() > 100).any():
        raise InputError(f"{name} has scores beyond 100: neither fractions nor percentages")
    above = int((scores > 1).sum())
    if not above:
        return scores
    notes.append(f"{above:,} of {scores.count():,} scores are above 1: all were taken as percent")
    return scores / 100


def _as_number(cell: Any) -> float:
    try:
        return float(cell) if "_" not in str(cell) else math.nan
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return math.nan


def _model_of_row(row: Mapping[str, Any]) -> tuple[str, str]:
    """Model and pooling; the families of the published tables by their registered names."""
    pooling = str(row.get("pooling", ""))
    if "model" in row:
        return plain_model(str(row["model"])), pooling
    if "family" not in row or "size" not in row:
        return "", ""
    family, size = str(row["family"]), str(row["size"])
    named = published_model(family, size)
    return (named.name, named.pooling) if named else (f"{family}-{size}", pooling)


def _as_table(rows: list[dict[str, Any]], source: str, skipped: Counter[str]) -> pd.DataFrame:
    tasks = {spec.name: spec for spec in all_tasks()}
    find = functools.cache(described_model)
    for row in rows:
        spec = find(row["model"].partition("@")[0])
        row |= _facts(row, spec, tasks.get(row["task"]))
        details = {key: _plain(value) for key, value in row["details"].items()}
        pooling = {"pooling": row["pooling"]} if row["pooling"] else {}
        row["settings"] = canonical_json(details | pooling)
        row["source"] = source
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.DataFrame(rows)
    check_depths(table["layer"], table["num_blocks"])
    for name in ("layer", "num_blocks", "hidden_size"):
        table[name] = pd.to_numeric(table[name]).astype("Int64")
    table["family"] = table["family"].astype(object).where(table["family"].notna(), None)
    return _without_repeats(table, skipped)[list(COLUMNS)]


def check_depths(layers: "pd.Series[Any]", num_blocks: "pd.Series[Any]") -> None:
    """Refuse numbers that no model has, because figures and tables are sized by them.

    Missing ones are sound.
    Raises: InputError that names the first wrong one.
    """
    numbers = {}
    for given, name, lowest in ((layers, "layer", 0), (num_blocks, "num_blocks", 1)):
        number = pd.to_numeric(given, errors="coerce").astype("float64")
        wrong = given.notna() & ~(number.between(lowest, MOST_LAYERS) & (number % 1 == 0))
        if wrong.any():
            raise InputError(
                f"{name} {given[wrong].iloc[0]} is no whole number from {lowest} to {MOST_LAYERS}"
            )
        numbers[name] = number
    beyond = numbers["layer"] > numbers["num_blocks"]
    if beyond.any():
        layer, blocks = (int(numbers[name][beyond].iloc[0]) for name in ("layer", "num_blocks"))
        raise InputError(f"layer {layer} is beyond the {blocks} blocks of its model")


def _facts(row: Mapping[str, Any], spec: ModelSpec | None, task: TaskSpec | None) -> dict[str, Any]:
    """What the registries know about the model and the task of a row."""
    facts = mteb_facts(row["task"])
    given_type = str(row["task_type"]) or (facts.type if facts else "")
    return {
        "model": spec.name if spec else row["model"],
        "model_id": spec.id if spec else row["model"],
        "family": spec.family if spec else None,
        "num_blocks": row.get("num_blocks") or (spec.num_blocks if spec else None),
        "hidden_size": spec.hidden_size if spec else None,
        "task_type": task.type if task else _TYPES.get(given_type.lower(), given_type),
    }


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _without_repeats(table: pd.DataFrame, skipped: Counter[str]) -> pd.DataFrame:
    """The first row of every identity."""
    repeated = table.duplicated(IDENTITY)
    same = table.duplicated([*IDENTITY, "score"])
    if same.sum():
        skipped["same score given twice"] += int(same.sum())
    if (repeated & ~same).sum():
        reason = "another score for the same model, task and layer; the first one counts"
        skipped[reason] += int((repeated & ~same).sum())
    return table[~repeated].reset_index(drop=True)
