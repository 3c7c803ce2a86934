"""Finished work on disk until the store has it: one file a piece, whole or not at all.

A file is a zip of a manifest and one Arrow stream a write, named by the time and by the digest of
its content. Whoever opens the store for writing takes in what is there, oldest first; a piece that
was taken in but not yet deleted when its process was killed is taken in again and changes nothing.
"""

import hashlib
import io
import json
import logging
import threading
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import StoreError
from lrd_core.store.table import Table
from lrd_core.store.tables import find_table
from lrd_core.store.writes import Write, apply

SUFFIX = ".work"
REFUSED = ".refused"
"""Follows the name of a piece that no store of this version can take; it is kept for a person."""

_taking_in = threading.Lock()


def keep(config: Config, writes: Sequence[Write]) -> Path:
    """Put finished work on disk; returns its file. Raises: UnwritableError."""
    content = _packed(writes)
    digest = hashlib.sha256(content).hexdigest()[:32]
    for known in config.spool_dir.glob(f"*-{digest}{SUFFIX}"):
        return known
    path = config.spool_dir / f"{_moment(config):020d}-{digest}{SUFFIX}"
    with whole_file(path) as partial:
        partial.write_bytes(content)
    return path


def kept(config: Config) -> list[Path]:
    """What waits to be taken in, oldest first."""
    return sorted(config.spool_dir.glob(f"*{SUFFIX}"))


def refused(config: Config) -> list[Path]:
    """Pieces that no store of this version could take."""
    return sorted(config.spool_dir.glob(f"*{SUFFIX}{REFUSED}"))


def kept_rows(config: Config, table: Table) -> Iterator[dict[str, Any]]:
    """Rows of one table in what waits, oldest first; what cannot be read is left out."""
    for path in kept(config):
        with suppress(FileNotFoundError, StoreError):  # taken in meanwhile, or damaged
            for write in _read(path):
                if write.table.name == table.name:
                    yield from (dict(write.where) | dict(row) for row in write.rows)


def take_in(connection: Any, config: Config) -> int:
    """Write everything that waits into the store; returns how many pieces that were."""
    if not kept(config):
        return 0
    with _taking_in:
        return sum(_take(connection, path) for path in kept(config))


def _moment(config: Config) -> int:
    """Now, or after the newest piece where the clock went back: pieces build on earlier ones."""
    waiting = kept(config)
    newest = int(waiting[-1].name.partition("-")[0]) if waiting else 0
    return max(time.time_ns(), newest + 1)


def _take(connection: Any, path: Path) -> bool:
    try:
        apply(connection, _read(path))
    except FileNotFoundError:
        return False
    except duckdb.TransactionException as error:
        if "conflict" not in str(error).lower():
            raise
        return False  # another thread writes the same rows: next time
    except (StoreError, duckdb.ProgrammingError, duckdb.DataError, duckdb.IntegrityError) as error:
        logging.getLogger("lrd").warning(
            "%s holds finished work that this store cannot take (%s); it is kept as %s",
            path,
            error,
            path.name + REFUSED,
        )
        path.rename(path.with_name(path.name + REFUSED))
        return False
    path.unlink(missing_ok=True)
    return True


def _packed(writes: Sequence[Write]) -> bytes:
    import pyarrow as pa

    manifest = [{"table": w.table.name, "how": w.how, "where": dict(w.where)} for w in writes]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        # A date of its own would give equal work another digest.
        archive.writestr(zipfile.ZipInfo("manifest.json"), json.dumps(manifest))
        for place, write in enumerate(writes):
            table = pa.Table.from_pylist([dict(row) for row in write.rows])
            stream = io.BytesIO()
            with pa.ipc.new_stream(stream, table.schema) as writer:
                writer.write_table(table)
            archive.writestr(zipfile.ZipInfo(f"{place}.arrow"), stream.getvalue())
    return packed.getvalue()


def _read(path: Path) -> list[Write]:
    """The writes of a file. Raises: StoreError where it is damaged."""
    import pyarrow as pa

    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest()[:32] != path.stem.partition("-")[2]:
        raise StoreError(f"{path.name} is damaged")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return [
                _write(entry, _rows(archive.read(f"{place}.arrow")))
                for place, entry in enumerate(json.loads(archive.read("manifest.json")))
            ]
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        raise StoreError(f"{path.name} is of another version ({error})") from error


def _write(entry: dict[str, Any], rows: list[dict[str, Any]]) -> Write:
    return Write(find_table(entry["table"]), rows, entry["how"], entry["where"])


def _rows(stream: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa

    rows: list[dict[str, Any]] = pa.ipc.open_stream(stream).read_all().to_pylist()
    return rows
