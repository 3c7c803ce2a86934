"""The kind "bring": embeddings of a visitor's file into the store.

Payload: file (a name inside the folder of brought files), name (what they are called), task (a
known one, or a name for the texts) and maps (whether they are drawn).
"""

from pathlib import Path
from typing import Any

from lrd_core.bringing.bring import bring
from lrd_core.bringing.files import read_brought
from lrd_core.bringing.request import brought_folder
from lrd_core.errors import InputError
from lrd_core.jobs.context import JobContext


def run_bring(payload: dict[str, Any], context: JobContext) -> None:
    """Measure, score, map and store; the file goes once all is stored.

    Raises: InputError for a file name with a path in it; else as read_brought and bring.
    """
    name = str(payload["file"])
    if Path(name).name != name:
        raise InputError(f"{name[:80]!r} is no name of a brought file")
    file = brought_folder(context.config) / name
    context.progress("reading the file", 0, 1)
    found = bring(
        read_brought([file]),
        payload["name"],
        context.config,
        task=payload["task"],
        maps=payload["maps"],
        progress=context.progress,
    )
    for line in (found.sentence, *found.notes):
        context.log(line)
    file.unlink(missing_ok=True)
