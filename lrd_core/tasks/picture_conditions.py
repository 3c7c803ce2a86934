"""Extreme pictures: seeded transforms of what a model is shown, at the size at which it sees it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from lrd_core.errors import InputError

MOST_BLUR = 100.0


@dataclass(frozen=True)
class PictureCondition:
    """What is done to a picture, and how strongly; `str()` gives back what was parsed."""

    kind: str
    strength: float

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `mask:P` (0 <= P < 1), `noise:S` (0 <= S <= 10), `blur:R` (0 <= R <= 100); None for
        an empty string.

        Raises: InputError saying what is allowed.
        """
        if text in ("", "none"):
            return None
        kind, _, value = text.partition(":")
        if kind not in _KINDS:
            raise InputError(
                f"there is no condition {text!r} for pictures; known: mask:P, noise:S, blur:R"
            )
        most, words, _ = _KINDS[kind]
        try:
            strength = float(value)
        except ValueError:
            strength = float("nan")
        if not 0 <= strength <= most or (kind == "mask" and strength == 1):
            raise InputError(f"condition {kind!r} needs {words}, not {value!r}")
        return cls(kind, strength)

    def __str__(self) -> str:
        return f"{self.kind}:{repr(self.strength).removesuffix('.0')}"

    def apply(self, pixels: np.ndarray, grid: tuple[int, int], seed: int, place: int) -> np.ndarray:
        """The transformed pixels, the same for the same (condition, pixels, seed, place).

        mask: a share P of the patches, rounded, is set to 0, the mean colour that the model was
        trained with; at least one patch stays. noise: normal noise of S standard deviations of
        the training pictures is added. blur: a Gaussian of R pixels of the model's input.

        pixels: (3, height, width), scaled as the model takes them. grid: rows and columns of
        patches.
        """
        generator = np.random.default_rng([seed, place])
        changed = _KINDS[self.kind][2](pixels, self.strength, grid, generator)
        return changed.astype(pixels.dtype)


def _mask(
    pixels: np.ndarray, share: float, grid: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    """A larger share hides the patches of a smaller one too."""
    patches = grid[0] * grid[1]
    hidden = np.zeros(patches, dtype=bool)
    hidden[generator.permutation(patches)[: min(round(share * patches), patches - 1)]] = True
    size = (pixels.shape[1] // grid[0], pixels.shape[2] // grid[1])
    over = np.kron(hidden.reshape(grid), np.ones(size, dtype=bool))
    changed = pixels.copy()
    changed[:, : over.shape[0], : over.shape[1]][:, over] = 0
    return changed


def _noise(
    pixels: np.ndarray, strength: float, grid: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    noisy: np.ndarray = pixels + strength * generator.standard_normal(pixels.shape)
    return noisy


def _blur(
    pixels: np.ndarray, radius: float, grid: tuple[int, int], generator: np.random.Generator
) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    blurred: np.ndarray = gaussian_filter(pixels, (0, radius, radius), mode="nearest")
    return blurred


Change = Callable[[np.ndarray, float, tuple[int, int], np.random.Generator], np.ndarray]

_KINDS: Mapping[str, tuple[float, str, Change]] = {
    "mask": (1.0, "a share of the patches below 1, as in mask:0.5", _mask),
    "noise": (10.0, "a number of standard deviations up to 10, as in noise:0.5", _noise),
    "blur": (MOST_BLUR, f"a radius in pixels up to {MOST_BLUR:g}, as in blur:4", _blur),
}
"""By name: the largest strength, what is asked for, and what is done."""
