"""Tables of downstream scores: long ones, and those with one column a task, as leaderboards are."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.errors import InputError, TaskError
from lrd_core.evaluation.mteb_index import mteb_facts
from lrd_core.tasks import all_tasks
from lrd_core.tasks.tabular import read_table

_ALIASES = {"main_score": "score", "score_name": "metric", "dataset": "task", "task_name": "task"}
_MARKDOWN_LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
_HTML_LINK = re.compile(r"<a\b[^>]*href=[\"']?([^\"'\s>]*)[^>]*>(.*?)</a>", re.I | re.S)
_HUB = re.compile(r"https?://(?:www\.)?huggingface\.co/([\w.-]+/[\w.-]+)/?")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")


def read_scores_table(path: Path, skipped: Counter[str]) -> pd.DataFrame:
    """A long table (model, task, score, ...) of a CSV, TSV or Parquet file, cells as they are.

    skipped: gets the cells of columns that name no task.
    Raises: InputError for a file that cannot be read or is no table of scores.
    """
    try:
        file = read_table(path)
    except TaskError as error:
        raise InputError(str(error)) from error
    columns = {name: pd.Series(cells, dtype=object) for name, cells in file.columns.items()}
    named: dict[str, pd.Series[Any]] = {}
    for name, cells in columns.items():
        lower = str(name).strip().lower()
        ours = _ALIASES.get(lower, lower)
        if ours in named:
            raise InputError(f"{path.name} has two columns {ours[:60]!r}; leave one out")
        named[ours] = cells
    if "task" in named and "score" in named:
        return pd.DataFrame(named)
    return _turned_over(path, columns, skipped)


def _turned_over(
    path: Path, columns: "dict[str, pd.Series[Any]]", skipped: Counter[str]
) -> pd.DataFrame:
    """One row a score of a table with one column a task."""
    registered = {spec.name.lower() for spec in all_tasks()} | {"mmlu"}
    model = next((name for name in columns if name.strip().lower() == "model"), None)
    wide = [
        name
        for name in columns
        if name.strip().lower() in registered or mteb_facts(name.strip()) is not None
    ]
    if model is None or not wide:
        raise InputError(f"{path.name} {_which_columns(columns)}")
    for name, cells in columns.items():
        left = sum(not is_missing(cell) for cell in cells)
        if name not in (model, *wide) and left and not _is_index(name, cells):
            skipped[f"column {name[:60]!r} is no task that is known here or to MTEB"] += left
    parts = [
        pd.DataFrame({"model": columns[model], "task": name.strip(), "score": columns[name]})
        for name in wide
    ]
    long = pd.concat(parts, ignore_index=True)
    return long[[not is_missing(cell) for cell in long["score"]]].reset_index(drop=True)


def _which_columns(columns: "dict[str, pd.Series[Any]]") -> str:
    names = [name if len(name) <= 40 else name[:37] + "..." for name in map(str, columns)]
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return (
        f"has columns {shown}; a table of scores needs model, task and score, or model and one "
        "column for each task"
    )


def _is_index(name: str, cells: "pd.Series[Any]") -> bool:
    """Whether this is the column without a name in which pandas writes row numbers."""
    return name.startswith(("column ", "__index")) and [str(cell) for cell in cells] == [
        str(row) for row in range(len(cells))
    ]


def is_missing(value: Any) -> bool:
    """Whether a cell says nothing: None, NaN, NA or blank."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)


def plain_model(cell: str) -> str:
    """A model's name out of a leaderboard's cell, which may be a link to it.

    `[name](link)` and `<a href="link">name</a>` give the hub's id where the link goes to the hub,
    else the name; other markup around a name goes.
    """
    text = cell.strip()
    for link, name, place in ((_MARKDOWN_LINK, 1, 2), (_HTML_LINK, 2, 1)):
        found = link.search(text)
        if found is not None:
            hub = _HUB.fullmatch(found.group(place))
            return hub.group(1) if hub else plain_model(found.group(name))
    return _TAG.sub("", text).strip()
