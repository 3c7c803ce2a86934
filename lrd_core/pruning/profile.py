"""What calibration says of a model's blocks, and how it is read onto them.

Pure: arrays in, arrays out. Measuring is in calibrate.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.metrics.registry import all_series
from lrd_core.metrics.series import At, Series

Indexing = Literal["block", "published"]
"""Where a block reads its score.

block: its own transition, b -> b + 1. published: the value at layer id b, which is one position
off that transition; it is what the authors of Layer-wise Representation Dynamics did.
"""


OWN_QUANTITIES: Mapping[str, At] = {
    "token_cosine": "transition",
    "pooled_cosine": "transition",
    "angle": "layer_pair",
    "change_cosine": "transition",
    "change_knn": "transition",
    "change_kl": "transition",
}
"""Quantities that only calibration measures, and where their values sit.

token_cosine, pooled_cosine: mean cosine between a block's input and output, over tokens and over
texts. angle: mean angular distance between two layers' embeddings, in units of pi. change_cosine,
change_knn, change_kl: how much the final output changes when this block is switched off as well
(1 - cosine; 1 - overlap of neighbours; nats).
"""


def spare_series() -> tuple[Series, ...]:
    """Series of the metrics that tell how dispensable a block is; a run stores them, too."""
    return tuple(series for series in all_series() if series.spare)


def quantities() -> dict[str, At]:
    """Everything that a profile can hold, and where its values sit."""
    return {series.name: series.at for series in spare_series()} | dict(OWN_QUANTITIES)


@dataclass(frozen=True)
class Profile:
    """Label-free quantities of the K blocks that are on.

    blocks: their ids in the full model, ascending. measured: quantity -> its values, (K,) at
    transitions, (K - 1,) at interior layers, (K + 1,) at layers, (K + 1, K + 1) for pairs of
    layers; what was not measured is absent.
    fixed: blocks that the model cannot lose, with the reason; None where it was not asked.
    """

    blocks: tuple[int, ...]
    measured: Mapping[str, np.ndarray] = field(default_factory=dict)
    fixed: Mapping[int, str] | None = None

    def __post_init__(self) -> None:
        count, known = len(self.blocks), quantities()
        for name, values in self.measured.items():
            if name not in known:
                raise UnknownNameError("calibration quantity", name, known)
            expected = count + {"transition": 0, "interior": -1}.get(known[name], 1)
            if len(values) != expected:
                raise InputError(
                    f"{name} has {len(values)} values where {count} blocks need {expected}"
                )

    def with_measured(self, **found: np.ndarray) -> "Profile":
        """The same profile with these quantities added."""
        return replace(self, measured={**self.measured, **found})

    def to_json(self) -> dict[str, Any]:
        """Plain lists, NaN as None; quantities that were not measured are left out."""
        lists = {name: _plain(values) for name, values in self.measured.items()}
        asked = {} if self.fixed is None else {"fixed": {str(b): r for b, r in self.fixed.items()}}
        return {"blocks": list(self.blocks)} | lists | asked

    @classmethod
    def from_json(cls, mapping: Mapping[str, Any]) -> "Profile":
        """The inverse of `to_json`."""
        arrays = {
            name: np.asarray(mapping[name], dtype=np.float64)
            for name in quantities()
            if mapping.get(name) is not None
        }
        fixed = mapping.get("fixed")
        known = None if fixed is None else {int(block): why for block, why in fixed.items()}
        return cls(tuple(mapping["blocks"]), arrays, known)


def _plain(values: np.ndarray) -> list[Any]:
    return [
        _plain(value) if np.ndim(value) else (None if np.isnan(value) else float(value))
        for value in values
    ]


def z_score(values: np.ndarray) -> np.ndarray:
    """(values - mean) / population standard deviation; a constant profile gives zeros.

    Undefined entries (NaN) stay undefined and take no part in mean and deviation.
    """
    values = np.asarray(values, dtype=np.float64)
    known = values[~np.isnan(values)]
    if known.size == 0:
        return values
    spread = known.std()
    # The mean of equal floats may miss them by an ulp, and that is no variation.
    constant = spread <= 1e-12 * max(1.0, float(np.abs(known).max()))
    return np.where(np.isnan(values), np.nan, 0.0) if constant else (values - known.mean()) / spread


def z_at_transitions(values: np.ndarray, indexing: Indexing) -> np.ndarray:
    """Values at transitions, (K,), as one z-score a block, (K,).

    block: block b has transition b. published: the profile over all K + 1 layers is scored (a
    layer takes the mean of the transitions beside it, the ends the one they have), then block b
    reads layer b.
    """
    values = np.asarray(values, dtype=np.float64)
    if indexing == "block":
        return z_score(values)
    padded = np.concatenate([values[:1], values, values[-1:]])
    return z_score((padded[:-1] + padded[1:]) / 2)[:-1]


def z_at_layers(values: np.ndarray, indexing: Indexing) -> np.ndarray:
    """Values at layers 0..K, (K + 1,), NaN where undefined, as one z-score a block, (K,).

    block: a block has the mean of the layers before and after it, or the one that is defined.
    published: the profile over all layers is scored, then block b reads layer b.
    """
    values = np.asarray(values, dtype=np.float64)
    if indexing == "published":
        return z_score(values)[:-1]
    ends = np.stack([values[:-1], values[1:]])
    defined = (~np.isnan(ends)).sum(axis=0)
    total = np.where(np.isnan(ends), 0.0, ends).sum(axis=0)
    means = np.full(len(total), np.nan)
    np.divide(total, defined, out=means, where=defined > 0)
    return z_score(means)


def interior_to_layers(values: np.ndarray) -> np.ndarray:
    """Values at layers 1..K-1, (K - 1,), as (K + 1,) with the two ends undefined."""
    return np.concatenate([[np.nan], np.asarray(values, dtype=np.float64), [np.nan]])
