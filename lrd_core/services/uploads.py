"""Bundles as one zip file, out and in, and uploaded results: parsed as data, never trusted."""

import io
import re
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import duckdb

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.services.imports import ImportReport, import_results
from lrd_core.services.storage import refuse_read_only
from lrd_core.store.bundle import export_bundle
from lrd_core.store.bundle_check import check_folder
from lrd_core.store.connection import connect
from lrd_core.store.migrations import TABLES

SUFFIXES = (".zip", ".parquet", ".csv", ".tsv")
MOST_UPLOADED = 50 * 2**20
MOST_UNPACKED = 512 * 2**20
MOST_MEMBERS = 5000

_BUNDLE_MEMBERS = frozenset(f"{table}.parquet" for table in TABLES)
_RESULT_MEMBER = re.compile(r"(?:[\w@+=-][\w@+=. -]*/)*[\w@+=-][\w@+=. -]*\.json")
_PIECE = 2**20


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
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with connect(config, read_only=True) as connection:
            export_bundle(connection, folder, run_keys, models=models, tasks=tasks)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as bundle:
            for path in sorted(folder.glob("*.parquet")):
                bundle.write(path, path.name)
        return packed.getvalue()


def import_upload(config: Config, name: str, content: bytes) -> ImportReport:
    """Import what a visitor uploaded: a bundle or MTEB results as .zip, or a table.

    name: as the visitor's machine calls the file; only its letters reach the report.
    Raises: JobError on a read-only installation; InputError for anything that is not such a
    file, is too large, or hides something else. Nothing is kept of a refused file.
    """
    refuse_read_only(config, "import")
    if len(content) > MOST_UPLOADED:
        raise InputError(
            f"the file has {len(content) / 2**20:,.0f} MB, {MOST_UPLOADED // 2**20} at most; "
            "import larger ones on the command line"
        )
    safe = safe_name(name)
    suffix = PurePosixPath(safe).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{safe} is no {', '.join(SUFFIXES)} file; choose one of these")
    with tempfile.TemporaryDirectory() as place:
        if suffix == ".zip":
            path = Path(place) / safe.removesuffix(".zip")
            path.mkdir()
            unpack(content, path)
            check_folder(path)
        else:
            path = Path(place) / safe
            path.write_bytes(content)
            check_folder(path.parent)
        try:
            return import_results(config, path)
        except (duckdb.DataError, duckdb.IntegrityError, duckdb.BinderException) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{safe} holds values that do not fit the store: {reason}") from error
        except (UnicodeDecodeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"{safe} cannot be read as a table: {error}") from error


def unpack(content: bytes, folder: Path) -> None:
    """Write the members of a zip file below `folder`: tables of a bundle, or result files.

    Raises: InputError before anything is written if a member has another name, leaves the folder,
    is encrypted, comes twice, or if all of them unpack to more than MOST_UNPACKED bytes; and
    while writing, if a member is longer than it says.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            members = [member for member in bundle.infolist() if not member.is_dir()]
            _check_members(members)
            left = MOST_UNPACKED
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _copy(bundle, member, target, left)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise InputError(f"the file is no zip file that can be read: {error}") from error


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    names = [member.filename for member in members]
    if not names:
        raise InputError("the zip file is empty; choose a bundle or a folder of results")
    if len(names) > MOST_MEMBERS:
        raise InputError(f"the zip file has {len(names):,} members; {MOST_MEMBERS:,} at most")
    if len(set(names)) < len(names):
        raise InputError("the zip file holds a name twice; make it again")
    strange = [name for name in names if not _is_expected(name)]
    if strange:
        raise InputError(
            f"the zip file holds {strange[0][:80]!r}, which is no table of a bundle and no MTEB "
            "result; nothing was imported"
        )
    if any(member.flag_bits & 0x1 for member in members):
        raise InputError("the zip file is encrypted; choose one without a password")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_UNPACKED:
        raise InputError(
            f"the zip file unpacks to {unpacked / 2**20:,.0f} MB; {MOST_UNPACKED // 2**20} at most"
        )


def _is_expected(name: str) -> bool:
    if name in _BUNDLE_MEMBERS:
        return True
    inside = all(part not in ("", ".", "..") for part in name.split("/"))
    return inside and len(name) < 400 and _RESULT_MEMBER.fullmatch(name) is not None


def _copy(bundle: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    written = 0
    with bundle.open(member) as source, target.open("xb") as out:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > most:
                raise InputError("the zip file unpacks to more than it says; nothing was imported")
            out.write(piece)
    return written


def safe_name(name: str) -> str:
    """The last part of a file name, with only letters, digits, dots, dashes and spaces."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = re.sub(r"[^A-Za-z0-9._ -]", "_", last).lstrip(". ")[-80:]
    return kept or "upload"
