"""Extreme recordings: seeded transforms of the samples that a model is given."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from lrd_core.errors import InputError
from lrd_core.tasks.sound_views import in_noise

_ASKED = {
    "noise": "a number of times the recording's own loudness up to 10, as in noise:0.5",
    "length": "a number of seconds above 0, as in length:0.5",
}


@dataclass(frozen=True)
class SoundCondition:
    """What is done to a recording, and how strongly; `str()` gives back what was parsed."""

    kind: str
    strength: float

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `noise:S` (0 <= S <= 10) or `length:T` (seconds above 0); None for an empty string.

        Raises: InputError saying what is allowed.
        """
        if text in ("", "none"):
            return None
        kind, _, value = text.partition(":")
        if kind not in _ASKED:
            raise InputError(
                f"there is no condition {text!r} for recordings; known: noise:S, length:SECONDS"
            )
        try:
            strength = float(value)
        except ValueError:
            strength = float("nan")
        usable = 0 <= strength <= 10 if kind == "noise" else 0 < strength < math.inf
        if not usable:
            raise InputError(f"condition {kind!r} needs {_ASKED[kind]}, not {value!r}")
        return cls(kind, strength)

    def __str__(self) -> str:
        return f"{self.kind}:{repr(self.strength).removesuffix('.0')}"

    def kept(self, samples: int, rate: int) -> int:
        """How many samples of a recording are left; at least one."""
        if self.kind != "length":
            return samples
        return max(1, min(samples, int(self.strength * rate)))

    def apply(self, samples: np.ndarray, rate: int, seed: int, place: int) -> np.ndarray:
        """The transformed samples, the same for the same (condition, samples, seed, place).

        noise: normal noise of S times the loudness of the recording is added. length: the first T
        seconds are kept.
        """
        if self.kind == "length":
            return samples[: self.kept(len(samples), rate)]
        noisy = in_noise(samples, self.strength, np.random.default_rng([seed, place]))
        return noisy.astype(np.float32)
