"""Exported models: packed to take away."""

import shutil
from pathlib import Path


def zip_folder(folder: Path) -> Path:
    """The exported folder as one zip file beside it, made once."""
    archive = folder.with_name(folder.name + ".zip")
    if not archive.exists():
        partial = folder.with_name(folder.name + ".partial-zip")
        made = shutil.make_archive(str(partial), "zip", folder.parent, folder.name)
        Path(made).replace(archive)
    return archive
