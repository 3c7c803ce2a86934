"""Names for running processes that no later process can have, and whether they still run.

A process number alone is not enough: numbers are used again, and two containers over one data
folder have the same ones. So a name holds the machine (since its last start), the number and
the moment the process started.
"""

import hashlib
import os
import platform
import time
from contextlib import suppress
from pathlib import Path

ELSEWHERE_S = 24 * 3600.0
"""How long a file that another machine's process wrote last is taken to be in use."""


def this_host() -> str:
    """Names this machine since its last start, as far as process numbers are shared."""
    parts = [platform.node()]
    for path in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with suppress(OSError):
            parts.append(str(Path(path).readlink() if "ns" in path else Path(path).read_text()))
    return "/".join(part.strip() for part in parts)


def process_mark(pid: int) -> str | None:
    """ "pid@start": names this process and no later one; None if it is gone or a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{pid}@{fields[19]}"
    import psutil

    try:
        process = psutil.Process(pid)
        zombie = process.status() == psutil.STATUS_ZOMBIE
        return None if zombie else f"{pid}@{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def process_alive(mark: str) -> bool:
    """Whether the very process that `mark` names still runs on this machine."""
    return process_mark(int(mark.partition("@")[0])) == mark


def owner_mark() -> str:
    """Names this process among those of every machine; holds no dot and may be part of a file."""
    return f"{_host_digest()}-{_in_a_name(process_mark(os.getpid()) or str(os.getpid()))}"


def may_be_in_use(owner: str, path: Path) -> bool:
    """Whether the process that an `owner_mark` names may still write to `path`.

    On this machine the process table knows. A process of another machine is given a day since
    the file last changed, as is a name of an older version, which says less.
    """
    known = lives_here(owner)
    if known is not None:
        return known
    with suppress(OSError):
        return time.time() - path.stat().st_mtime < ELSEWHERE_S
    return False


def lives_here(owner: str) -> bool | None:
    """Whether a process of this machine lives; None for one of another, or no `owner_mark`."""
    host, _, process = owner.partition("-")
    number, at, _ = process.partition("@")
    if host != _host_digest() or not at or not number.isdigit():
        return None
    return _in_a_name(process_mark(int(number)) or "") == process


def _host_digest() -> str:
    return hashlib.sha256(this_host().encode()).hexdigest()[:12]


def _in_a_name(mark: str) -> str:
    return mark.replace(".", "_")
