"""Cleaning up: what killed work left, arrays that no run needs, imports taken out again."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from lrd_core.config import Config
from lrd_core.errors import InputError, LrdError
from lrd_core.extraction.embeddings import embeddings_path
from lrd_core.store.bundle import forget_source
from lrd_core.store.connection import connect
from lrd_core.store.leftovers import collect_leftovers, find_leftovers
from lrd_core.store.spool import kept
from lrd_core.views.storage import orphans


@dataclass(frozen=True)
class Freed:
    """What a clean-up removed."""

    files: int
    num_bytes: int


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
    freed = _remove(config, [name for name, _ in orphans(config, now)])
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


def remove_import(config: Config, source: str) -> int:
    """Delete what one import brought; returns the number of rows.

    Raises: JobError on a read-only installation; StoreError for a source that is no import.
    """
    config.refuse_read_only("delete imports")
    with connect(config) as connection:
        return forget_source(connection, source)


def _remove(config: Config, names: Sequence[str]) -> Freed:
    num_bytes = 0
    for name in names:
        path = config.arrays_dir / name
        if path.parent != config.arrays_dir:
            raise InputError(f"{name!r} is no file of the arrays folder")
        num_bytes += path.stat().st_size
        path.unlink()
    return Freed(len(names), num_bytes)
