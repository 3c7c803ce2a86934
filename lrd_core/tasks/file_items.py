"""Items that are files: pictures and recordings, each kind by what it is called and read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.tasks import pictures, sounds


@dataclass(frozen=True)
class FileItem:
    """One kind. column: what tables call it, its modality. noun: what errors call it. suffixes: of
    its files. read: a file -> an item; raises TaskError for one that cannot be read.
    """

    column: str
    noun: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Any]

    def holds(self, file: Path) -> bool:
        """Whether this file is one of its kind, and none that a system hid there."""
        right = file.suffix.lower() in self.suffixes
        return right and file.is_file() and not file.name.startswith(".")


FILE_ITEMS: Mapping[str, FileItem] = {
    one.column: one
    for one in (
        FileItem("image", "picture", pictures.SUFFIXES, pictures.Picture.of_file),
        FileItem("audio", "recording", sounds.SUFFIXES, sounds.Sound.of_file),
    )
}
"""By modality."""
