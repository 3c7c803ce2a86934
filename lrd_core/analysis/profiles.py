"""What is said of one profile over depth."""

import numpy as np


def valley_depth(profile: np.ndarray) -> np.ndarray:
    """How far a profile falls below the lower of its two ends; negative where it stays above.

    Shape: profile (..., L + 1) -> (...): the minimum over layers 1 to L - 1 against both ends;
    L is at least 2.
    """
    ends = np.minimum(profile[..., 0], profile[..., -1])
    return np.asarray(ends - profile[..., 1:-1].min(axis=-1))
