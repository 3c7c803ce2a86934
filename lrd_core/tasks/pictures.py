"""A picture as an item: what it is called, its pixels, and how it is shown. Imports no torch.

Pixels stay where they lie, in memory or in a file, and are read when a batch is made.
"""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lrd_core.errors import TaskError
from lrd_core.extras import need
from lrd_core.tasks.file_content import digest_of_file

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
"""Files that are read as pictures; of a moving one the first frame."""

MOST_PIXELS = 100_000_000
"""Of one picture. A small file may unpack to far more than memory holds."""

THUMBNAIL = 32
"""Pixels of the longer side of a preview."""


@dataclass(frozen=True)
class Picture:
    """One picture. Two are equal if their content is, wherever it lies.

    digest: over the file, or over pixels and their shape. file: where it lies, or None.
    pixels: (height, width) or (height, width, 3) of 0 to 255, of a picture without a file.
    """

    digest: str
    file: Path | None = field(default=None, compare=False, repr=False)
    pixels: np.ndarray | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_pixels(cls, pixels: np.ndarray) -> Picture:
        """From brightness of 0 to 255, grey (height, width) or coloured (height, width, 3)."""
        kept = np.ascontiguousarray(pixels, dtype=np.uint8)
        if kept.ndim not in (2, 3) or (kept.ndim == 3 and kept.shape[2] != 3) or not kept.size:
            raise TaskError(
                f"pixels of shape {pixels.shape} are no picture; give (height, width) or "
                "(height, width, 3) of 0 to 255"
            )
        content = str(kept.shape).encode() + kept.tobytes()
        return cls(hashlib.sha256(content).hexdigest(), pixels=kept)

    @classmethod
    def of_file(cls, file: Path) -> Picture:
        """From a file, which is looked at now and read when it is needed.

        Raises: TaskError for a file that cannot be read or holds no picture.
        """
        picture = cls(digest_of_file(file), file=file)
        with picture._open():
            return picture

    def array(self) -> np.ndarray:
        """(height, width, 3) of 0 to 255, upright as a camera meant it.

        Raises: TaskError when the file is gone, or is another one by now.
        """
        if self.pixels is not None:
            grey = self.pixels.ndim == 2
            return np.repeat(self.pixels[..., None], 3, axis=2) if grey else self.pixels
        if self.file is not None and digest_of_file(self.file) != self.digest:
            raise TaskError(f"{self.file.name} has changed meanwhile; start again")
        with self._open() as opened:
            return np.asarray(_upright(opened))

    def words(self) -> str:
        """The picture in words, where none can be shown: its file or digest, and its size."""
        height, width, _ = self.array().shape
        name = self.file.name if self.file is not None else f"picture {self.digest[:8]}"
        return f"{name}, {width} x {height} pixels"

    def thumbnail(self) -> str:
        """A small copy as a data URL, for pages: at most THUMBNAIL pixels a side."""
        from PIL import Image

        small = Image.fromarray(self.array())
        small.thumbnail((THUMBNAIL, THUMBNAIL))
        grey = small.convert("L")
        plain = bool((np.asarray(small) == np.asarray(grey)[..., None]).all())
        written = io.BytesIO()
        (grey if plain else small).save(written, "PNG", optimize=True)
        return f"data:image/png;base64,{base64.b64encode(written.getvalue()).decode()}"

    def _open(self) -> Image:
        need("PIL", "reading pictures")
        from PIL import Image, UnidentifiedImageError

        assert self.file is not None
        try:
            opened = Image.open(self.file)
            if opened.width * opened.height > MOST_PIXELS:
                raise TaskError(
                    f"{self.file.name} has {opened.width} x {opened.height} pixels; at most "
                    f"{MOST_PIXELS:,} are read: make it smaller"
                )
            opened.load()
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            reason = str(error).splitlines()[0]
            raise TaskError(f"{self.file.name} is no picture that can be read: {reason}") from error
        return opened


def _upright(opened: Image) -> Image:
    """Without its camera's turn, and without transparency: what is clear is white."""
    from PIL import Image, ImageOps

    turned = ImageOps.exif_transpose(opened)
    if "A" in turned.getbands() or "transparency" in turned.info:
        seen = turned.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(paper, seen).convert("RGB")
    return turned.convert("RGB")
