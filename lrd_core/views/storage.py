"""How much room the store takes, what of it could go, and what was imported."""

import time
from dataclasses import dataclass

from lrd_core.config import Config
from lrd_core.numbers import megabytes
from lrd_core.processes import lives_here
from lrd_core.store.bundle import imported_sources
from lrd_core.store.connection import connect
from lrd_core.store.leftovers import find_leftovers, size_of
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


def sizes(config: Config, *, now: float | None = None) -> Sizes:
    """What the store takes on disk, in bytes."""
    arrays = sum(size for _, size, _ in _array_files(config))
    unneeded = sum(size for _, size in orphans(config, now))
    database = config.database.stat().st_size if config.database.exists() else 0
    left = [path for path in find_leftovers(config) if path.parent != config.arrays_dir]
    size = sum(map(size_of, left))
    return Sizes(database, arrays, unneeded, size, len(kept(config)), len(refused(config)))


def sentences(taken: Sizes) -> list[str]:
    """What the store takes on disk and what waits beside it, in words."""
    said = [
        f"Database {megabytes(taken.database)}, embeddings and texts {megabytes(taken.arrays)}, "
        f"of which {megabytes(taken.orphans)} belong to no run; leftovers of killed work "
        f"{megabytes(taken.leftovers)}."
    ]
    if taken.waiting:
        said.append(f"{taken.waiting} finished pieces of work wait until the store is free.")
    if taken.refused:
        said.append(
            f"{taken.refused} finished pieces of work do not fit this version's store; they "
            "are kept in the folder spool of the data folder, and the log says why."
        )
    return said


def imports(config: Config) -> list[str]:
    """Sources of what was imported, such as "import: board.csv"; each can be taken out again."""
    with connect(config, read_only=True) as connection:
        return imported_sources(connection)


def orphans(config: Config, now: float | None) -> list[tuple[str, int]]:
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
