"""Names, units, versions and sources of every metric: one decorated function each.

A metric is computed by one function and stored as one or more series. Frenet, say, is one
function whose result holds the series speed, curvature, d_0L and more.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from lrd_core.errors import InputError, UnknownNameError

Inputs = Literal["embeddings", "layer", "tokens", "views"]
"""What the engine hands to the function.

embeddings: all layers at once, a sequence of (n, d) arrays.
layer:      one layer's (n, d) array at a time.
tokens:     one batch of one layer at a time, (batch, tokens, d) and its mask; one value a text.
views:      augmented views of one layer, (n, q, d); for q = 2 as two (n, d) arrays.
"""

At = Literal["layer", "transition", "interior", "model", "layer_pair", "layer_curve"]
"""Where the values of a series sit.

layer: l = 0..L. transition: l + 1/2. interior: l = 1..L-1. model: one number.
layer_pair: (L+1, L+1) matrix. layer_curve: (L+1, points) matrix.
"""

Direction = Literal["higher", "lower", "none"]
"""Which way is commonly read as better; none where there is no such reading."""

Counts = Literal["", "directions", "nats", "share"]
"""How the values count directions, of which n texts allow no more than n.

directions: as such. nats: by the logarithm of their number. share: by that logarithm over its
maximum, log min(n, d). Empty for a series that n does not cap.
"""

Mode = Literal["exact", "published"]
"""exact: the papers' formula. published: what the authors' released code computes instead."""


@dataclass(frozen=True)
class Card:
    """What a visitor needs to read a series: plain words, no formula without a gloss."""

    definition: str
    range: str
    reading: str
    pitfalls: str


@dataclass(frozen=True)
class Series:
    """One named, stored and drawable quantity.

    attribute: where the value sits in the metric's result, `name` unless told otherwise; a result
    that is a plain number has no attributes. per_text: the attribute, if any, with the values that
    a profile averages, (places, anchors); `anchors` of the same result are the texts' indices.
    """

    name: str
    label: str
    unit: str
    at: At
    card: Card
    direction: Direction = "none"
    attribute: str = ""
    per_text: str = ""
    counts: Counts = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "attribute", self.attribute or self.name)


@dataclass(frozen=True)
class Metric:
    """A registered metric function; calling it calls the function.

    parameters: everything the cache key holds. sampling: the part of them that says how the engine
    prepares the input (q views of n_texts texts); the function is called without it.
    """

    name: str
    function: Callable[..., Any]
    inputs: Inputs
    series: tuple[Series, ...]
    version: int
    source: str
    group: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    modes: tuple[Mode, ...] = ("exact",)
    sampling: Mapping[str, int] = field(default_factory=dict)

    @property
    def compares_pairs(self) -> bool:
        """Whether the function takes two views as two arrays, and not (texts, views, width)."""
        return self.inputs == "views" and self.sampling["q"] == 2

    @property
    def shares_neighbours(self) -> bool:
        """Whether the function takes the neighbour lists that the engine computes once."""
        return "neighbours" in inspect.signature(self.function).parameters

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        passed = {name: value for name, value in kwargs.items() if name not in self.sampling}
        return self.function(*args, **passed)


_METRICS: dict[str, Metric] = {}
_GROUPS = ("lrd", "lbl", "companion")


def metric(
    name: str,
    *,
    inputs: Inputs,
    series: tuple[Series, ...],
    version: int,
    source: str,
    group: Literal["lrd", "lbl", "companion"],
    parameters: Mapping[str, Any] | None = None,
    modes: tuple[Mode, ...] = ("exact",),
    sampling: Mapping[str, int] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a metric and return it unchanged.

    parameters: the keyword arguments that the engine passes and the cache key holds, defaults
    included. A change of the formula raises `version`. modes: the values that the function's
    `mode` argument takes; a function with the formula alone has no such argument. sampling: see
    Metric.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        if name in _METRICS:
            raise InputError(f"the metric {name!r} is registered twice; choose another name")
        drawn = MappingProxyType(dict(sampling or {}))
        frozen = MappingProxyType({**(parameters or {}), **drawn})
        _METRICS[name] = Metric(
            name, function, inputs, series, version, source, group, frozen, modes, drawn
        )
        return function

    return register


def all_metrics() -> tuple[Metric, ...]:
    """Every registered metric: those of the two papers first, then their companions."""
    return tuple(sorted(_METRICS.values(), key=lambda entry: _GROUPS.index(entry.group)))


def find_metric(name: str) -> Metric:
    """The metric called `name`. Raises: UnknownNameError with the closest names."""
    if name not in _METRICS:
        raise UnknownNameError("metric", name, _METRICS)
    return _METRICS[name]


def find_series(name: str) -> Series:
    """The series called `name`. Raises: UnknownNameError with the closest names."""
    known = {series.name: series for entry in _METRICS.values() for series in entry.series}
    if name not in known:
        raise UnknownNameError("series", name, known)
    return known[name]


def select_metrics(names: tuple[str, ...]) -> tuple[Metric, ...]:
    """Metrics for a mix of metric names and group names (lrd, lbl, companion, all)."""
    chosen: dict[str, Metric] = {}
    groups = {entry.group for entry in _METRICS.values()}
    for name in names:
        members = [e for e in _METRICS.values() if name in (e.group, "all")]
        if not members:
            if name not in _METRICS:
                raise UnknownNameError("metric or group", name, [*_METRICS, *groups, "all"])
            members = [_METRICS[name]]
        chosen |= {entry.name: entry for entry in members}
    return tuple(chosen.values())
