"""A recording as an item: what it is called, its samples, and how it is shown. Imports no torch.

Samples stay where they lie, in memory or in a file, and are read when a batch is made.
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import warnings
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from lrd_core.errors import TaskError
from lrd_core.extras import need
from lrd_core.tasks.file_content import digest_of_file

SUFFIXES = (".wav", ".flac")
"""Files that are read as recordings; of several channels their mean."""

MOST_SAMPLES = 100_000_000
"""Of one recording: over half an hour at any usual rate. A small file may unpack to far more."""

RATES = (1_000, 768_000)
"""Samples a second that a recording may have."""

_BARS = 24
"""Of the outline of a recording in a table."""


@dataclass(frozen=True)
class Sound:
    """One recording. Two are equal if their content is, wherever it lies.

    digest: over the file, or over samples and rate. rate: samples a second. length: samples. name:
    what is heard, where it has no file that says so. file: where it lies, or None. samples: (n,)
    float32 of -1 to 1, of a recording without a file.
    """

    digest: str
    rate: int = field(compare=False)
    length: int = field(compare=False)
    name: str = field(default="", compare=False)
    file: Path | None = field(default=None, compare=False, repr=False)
    samples: np.ndarray | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_samples(cls, samples: np.ndarray, rate: int, name: str = "") -> Sound:
        """From samples of -1 to 1, (n,), or (n, channels), of which the mean is taken.

        Raises: TaskError for nothing to hear, or numbers that are none.
        """
        kept = _checked(np.asarray(samples), rate, "these samples")
        content = f"{rate}\x00".encode() + kept.tobytes()
        digest = hashlib.sha256(content).hexdigest()
        return cls(digest, int(rate), len(kept), name, samples=kept)

    @classmethod
    def of_file(cls, file: Path) -> Sound:
        """From a file, which is looked at now and read again when it is needed.

        Raises: TaskError for a file that cannot be read or holds no recording.
        """
        samples, rate = _read(file, file.name)
        return cls(digest_of_file(file), rate, len(samples), file.name, file=file)

    @classmethod
    def of_bytes(cls, content: bytes, name: str) -> Sound:
        """From what a file of this name holds. Raises: TaskError as `of_file`."""
        return cls.of_samples(*_read(io.BytesIO(content), name), name)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return self.length / self.rate

    def array(self, rate: int | None = None) -> np.ndarray:
        """(n,) float32 samples of -1 to 1, at another rate if one is asked for.

        Raises: TaskError when the file is gone, or is another one by now.
        """
        if self.samples is not None:
            found = self.samples
        else:
            assert self.file is not None
            if digest_of_file(self.file) != self.digest:
                raise TaskError(f"{self.file.name} has changed meanwhile; start again")
            found, _ = _read(self.file, self.file.name)
        return found if rate in (None, self.rate) else _resampled(found, self.rate, int(rate or 0))

    def samples_at(self, rate: int) -> int:
        """How many samples it has at another rate."""
        return -(-self.length * rate // self.rate)

    def words(self) -> str:
        """The recording in words: its name or digest, and how long it lasts."""
        return f"{self.name or f'sound {self.digest[:8]}'}, {self.seconds:.2f} s"

    def wav(self) -> bytes:
        """The recording as a file of 16 bits a sample, for a player."""
        written = io.BytesIO()
        with wave.open(written, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.rate)
            file.writeframes((np.clip(self.array(), -1, 1) * 32767).astype("<i2").tobytes())
        return written.getvalue()

    def thumbnail(self) -> str:
        """How loud it is from start to end, as a small drawing in a data URL, for pages."""
        parts = np.array_split(np.abs(self.array()), min(_BARS, self.length))
        loud = np.array([part.max() for part in parts])
        heights = np.maximum(1, np.round(30 * loud / max(float(loud.max()), 1e-9))).astype(int)
        bars = "".join(
            f"M{4 * place + 2} {16 - height / 2:g}v{height}" for place, height in enumerate(heights)
        )
        drawing = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {4 * len(parts)} 32">'
            f'<path d="{bars}" stroke="#7f7f7f" stroke-width="3"/></svg>'
        )
        return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


def _read(held: Path | IO[bytes], name: str) -> tuple[np.ndarray, int]:
    """Samples and rate of a file, open or not. Raises: TaskError."""
    if name.lower().endswith(".wav"):
        return _read_wav(held, name)
    need("soundfile", f"reading {Path(name).suffix or name} files")
    import soundfile

    try:
        with soundfile.SoundFile(held) as opened:
            if opened.frames > MOST_SAMPLES:
                raise TaskError(_too_long(name, opened.frames))
            samples, rate = opened.read(dtype="float32"), int(opened.samplerate)
    except (OSError, soundfile.SoundFileError, MemoryError) as error:
        raise TaskError(_unreadable(name, error)) from error
    return _checked(samples, rate, name), rate


def _read_wav(held: Path | IO[bytes], name: str) -> tuple[np.ndarray, int]:
    from scipy.io import wavfile

    try:
        with warnings.catch_warnings():
            # Chunks that hold no samples, such as the name of the artist.
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            rate, samples = wavfile.read(held)
    except Exception as error:  # of a torn file: whatever the numbers in its head lead to
        raise TaskError(_unreadable(name, error)) from error
    if samples.dtype.kind in "iu":
        # Whole numbers fill their type, and eight bits lie around 128.
        middle = 128 if samples.dtype == np.uint8 else 0
        full = 128 if samples.dtype == np.uint8 else -float(np.iinfo(samples.dtype).min)
        samples = (samples.astype(np.float64) - middle) / full
    return _checked(samples, rate, name), int(rate)


def _checked(samples: np.ndarray, rate: int, what: str) -> np.ndarray:
    """One channel of float32. Raises: TaskError for what is no recording."""
    if samples.ndim not in (1, 2) or not samples.size:
        raise TaskError(f"{what}: shape {samples.shape} is no sound; give (n,) or (n, channels)")
    if len(samples) > MOST_SAMPLES:
        raise TaskError(_too_long(what, len(samples)))
    if not RATES[0] <= rate <= RATES[1]:
        raise TaskError(f"{what}: {rate} samples a second; give {RATES[0]:,} to {RATES[1]:,}")
    one = samples if samples.ndim == 1 else samples.mean(axis=1)
    kept = np.ascontiguousarray(one, dtype=np.float32)
    if not np.isfinite(kept).all():
        raise TaskError(f"{what}: a sample is NaN or infinite; mend or leave out the recording")
    return kept


def _resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    from scipy.signal import resample_poly

    shared = math.gcd(rate, wanted)
    made: np.ndarray = resample_poly(samples, wanted // shared, rate // shared)
    return made.astype(np.float32)


def _too_long(what: str, samples: int) -> str:
    return f"{what}: {samples:,} samples, at most {MOST_SAMPLES:,} are read: cut it"


def _unreadable(what: str, error: BaseException) -> str:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return f"{what} is no recording that can be read: {reason}"
