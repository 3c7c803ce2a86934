"""Seeded views of a recording: faster or slower, and in noise. What stays is what is said.

Speed and noise are the changes that speech recognisers are trained to ignore; both are mild, so
that a word stays one to a listener.
"""

import hashlib

import numpy as np

from lrd_core.tasks.sounds import Sound

SOUND_VIEWS_VERSION = 1
"""Raised when a view of the same (recording, seed, view) changes, together with the versions of the
metrics that are computed from views."""

SPEED = 0.1
"""A view is up to this much faster or slower, and its pitch with it."""

NOISE = (15.0, 30.0)
"""Decibels that the recording is louder than the noise."""


def augment_sound(sound: Sound, seed: int, view: int) -> Sound:
    """The view of a recording: the same for the same (content, seed, view), whatever is drawn."""
    identity = f"{SOUND_VIEWS_VERSION}\x00{seed}\x00{view}\x00{sound.digest}".encode()
    generator = np.random.default_rng(list(hashlib.sha256(identity).digest()))
    speed = generator.uniform(1 - SPEED, 1 + SPEED)
    decibels = generator.uniform(*NOISE)
    played = at_speed(sound.array(), speed)
    return Sound.of_samples(in_noise(played, 10 ** (-decibels / 20), generator), sound.rate)


def at_speed(samples: np.ndarray, speed: float) -> np.ndarray:
    """The same played `speed` times as fast, by lines between samples; at least one sample."""
    places = np.arange(max(round(len(samples) / speed), 1)) * speed
    played: np.ndarray = np.interp(places, np.arange(len(samples)), samples)
    return played


def in_noise(samples: np.ndarray, strength: float, generator: np.random.Generator) -> np.ndarray:
    """With normal noise of `strength` times the recording's own loudness (root mean square)."""
    loudness = np.sqrt(np.mean(np.square(samples, dtype=np.float64)))
    noisy: np.ndarray = samples + strength * loudness * generator.standard_normal(len(samples))
    return noisy
