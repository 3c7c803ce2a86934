"""Every claim, in the order of the page."""

from lrd_core.claims import (
    across_models,
    best_layers,
    bounds,
    families,
    following,
    inputs,
    picks,
    pruned,
    texts,
    training,
    valleys,
)
from lrd_core.claims.registry import Claim, registered

MODULES = (
    *(across_models, best_layers, bounds, families, following, inputs, picks, pruned, texts),
    *(training, valleys),
)
"""A file of claims is listed here; its decorated functions register themselves."""


def all_claims() -> tuple[Claim, ...]:
    """Claims of Layer by Layer, of Layer-wise Representation Dynamics, then of others."""
    return tuple(sorted(registered().values(), key=_place))


def _place(claim: Claim) -> tuple[int, int]:
    return "LRS".index(claim.name[0]), int(claim.name[1:])


def extra_series() -> dict[str, str]:
    """Series that claims need of single texts -> what they are called beside each other."""
    return {valleys.ENTROPY: "all tokens", valleys.WITHOUT: "without dominating tokens"}


def read_series() -> tuple[str, ...]:
    """Series whose profiles claims read, each once."""
    shown = [name for one in all_claims() for name in one.series]
    unseen = (*extra_series(), *across_models.LEVELS, *families.PROFILES, *families.LAST)
    return tuple(dict.fromkeys([*shown, *unseen, bounds.SHARE]))
