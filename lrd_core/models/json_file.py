"""Settings files of a model folder: read so that a hostile one is an error and nothing more."""

import json
import stat
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError

MOST_BYTES = 64 * 2**20
"""The index of the largest models has about 10 MB; nothing that settings hold comes near this."""


def read_json(file: Path, kind: type = dict) -> Any:
    """A JSON object from a file, or a list where `kind` says so; empty where there is no file.

    Raises: ModelError if it is no ordinary file, cannot be read, or holds something else.
    """
    try:
        found = file.lstat() and file.stat()
    except FileNotFoundError as error:
        if not file.is_symlink():
            return kind()
        raise ModelError(f"{file} is a link to nothing; fetch the model again") from error
    except NotADirectoryError:
        return kind()
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror})") from error
    if not stat.S_ISREG(found.st_mode):
        raise ModelError(f"{file} is no ordinary file; fetch the model again")
    if found.st_size > MOST_BYTES:
        raise ModelError(
            f"{file} has {found.st_size / 2**20:,.0f} MB; settings of a model have at most "
            f"{MOST_BYTES // 2**20}: fetch the model again"
        )
    return _parse(file, kind)


def _parse(file: Path, kind: type) -> Any:
    try:
        content = json.loads(file.read_bytes().decode("utf-8"))
    except OSError as error:
        raise ModelError(f"{file} cannot be read ({error.strerror})") from error
    except RecursionError as error:
        raise ModelError(f"{file} is nested too deeply; fetch the model again") from error
    except ValueError as error:
        reason = str(error)[:120]
        raise ModelError(f"{file} is not valid JSON ({reason}); fetch the model again") from error
    if not isinstance(content, kind):
        wanted = "list" if kind is list else "object"
        raise ModelError(f"{file} holds no JSON {wanted}; fetch the model again")
    return content
