"""Parquet files from outside, read in a process of their own before the store sees them.

A small file can unpack to more than the machine holds, so the first reading happens where
memory is limited and a crash harms nobody. `python -m lrd_core.store.bundle_check FOLDER` prints
nothing when every file is sound, and else one line that says what is wrong.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrd_core.errors import InputError

MEMORY_LIMIT_MB = 4096
TIME_LIMIT_S = 60.0
MOST_ROWS = 20_000_000
MOST_BYTES = 2**30
MOST_BLOCKS = 2000

_KEY = re.compile(r"[0-9A-Za-z]{1,64}")
_MB = 2**20


def check_folder(folder: Path) -> None:
    """Read every .parquet file of `folder` within limits of memory and time.

    Raises: InputError that names the file and what is wrong with it.
    """
    command = [sys.executable, "-m", "lrd_core.store.bundle_check", str(folder)]
    try:
        finished = subprocess.run(
            command, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(
            f"the file took over {TIME_LIMIT_S:g} s to read and was not imported"
        ) from error
    if finished.stdout.strip():
        raise InputError(finished.stdout.strip())
    if finished.returncode != 0:
        raise InputError("the file is damaged or needs too much memory; it was not imported")


def _fault(path: Path) -> str | None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MOST_ROWS:
            return f"{path.name} has {file.metadata.num_rows:,} rows; {MOST_ROWS:,} at most"
        table = file.read()
    except (MemoryError, pa.ArrowMemoryError):
        return f"{path.name} unpacks to more than may be read; it was not imported"
    except (pa.ArrowException, OSError) as error:
        return f"{path.name} is no Parquet file that can be read ({str(error).splitlines()[0]})"
    if table.nbytes > MOST_BYTES:
        return f"{path.name} unpacks to {table.nbytes / _MB:,.0f} MB; {MOST_BYTES // _MB} at most"
    return _strange_value(path.name, table)


def _strange_value(name: str, table: Any) -> str | None:
    for column, (sound, expected) in _EXPECTED.items():
        if column not in table.column_names:
            continue
        for value in table.column(column).unique().to_pylist():
            if not sound(value):
                return f"{name}: {column} {str(value)[:60]!r} is not {expected}"
    return None


def _is_key(value: object) -> bool:
    return isinstance(value, str) and _KEY.fullmatch(value) is not None


def _is_object(value: object) -> bool:
    try:
        return isinstance(json.loads(str(value)), dict)
    except (ValueError, RecursionError):
        return False


def _is_block_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and 0 <= value <= MOST_BLOCKS)


_EXPECTED: dict[str, tuple[Callable[[object], bool], str]] = {
    "run_key": (_is_key, "a key of letters and digits"),
    "parameters": (_is_object, "a JSON object"),
    "settings": (_is_object, "a JSON object"),
    "num_blocks": (_is_block_count, f"a number of blocks up to {MOST_BLOCKS}"),
}
"""What later steps rely on: keys name files, parameters are parsed, blocks size figures."""


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    most = MEMORY_LIMIT_MB * _MB
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(folder: str) -> int:
    """Print the first fault; the exit status is 0 whenever a verdict was reached."""
    _limit_memory()
    for path in sorted(Path(folder).glob("*.parquet")):
        fault = _fault(path)
        if fault:
            print(fault)
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
