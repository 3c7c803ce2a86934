"""A visitor's own texts: looked at before anything is kept, then kept as a task, then run.

What is kept is the file as it came, under its own name, with a task.toml that says which column is
which, so that messages name the visitor's file and its lines.
"""

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

import pandas as pd

from lrd_core.actions.uploads import safe_name
from lrd_core.actions.work import start
from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.jobs.estimate import Estimate, estimate_run, with_maps
from lrd_core.jobs.payloads import run_payload
from lrd_core.jobs.records import Job
from lrd_core.settings import RunSettings
from lrd_core.tasks import known_task
from lrd_core.tasks.columns import named_column
from lrd_core.tasks.description import NAME
from lrd_core.tasks.saved import save_task, tasks_dir
from lrd_core.tasks.tabular import FileTable, read_table
from lrd_core.views.runs import launch_choices

TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".txt")
MOST_TEXT_MB = 10
PASTED, PASTED_TABLE = "pasted.txt", "pasted.tsv"
PREVIEW_ROWS = 5
MOST_GROUPS, TEXTS_A_GROUP = 100, 3
"""What a column of labels looks like: so many different ones at most, each of so many texts."""

MOST_RUN = 1000
"""Texts of a run that nobody asked more of; drawn at random where a file has more."""

_LONGEST_NAME = 60


@dataclass(frozen=True, eq=False)
class OwnTexts:
    """A file that was looked at and not kept.

    file_name: without what no file name needs. n: rows. columns: their names in order. first: the
    first rows, for people. text, label: the columns that look like it (label None for none);
    pairs: it holds pairs of sentences, whose columns are known by their names.
    """

    file_name: str
    content: bytes
    n: int
    columns: tuple[str, ...]
    first: pd.DataFrame
    text: str
    label: str | None
    pairs: bool

    @property
    def mark(self) -> str:
        """The same for the same file, however often it is looked at."""
        return f"{self.file_name}:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def run_size(self) -> int:
        """How many of its texts a run takes."""
        return min(self.n, MOST_RUN)


def look_at(file_name: str, content: bytes) -> OwnTexts:
    """Read a visitor's file of texts; keeps nothing.

    Text files alone: what they unfold to is bounded by their size, unlike Parquet's.
    Raises: InputError for a kind or size that is not accepted; TaskError, with the file's own name
    and line, for content that cannot be read.
    """
    safe = safe_name(file_name)
    suffix = PurePosixPath(safe).suffix.lower()
    if suffix not in TEXT_SUFFIXES:
        raise InputError(f"{file_name!r} cannot be read here; give {', '.join(TEXT_SUFFIXES)}")
    if len(content) > MOST_TEXT_MB * 2**20:
        raise InputError(
            f"{file_name!r} has more than {MOST_TEXT_MB} MB; give its path to the command line"
        )
    safe = f"{safe[: -len(suffix)]}{suffix}"
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / safe
        path.write_bytes(content)
        table = read_table(path)
    rows = pd.DataFrame({name: cells[:PREVIEW_ROWS] for name, cells in table.columns.items()})
    has = {ours: named_column(table, ours) for ours in ("sentence1", "sentence2", "label")}
    text = named_column(table, "text") or _longest(table)
    pairs = has["sentence1"] is not None and has["sentence2"] is not None
    return OwnTexts(
        file_name=safe,
        content=content,
        n=len(table),
        columns=tuple(table.columns),
        first=rows,
        text=text,
        label=has["label"] or (None if pairs else _repeating(table, text)),
        pairs=pairs,
    )


def look_at_pasted(pasted: str) -> OwnTexts:
    """The same of pasted lines: a text each, or cells of a table with the names of its columns.

    Cells that are copied from a spreadsheet have tabs between them. Raises: as look_at.
    """
    try:
        content = pasted.encode()
    except UnicodeEncodeError as error:
        line = pasted.count("\n", 0, error.start) + 1
        raise InputError(f"pasted line {line} holds half of a character; mend the text") from error
    head, _, _ = pasted.strip("\n").partition("\n")
    return look_at(PASTED_TABLE if "\t" in head else PASTED, content)


def _longest(table: FileTable) -> str:
    """The column with the most letters in its first rows: where no name tells, that is the text."""
    letters = {
        name: sum(len(str(cell)) for cell in cells[:100]) for name, cells in table.columns.items()
    }
    return max(letters, key=lambda name: letters[name])


def _repeating(table: FileTable, text: str) -> str | None:
    """The first column that sorts the texts into few groups: where no name tells, the labels."""
    for name, cells in table.columns.items():
        groups = {str(cell) for cell in cells if cell is not None and str(cell).strip()}
        enough = 2 <= len(groups) <= MOST_GROUPS and len(cells) >= TEXTS_A_GROUP * len(groups)
        if name != text and enough:
            return name
    return None


def free_name(config: Config, file_name: str) -> str:
    """A task's name made from a file's: my-mails of My Mails.csv; my-mails-2 where it is taken."""
    stem = PurePosixPath(file_name).stem.lower()
    plain = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")[:_LONGEST_NAME] or "texts"
    names = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
    return next(name for name in names if not _is_taken(config, name))


def _is_taken(config: Config, name: str) -> bool:
    return known_task(name) is not None or (tasks_dir(config) / name).exists()


def keep(
    config: Config, texts: OwnTexts, name: str, *, text: str | None = None, label: str | None = None
) -> str:
    """Keep a looked-at file as a task of this name; returns the name.

    text, label: its columns (label None: no labels); of pairs they are known by their names.
    Raises: InputError for a name that is not plain or is taken; TaskError for the content;
    JobError on a read-only installation.
    """
    if known_task(name) is not None:
        raise InputError(f"a task {name!r} is already there; choose another name")
    # JSON strings are strings of TOML too.
    lines = ["[files]", f"test = {json.dumps(texts.file_name)}"]
    if not texts.pairs:
        columns: Mapping[str, str] = {"text": text or texts.text, "label": label or ""}
        lines += ["[columns]", *(f"{ours} = {json.dumps(is_)}" for ours, is_ in columns.items())]
    files = {texts.file_name: texts.content, NAME: "\n".join(lines).encode()}
    return save_task(name, files, config).name


def run_settings(texts: OwnTexts) -> RunSettings:
    """How a visitor's texts are run: all of them, or so many of them as a run takes."""
    return RunSettings(n=texts.run_size)


def estimate(config: Config, models: Sequence[str], task: str, texts: OwnTexts) -> Estimate:
    """How long `run` will take, maps included. Raises: as run."""
    plain = estimate_run(config, models, [task], launch_choices().usual, run_settings(texts))
    return with_maps(plain, models, texts.run_size)


def run(config: Config, task: str, models: Sequence[str], texts: OwnTexts) -> Job:
    """Queue these models on a kept task, maps included: it ends on something to look at.

    Raises: UnknownNameError for a model that does not exist; JobError on a read-only installation.
    """
    settings = run_settings(texts)
    payload = run_payload(models, [task], launch_choices().usual, settings, maps=True)
    names = ", ".join(models) if len(models) <= 2 else f"{len(models)} models"
    expected = estimate(config, models, task, texts)
    return start(config, "run", payload, label=f"{task} with {names}", expected=expected)
