"""Unpack what a visitor sends: expected members alone, within limits."""

import errno
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from lrd_core.errors import InputError, LrdError
from lrd_core.store.bundle import file_names

MOST_UNPACKED = 512 * 2**20


MOST_MEMBERS = 5000


_RESULT_MEMBER = re.compile(r"(?:[\w@+=-][\w@+=. -]*/)*[\w@+=-][\w@+=. -]*\.json")


_PIECE = 2**20


_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, LookupError, OverflowError),
)
"""What zipfile raises for files that are cut, changed or made to mislead it."""


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def unpack(packed: Path, folder: Path) -> None:
    """Write the members of a zip file below `folder`: tables of a bundle, or result files.

    Raises: InputError before anything is written if a member has another name, leaves the folder,
    is encrypted, comes twice, or if all of them unpack to more than MOST_UNPACKED bytes; and
    while writing, if a member is longer than it says.
    """
    try:
        with zipfile.ZipFile(packed) as bundle:
            members = [member for member in bundle.infolist() if not member.is_dir()]
            _check_members(members)
            left = MOST_UNPACKED
            for member in members:
                target = folder / member.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _copy(bundle, member, target, left)
    except _ZIP_ERRORS as error:
        full = isinstance(error, OSError) and error.errno in _NO_ROOM
        if full or isinstance(error, LrdError):
            raise
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
            f"the zip file unpacks to {unpacked / 2**20:,.0f} MB; {MOST_UNPACKED // 2**20} at most "
            "(unpack it yourself and import the folder on the command line)"
        )


def _is_expected(name: str) -> bool:
    if name in file_names():
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
