"""A visitor's file of embeddings: kept until the job that measures it has read it."""

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from lrd_core.actions.uploads import MOST_UPLOADED, safe_name
from lrd_core.actions.work import start
from lrd_core.bringing.files import SUFFIXES
from lrd_core.bringing.request import brought_folder, check_name
from lrd_core.config import Config
from lrd_core.disk import whole_file
from lrd_core.errors import InputError
from lrd_core.jobs.records import Job

KINDS = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)


def payload_of(file_name: str, content: bytes, name: str, task: str) -> dict[str, Any]:
    """What the job is given; the file is called by its content, so that equal work is one job.

    Raises: InputError for a file that is too large or of another kind, or a name that is taken.
    """
    safe = safe_name(file_name)
    suffix = PurePosixPath(safe).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{safe} is not read as embeddings; give {', '.join(SUFFIXES)}")
    if len(content) > MOST_UPLOADED:
        raise InputError(
            f"{safe} has over {MOST_UPLOADED // 2**20} MB; bring it on the command line"
        )
    check_name(name)
    file = f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    return {"file": file, "name": name, "task": task, "maps": True}


def start_bringing(config: Config, payload: Mapping[str, Any], content: bytes) -> Job:
    """Put the file where the job looks for it, and queue the job.

    Raises: JobError on a read-only installation; UnwritableError when the disk is full.
    """
    config.refuse_read_only("bring embeddings")
    with whole_file(brought_folder(config) / payload["file"]) as partial:
        partial.write_bytes(content)
    return start(config, "bring", payload, label=f"embeddings {payload['name']}", wants="cpu")
