"""What calibration says of a model's blocks, and how it is read onto them.

Pure: arrays in, arrays out. Measuring is in calibrate.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from lrd_core.errors import InputError

Indexing = Literal["block", "published"]
"""Where a block reads its score.

block: its own transition, b -> b + 1. published: the value at layer id b, which is one position
off that transition; it is what the authors of Layer-wise Representation Dynamics did.
"""


@dataclass(frozen=True)
class Profile:
    """Label-free quantities of the K blocks that are on; None where not measured.

    blocks: their ids in the full model, ascending. speed, nrs (K,): at transitions.
    curvature (K - 1,): at interior layers. gfmi (K + 1,): at layers. token_cosine, pooled_cosine
    (K,): mean cosine between a block's input and output, over tokens and over texts.
    angle (K + 1, K + 1): mean angular distance between two layers' embeddings, in units of pi.
    change_cosine, change_knn, change_kl (K,): how much the final output changes when this block
    is switched off as well (1 - cosine; 1 - overlap of neighbours; nats).
    fixed: blocks that the model cannot lose, with the reason; None where it was not asked.
    """

    blocks: tuple[int, ...]
    speed: np.ndarray | None = None
    curvature: np.ndarray | None = None
    nrs: np.ndarray | None = None
    gfmi: np.ndarray | None = None
    token_cosine: np.ndarray | None = None
    pooled_cosine: np.ndarray | None = None
    angle: np.ndarray | None = None
    change_cosine: np.ndarray | None = None
    change_knn: np.ndarray | None = None
    change_kl: np.ndarray | None = None
    fixed: Mapping[int, str] | None = None

    def __post_init__(self) -> None:
        count = len(self.blocks)
        lengths = {"curvature": count - 1, "gfmi": count + 1, "angle": count + 1}
        for name in QUANTITIES:
            values = getattr(self, name)
            expected = lengths.get(name, count)
            if values is not None and len(values) != expected:
                raise InputError(
                    f"{name} has {len(values)} values where {count} blocks need {expected}"
                )

    def to_json(self) -> dict[str, Any]:
        """Plain lists, NaN as None; quantities that were not measured are left out."""
        measured = {name: getattr(self, name) for name in QUANTITIES}
        lists = {name: _plain(value) for name, value in measured.items() if value is not None}
        asked = {} if self.fixed is None else {"fixed": {str(b): r for b, r in self.fixed.items()}}
        return {"blocks": list(self.blocks)} | lists | asked

    @classmethod
    def from_json(cls, mapping: Mapping[str, Any]) -> "Profile":
        """The inverse of `to_json`."""
        arrays = {
            name: np.asarray(mapping[name], dtype=np.float64)
            for name in QUANTITIES
            if mapping.get(name) is not None
        }
        fixed = mapping.get("fixed")
        known = None if fixed is None else {int(block): why for block, why in fixed.items()}
        return cls(blocks=tuple(mapping["blocks"]), fixed=known, **arrays)


QUANTITIES = tuple(f.name for f in fields(Profile) if f.name not in ("blocks", "fixed"))


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
    """Curvature, (K - 1,) at layers 1..K-1, as (K + 1,) with the two ends undefined."""
    return np.concatenate([[np.nan], np.asarray(values, dtype=np.float64), [np.nan]])
