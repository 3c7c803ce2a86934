"""What a file holds, as a name: equal content is equal, wherever it lies."""

import hashlib
from pathlib import Path

from lrd_core.errors import TaskError


def digest_of_file(file: Path) -> str:
    """SHA-256 of a file's bytes. Raises: TaskError for one that cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise TaskError(f"{file.name} cannot be read: {error.strerror}") from error
