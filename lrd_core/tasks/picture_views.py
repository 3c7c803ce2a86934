"""Seeded views of a picture: cut, mirrored, in another light. What stays is what it shows.

Crops, flips and jitter of brightness and contrast are the views that self-supervised vision
models are trained to agree on; strengths are mild, because digits and signs are items too.
"""

import hashlib

import numpy as np

from lrd_core.tasks.pictures import Picture

VIEWS_VERSION = 1
"""Raised when a view of the same (picture, seed, view) changes, together with the versions of the
metrics that are computed from views."""

LEAST_AREA = 0.5
"""Of a picture that a crop keeps; the crop has the picture's own shape."""

FLIPPED = 0.5
"""Share of views that are mirrored left to right."""

JITTER = 0.3
"""Brightness and contrast are multiplied by up to this much more or less than 1."""


def augment_picture(picture: Picture, seed: int, view: int) -> Picture:
    """The view of a picture: the same for the same (content, seed, view), whatever else is drawn.

    The crop keeps its own size: the model's processor scales every picture it is given.
    """
    identity = f"{VIEWS_VERSION}\x00{seed}\x00{view}\x00{picture.digest}".encode()
    generator = np.random.default_rng(list(hashlib.sha256(identity).digest()))
    seen = _cropped(picture.array(), generator)
    if generator.random() < FLIPPED:
        seen = seen[:, ::-1]
    return Picture.of_pixels(_relit(seen, generator))


def _cropped(pixels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    share = np.sqrt(generator.uniform(LEAST_AREA, 1.0))
    sides = [max(1, round(float(share) * side)) for side in pixels.shape[:2]]
    places = zip(pixels.shape[:2], sides, strict=True)
    top, left = (int(generator.integers(0, whole - kept + 1)) for whole, kept in places)
    return pixels[top : top + sides[0], left : left + sides[1]]


def _relit(pixels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    brightness, contrast = generator.uniform(1 - JITTER, 1 + JITTER, 2)
    values = pixels.astype(np.float64) * brightness
    middle = values.mean()
    lit: np.ndarray = np.clip((values - middle) * contrast + middle, 0, 255).round()
    return lit.astype(np.uint8)
