"""Folders that jobs write models to: what they are called, and whether they are complete."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrd_core.config import Config

_LONGEST = 120


def folder_name(model: str, told: str) -> str:
    """A plain name for a folder made from a model; told: what is in it, such as layer-4."""
    plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in model).strip(".-")
    return f"{(plain or 'model')[: _LONGEST - len(told) - 1]}-{told}"


def written_folder(config: Config, payload: Mapping[str, Any], record: str) -> Path | None:
    """Where the folder of a job lies, once it is complete.

    record: the file that is written last, which tells what is in the folder.
    """
    folder = config.exports_dir / Path(str(payload["folder"])).name
    return folder if (folder / record).is_file() else None
