"""Bundles as one zip file, out and in, and uploaded results: parsed as data, never trusted.

A small file can make a reader need more memory or time than the machine has, so an upload is read
in a process of its own: `python -m lrd_core.actions.uploads FILE` imports it within limits and
prints one line of JSON.
"""

import io
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from lrd_core.actions.imports import ImportReport, import_results
from lrd_core.config import Config, load_config
from lrd_core.disk import saying_what_is_refused
from lrd_core.errors import InputError, LrdError
from lrd_core.evaluation.exporting import export_results
from lrd_core.store.bundle import export_bundle
from lrd_core.store.snapshot import snapshot

SUFFIXES = (".zip", ".parquet", ".csv", ".tsv")
MOST_UPLOADED = 50 * 2**20
MEMORY_LIMIT_MB = 4096
TIME_LIMIT_S = 90.0
FRUGAL = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Without these, what a process reserves and never uses grows with the number of cores."""

_one_at_a_time = threading.Lock()


def pack_bundle(
    config: Config,
    run_keys: Sequence[str] | None = None,
    *,
    models: Sequence[str] | None = None,
    tasks: Sequence[str] | None = None,
) -> bytes:
    """The store as one zip file of Parquet tables, which `import_upload` reads again.

    run_keys, models, tasks: only these runs, and of the tables that know no runs (scores, trials)
    only these models and tasks.
    Raises: StoreError when the disk has no room for the tables.
    """
    with saying_what_is_refused(Path("the export")), tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with snapshot(config) as connection:
            export_bundle(connection, folder, run_keys, models=models, tasks=tasks)
        return _zipped(folder, zipfile.ZIP_STORED)  # Parquet is packed already


def pack_mteb(config: Config, models: Sequence[str] = (), tasks: Sequence[str] = ()) -> bytes:
    """Scores of layers as one zip file of the folder that mteb reads (see evaluation.exporting).

    models, tasks: only these; none for all.
    Raises: InputError where no score was computed here; StoreError when the disk has no room.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "mteb"
        export_results(config, folder, models, tasks)
        return _zipped(folder, zipfile.ZIP_DEFLATED)


def _zipped(folder: Path, how: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as bundle:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                bundle.write(path, path.relative_to(folder).as_posix())
    return packed.getvalue()


def import_upload(config: Config, name: str, content: bytes) -> ImportReport:
    """Import what a visitor uploaded: a bundle or MTEB results as .zip, or a table.

    name: as the visitor's machine calls the file; only its letters reach the report.
    Raises: JobError on a read-only installation; InputError for anything that is not such a
    file, is too large, or hides something else. Nothing is kept of a refused file.
    """
    config.refuse_read_only("import")
    if len(content) > MOST_UPLOADED:
        raise InputError(
            f"the file has {len(content) / 2**20:,.0f} MB, {MOST_UPLOADED // 2**20} at most; "
            "import larger ones on the command line"
        )
    safe = safe_name(name)
    suffix = PurePosixPath(safe).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{safe} is no {', '.join(SUFFIXES)} file; choose one of these")
    with tempfile.TemporaryDirectory() as place, _one_at_a_time:
        path = Path(place) / safe
        with saying_what_is_refused(path):
            path.write_bytes(content)
        answer = _read_apart(config, path)  # what it leaves when it is stopped goes with `place`
    if "refused" in answer:
        raise InputError(answer["refused"])
    return ImportReport(**answer["report"])


def _read_apart(config: Config, path: Path) -> dict[str, Any]:
    """What `main` answers in a process of its own."""
    try:
        finished = subprocess.run(
            [sys.executable, "-m", "lrd_core.actions.uploads", str(path)],
            env=os.environ
            | FRUGAL
            | {"LRD_DATA_DIR": str(config.data_dir), "TMPDIR": str(path.parent)},
            stdout=subprocess.PIPE,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        answer: dict[str, Any] = json.loads(finished.stdout)
        return answer
    except subprocess.TimeoutExpired:
        # Scores are stored in batches; everything else is stored as a whole or not at all.
        return {
            "refused": f"the file took over {TIME_LIMIT_S:g} s and was stopped; scores that were "
            "stored by then stay, and importing it again, on the command line, adds the others"
        }
    except ValueError:  # the process died before it could answer
        return {"refused": "the file is damaged or needs too much memory; it was not imported"}


def main(path: Path) -> None:
    """Check and import one file, and print the report or why it was refused."""
    _limit_memory()
    answer: dict[str, Any]
    try:
        answer = {"report": import_results(load_config(), path).to_json()}
    except LrdError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": f"{path.name} needs too much memory; it was not imported"}
    except Exception as error:  # what a hostile file can make its readers raise has no end
        logging.getLogger("lrd").exception("an upload was refused")
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        answer = {"refused": f"{path.name} holds values that do not fit the store: {reason}"}
    print(json.dumps(answer))


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    most = MEMORY_LIMIT_MB * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def safe_name(name: str) -> str:
    """The last part of a file name, with only letters, digits, dots, dashes and spaces."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = re.sub(r"[^A-Za-z0-9._ -]", "_", last).lstrip(". ")[-80:]
    return kept or "upload"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
