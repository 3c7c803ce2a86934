"""How much room the store takes, what can go, and taking an import out again."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from lrd_core.config import Config
from lrd_core.errors import InputError, LrdError
from lrd_core.extraction.embeddings import embeddings_path
from lrd_core.processes import lives_here
from lrd_core.store.bundle import forget_source, imported_sources
from lrd_core.store.connection import connect
from lrd_core.store.leftovers import collect_leftovers, find_leftovers, size_of
from lrd_core.store.runs import read_run_keys
from lrd_core.store.spool import kept, refused

SAFE_AGE_S = 3600.0
"""A younger file without a run may belong to work that goes on."""


@dataclass(frozen=True)
class Sizes:
    """Bytes on disk: the database, the arrays beside it, those arrays that no run needs, and what
    killed work left elsewhere. waiting: finished pieces of work that are not in the database yet;
    refused: those that no database of this version can take, which are kept.
    """

    database: int
    arrays: int
    orphans: int
    leftovers: int = 0
    waiting: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Freed:
    """What a clean-up removed."""

    files: int
    num_bytes: int


def sizes(config: Config, *, now: float | None = None) -> Sizes:
    """What the store takes on disk, in bytes."""
    arrays = sum(size for _, size, _ in _array_files(config))
    orphans = sum(size for _, size in _orphans(config, now))
    database = config.database.stat().st_size if config.database.exists() else 0
    left = [path for path in find_leftovers(config) if path.parent != config.arrays_dir]
    size = sum(map(size_of, left))
    return Sizes(database, arrays, orphans, size, len(kept(config)), len(refused(config)))


def tidy(config: Config) -> None:
    """Once at a start: collect what killed work left, save what finished work left on disk.

    A store that is held, or a folder that may not be written, is left for another time.
    """
    if config.read_only:
        return
    collect_leftovers(config)
    if kept(config):
        with suppress(LrdError), connect(config, wait_s=1.0):
            pass  # opening for writing takes it in


def remove_orphans(config: Config, *, now: float | None = None) -> Freed:
    """Remove array files that belong to no run of the store and are over an hour old.

    What killed work left elsewhere goes too. Raises: JobError on a read-only installation.
    """
    config.refuse_read_only("delete arrays")
    freed = _remove(config, [name for name, _ in _orphans(config, now)])
    left = len(find_leftovers(config))
    return Freed(freed.files + left, freed.num_bytes + collect_leftovers(config))


def remove_arrays(config: Config, run_keys: Sequence[str]) -> Freed:
    """Remove the embeddings of these runs; their numbers stay, and a new run makes them again.

    Raises: JobError on a read-only installation; InputError for a key that is no run key.
    """
    config.refuse_read_only("delete arrays")
    names = []
    for key in run_keys:
        path = embeddings_path(config, key)
        names += [found.name for found in (path, path.with_suffix(".json")) if found.exists()]
    return _remove(config, names)


def imports(config: Config) -> list[str]:
    """Sources of what was imported, such as "import: board.csv"; each can be taken out again."""
    with connect(config, read_only=True) as connection:
        return imported_sources(connection)


def remove_import(config: Config, source: str) -> int:
    """Delete what one import brought; returns the number of rows.

    Raises: JobError on a read-only installation; StoreError for a source that is no import.
    """
    config.refuse_read_only("delete imports")
    with connect(config) as connection:
        return forget_source(connection, source)


def _orphans(config: Config, now: float | None) -> list[tuple[str, int]]:
    now = time.time() if now is None else now
    with connect(config, read_only=True) as connection:
        keys = read_run_keys(connection)
    return [
        (name, size)
        for name, size, changed in _array_files(config)
        if now - changed > SAFE_AGE_S and _is_orphan(name, keys)
    ]


def _is_orphan(name: str, run_keys: set[str]) -> bool:
    # Texts are shared by the runs of a sample, so they stay; a leftover part never becomes whole.
    if ".partial" in name:
        return not any(lives_here(part) for part in name.split("."))
    return not name.startswith("texts-") and name.split(".")[0] not in run_keys


def _array_files(config: Config) -> list[tuple[str, int, float]]:
    if not config.arrays_dir.exists():
        return []
    found = []
    for path in config.arrays_dir.iterdir():
        if path.is_file() and not path.is_symlink():
            stat = path.stat()
            found.append((path.name, stat.st_size, stat.st_mtime))
    return sorted(found)


def _remove(config: Config, names: Sequence[str]) -> Freed:
    num_bytes = 0
    for name in names:
        path = config.arrays_dir / name
        if path.parent != config.arrays_dir:
            raise InputError(f"{name!r} is no file of the arrays folder")
        num_bytes += path.stat().st_size
        path.unlink()
    return Freed(len(names), num_bytes)
