"""Tasks that the user saved: one folder each below the data folder, found by its name.

Listing them reads no data: beside the files of each lies what reading them gave (its entry, or why
it cannot be read), valid as long as no file has changed.
"""

import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lrd_core.config import Config, load_config
from lrd_core.disk import whole_file, whole_folder
from lrd_core.errors import InputError, LrdError, StoreError
from lrd_core.tasks.content import TaskSpec
from lrd_core.tasks.folder import read_folder, stamp_of
from lrd_core.tasks.tabular import MAX_BYTES, SUFFIXES

READING_VERSION = 1
"""Raised when the same files would be read in another way."""

ABANDONED_S = 3600.0
_SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_ENTRY = ".entry.json"


@dataclass(frozen=True)
class SavedTask:
    """One folder of the data folder: its entry, or `fault`, why it cannot be read."""

    name: str
    spec: TaskSpec | None
    fault: str = ""


def tasks_dir(config: Config | None = None) -> Path:
    """Where tasks that the user saved live; they are found by their folder's name."""
    return (config or load_config()).data_dir / "tasks"


def saved_tasks(config: Config | None = None) -> tuple[SavedTask, ...]:
    """Every saved task, those that cannot be read too."""
    config = config or load_config()
    try:
        folders = sorted(path for path in tasks_dir(config).iterdir() if path.is_dir())
    except OSError:
        return ()
    return tuple(_saved(path, config) for path in folders if _SAFE_NAME.fullmatch(path.name))


def save_task(name: str, files: Mapping[str, bytes], config: Config | None = None) -> TaskSpec:
    """Keep uploaded files as a task of this name, all of them or, where one is broken, none.

    Raises: InputError for a name or file name that is not plain; TaskError for its content;
    StoreError when it cannot be written; JobError on a read-only installation.
    """
    config = config or load_config()
    config.refuse_read_only("save tasks")
    if not _SAFE_NAME.fullmatch(name):
        raise InputError(
            f"a task cannot be called {name[:80]!r}; use 1-64 of a-z, 0-9, '.', '_', '-', "
            "beginning with a letter or digit"
        )
    target = tasks_dir(config) / name
    taken = InputError(f"a task {name!r} is already there; choose another name")
    if target.exists():
        raise taken
    if sum(map(len, files.values())) > MAX_BYTES:
        raise InputError(f"the files have more than {MAX_BYTES // 2**20} MB in total")
    for filename in files:
        if Path(filename).name != filename or Path(filename).suffix not in (*SUFFIXES, ".toml"):
            raise InputError(f"{filename[:80]!r} is not a plain file name ending in {SUFFIXES}")
    _remove_abandoned(tasks_dir(config))
    try:
        with whole_folder(target) as folder:
            for filename, content in files.items():
                (folder / filename).write_bytes(content)
            read_folder(folder)
    except FileExistsError as error:
        raise taken from error
    saved = _saved(target, config)
    if saved.spec is None:
        raise InputError(f"the task {name!r} was saved but cannot be read: {saved.fault}")
    return saved.spec


def _saved(path: Path, config: Config) -> SavedTask:
    try:
        stamp = [[str(file.relative_to(path)), *rest] for file, *rest in stamp_of(path)]
        known = _read_entry(path, stamp)
        if known is None:
            known = _entry(path, stamp)
            if not config.read_only:
                with suppress(StoreError), whole_file(path / _ENTRY) as partial:
                    partial.write_text(json.dumps(known), encoding="utf-8")
        if known["fault"]:
            return SavedTask(path.name, None, known["fault"])
        return SavedTask(path.name, _spec(known["spec"], path))
    except (LrdError, ValueError) as error:
        return SavedTask(path.name, None, str(error))


def _entry(path: Path, stamp: list[Any]) -> dict[str, Any]:
    entry: dict[str, Any] = {"reading": READING_VERSION, "stamp": stamp, "fault": "", "spec": None}
    try:
        spec = read_folder(path).spec
    except LrdError as error:
        return entry | {"fault": str(error)}
    return entry | {"spec": asdict(replace(spec, name=path.name, place=""))}


def _read_entry(path: Path, stamp: list[Any]) -> dict[str, Any] | None:
    """The entry beside the files; None when there is none or it speaks of other files."""
    try:
        known: dict[str, Any] = json.loads((path / _ENTRY).read_text(encoding="utf-8"))
        if (known["reading"], known["stamp"]) != (READING_VERSION, stamp):
            return None
        if not known["fault"]:
            _spec(known["spec"], path)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return known


def _spec(values: Mapping[str, Any], path: Path) -> TaskSpec:
    lists = {name: tuple(values[name]) for name in ("panels", "notes")}
    spec = TaskSpec(**{**values, **lists, "name": path.name, "place": str(path)})
    return spec if values["label"] else replace(spec, label=path.name)


def _remove_abandoned(folder: Path) -> None:
    """Take away what an upload left that was killed; a younger one may still be at work."""
    for path in folder.glob(".*.partial"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > ABANDONED_S:
                for file in path.iterdir():
                    file.unlink()
                path.rmdir()
