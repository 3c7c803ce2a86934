"""SHA-256 of files. Large ones are remembered by what the file system says of them, so that a
second run does not read gigabytes again. Imports no torch."""

import contextlib
import functools
import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import ModelError

SMALL = 2**20
"""Bytes up to which a file is read every time: asking its stamp would gain nothing."""

_SETTLED_NS = 100_000_000
_SETTLED_COARSE_NS = 2_500_000_000


@dataclass(frozen=True)
class _Stamp:
    """What changes when a file changes. The time of the last change of its entry (ctime) cannot
    be set back by hand, so a file that was edited and given its old time is seen too."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, file: Path) -> "_Stamp":
        found = file.stat()
        times = found.st_mtime_ns, found.st_ctime_ns
        return cls(os.path.realpath(file), found.st_size, *times, found.st_ino)

    @property
    def settled(self) -> bool:
        """Whether a later change would surely get another time than this one."""
        newest = max(self.mtime_ns, self.ctime_ns)
        whole_seconds = newest % 1_000_000_000 == 0
        return time.time_ns() - newest > (_SETTLED_COARSE_NS if whole_seconds else _SETTLED_NS)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_digests(folder: Path, names: Sequence[str], config: Config) -> dict[str, str]:
    """SHA-256 of files of a folder, by name; large ones from memory where they did not change.

    Raises: ModelError for a file that cannot be read.
    """
    memory = config.data_dir / "digests" / f"{_name_of(folder)}.json"
    remembered = _recall(memory)
    kept: dict[str, list[Any]] = {}
    digests = {}
    for name in names:
        try:
            stamp = _Stamp.of(folder / name)
            settled = stamp.settled
            digests[name] = (
                sha256_of(folder / name)
                if stamp.size <= SMALL or not settled
                else _remembered_digest(stamp, remembered.get(name))
            )
        except OSError as error:
            raise ModelError(f"{folder / name} cannot be read ({error.strerror})") from error
        if stamp.size > SMALL and settled:
            kept[name] = [*astuple(stamp), digests[name]]
    if not kept.items() <= remembered.items() and not config.read_only:
        _remember(memory, remembered | kept)
    return digests


def digest_of(digests: dict[str, str]) -> str:
    """One SHA-256 over the names and digests of files, whatever order they come in."""
    lines = sorted(f"{digest} {name}\n" for name, digest in digests.items())
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _remembered_digest(stamp: _Stamp, known: list[Any] | None) -> str:
    if known is not None and known[:-1] == list(astuple(stamp)):
        return str(known[-1])
    return _digest_as_of(stamp)


@functools.lru_cache(maxsize=256)
def _digest_as_of(stamp: _Stamp) -> str:
    return sha256_of(Path(stamp.path))


def _name_of(folder: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:32]


def _recall(memory: Path) -> dict[str, list[Any]]:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = content.items() if isinstance(content, dict) else ()
    return {name: line for name, line in known if isinstance(line, list) and len(line) == 6}


def _remember(memory: Path, kept: dict[str, list[Any]]) -> None:
    # Without a writable data folder nothing is remembered, and the next run reads again.
    with contextlib.suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        partial = memory.with_name(f"{memory.name}.{os.getpid()}.partial")
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(memory)
