"""What killed work left in the data folder: found by the names of its owners, and collected."""

import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from lrd_core.config import Config
from lrd_core.processes import may_be_in_use
from lrd_core.store.instance import PREFIX as SORTING
from lrd_core.store.snapshot import PREFIX as SNAPSHOT

SCORING = "scoring-"
"""How the folder begins that holds the embeddings of a task while its layers are scored."""

_OWNED = (
    re.compile(rf"({SCORING}|{SNAPSHOT}|{SORTING})(?P<owner>[^.]+)(\.[^.]+)?"),
    re.compile(r"\.[^.]+\.duckdb\.(?P<owner>[^.]+)(\.[^.]+)?(\.wal)?"),
    re.compile(r".+\.(?P<owner>[^.]+)\.[0-9a-f]{8}\.partial(\.npy|\.json)?"),
    re.compile(r"\.(?P<owner>[0-9a-f]{32})\.partial"),
    re.compile(r".+\.(?P<owner>[^.]+)\.partial(\.npy|\.json)?"),
)
"""Names of unfinished files and folders; those of 0.2.0 tell their owner less well."""


def find_leftovers(config: Config) -> list[Path]:
    """Files and folders that no living process can still finish."""
    found: list[Path] = []
    for place in _places(config.data_dir):
        with suppress(OSError):
            found += sorted(place.iterdir())
    for prefix in (SNAPSHOT, SORTING):
        found += sorted(Path(tempfile.gettempdir()).glob(f"{prefix}*"))
    return [path for path in found if _is_left_over(path)]


def _places(data: Path) -> list[Path]:
    """The data folder, every folder in it and those of saved tasks: all that is written whole."""
    places = [data]
    for above in (data, data / "tasks"):
        with suppress(OSError):
            places += [path for path in above.iterdir() if path.is_dir() and not path.is_symlink()]
    return places


def collect_leftovers(config: Config) -> int:
    """Delete them; returns how many bytes that freed. What may not be deleted stays."""
    freed = 0
    for path in find_leftovers(config):
        size = size_of(path)
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            freed += size
    return freed


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files of a folder."""
    with suppress(OSError):
        files = path.rglob("*") if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files if file.is_file())
    return 0


def _is_left_over(path: Path) -> bool:
    if path.is_symlink():
        return False
    for pattern in _OWNED:
        if (named := pattern.fullmatch(path.name)) is not None:
            return not may_be_in_use(named["owner"], path)
    return False
