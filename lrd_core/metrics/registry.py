"""Every metric with its series: one decorated function each, looked up by name, rank or trait.

A metric is computed by one function and stored as one or more series. Frenet, say, is one
function whose result holds the series speed, curvature, d_0L and more.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.metrics.series import Listing, Series

Inputs = Literal["embeddings", "layer", "tokens", "attention", "views"]
"""What the engine hands to the function.

embeddings: all layers at once, a sequence of (n, d) arrays.
layer:      one layer's (n, d) array at a time.
tokens:     one batch of one layer at a time, (batch, tokens, d) and its mask; one value an item.
attention:  attention weights of one item in one block at a time, (1, heads, tokens, tokens).
views:      augmented views of one layer, (n, q, d); for q = 2 as two (n, d) arrays.
"""

Reads = Literal["pooled", "tokens", "attention", "views"]
"""What a metric costs at least: pooled arrays are kept with every run, tokens are there only
during the pass over the items, attention and views take a pass of their own over some of them."""

Mode = Literal["exact", "published"]
"""exact: the papers' formula. published: what the authors' released code computes instead."""

GroupName = Literal["lrd", "lbl", "dominance", "companion"]


@dataclass(frozen=True)
class Group:
    """A group of metrics by where they come from. offered: what a list of choices calls it."""

    title: str
    offered: str


GROUPS: Mapping[str, Group] = {
    "lrd": Group("Layer-wise Representation Dynamics", "LRD: Frenet, NRS, GFMI"),
    "lbl": Group("Layer by Layer", "Layer by Layer"),
    "dominance": Group("Tokens that dominate", "Dominating tokens"),
    "companion": Group("Companions", "Companions"),
}
"""Group by its name, as `run --metrics` takes it, those of the two papers first."""

UNASKED = ("lrd", "lbl", "dominance")
"""What a run computes unless it is told otherwise."""


@dataclass(frozen=True)
class Options:
    """What can be asked of a metric.

    parameters: the keyword arguments that the engine passes, defaults included. modes: the values
    that the function's `mode` argument takes; a function with the formula alone has no such
    argument. sampling: how the engine prepares the input (q views of n_texts items); the function
    is called without it. Of attention, the first n_texts items. The cache key holds all three.
    extent: keyword arguments that say how much of the result is computed and change no number of
    it, with the words that they take, the usual first; the cache key leaves them out. path: whether
    the function follows the positions of an item from one to the next; patches of a picture lie in
    a raster and have no such order.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    modes: tuple[Mode, ...] = ("exact",)
    sampling: Mapping[str, int] = field(default_factory=dict)
    extent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: bool = False


@dataclass(frozen=True)
class Metric:
    """A registered metric function; calling it calls the function.

    parameters: everything the cache key holds. sampling: the part of them that says how the engine
    prepares the input, see Options. cost: time relative to the costliest metric that reads the
    same, as tests/benchmarks/bench_metric_costs.py measures it; an estimate counts by it.
    extent, follows_path: see Options.
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
    cost: float = 1.0
    extent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    follows_path: bool = False

    @property
    def reads(self) -> Reads:
        """Pooled arrays, tokens, attention or views."""
        if self.inputs == "embeddings" or self.inputs == "layer":
            return "pooled"
        return self.inputs

    @property
    def compares_pairs(self) -> bool:
        """Whether the function takes two views as two arrays, and not (items, views, width)."""
        return self.inputs == "views" and self.sampling["q"] == 2

    @property
    def shares_neighbours(self) -> bool:
        """Whether the function takes the neighbour lists that the engine computes once."""
        return "neighbours" in inspect.signature(self.function).parameters

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        passed = {name: value for name, value in kwargs.items() if name not in self.sampling}
        return self.function(*args, **passed)


_METRICS: dict[str, Metric] = {}


def metric(
    name: str,
    *,
    inputs: Inputs,
    series: tuple[Series, ...],
    version: int,
    source: str,
    group: GroupName,
    options: Options | None = None,
    cost: float = 1.0,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a metric and return it unchanged.

    A change of the formula raises `version`. cost: see Metric.
    Raises: InputError for a name that is taken.
    """
    asked = options or Options()

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        if name in _METRICS:
            raise InputError(f"the metric {name!r} is registered twice; choose another name")
        _METRICS[name] = Metric(
            name,
            function,
            inputs,
            series,
            version,
            source,
            group,
            parameters=MappingProxyType({**asked.parameters, **asked.sampling}),
            modes=asked.modes,
            sampling=MappingProxyType(dict(asked.sampling)),
            cost=cost,
            extent=MappingProxyType(dict(asked.extent)),
            follows_path=asked.path,
        )
        return function

    return register


def all_metrics() -> tuple[Metric, ...]:
    """Every registered metric: those of the two papers first, then their companions."""
    order = list(GROUPS)
    return tuple(sorted(_METRICS.values(), key=lambda entry: order.index(entry.group)))


def all_series() -> tuple[Series, ...]:
    """Every registered series, in the order of the metrics."""
    return tuple(series for entry in all_metrics() for series in entry.series)


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


def owner_of(series_name: str) -> Metric:
    """The metric that gives a series. Raises: UnknownNameError with the closest names."""
    series = find_series(series_name)
    return next(entry for entry in _METRICS.values() if series in entry.series)


def in_order(listing: Listing, series: Iterable[Series]) -> tuple[Series, ...]:
    """These series by their rank in a list; those without one after them, in the order given."""
    return tuple(sorted(series, key=lambda entry: entry.ranks.get(listing, math.inf)))


def ranked(listing: Listing) -> tuple[Series, ...]:
    """Every series that has a rank in a list, first rank first; of equal ranks as registered."""
    return in_order(listing, (series for series in all_series() if listing in series.ranks))


def chosen_first(listing: Listing) -> tuple[Series, ...]:
    """Series of a list that are chosen before anybody chooses, by rank."""
    return tuple(series for series in ranked(listing) if listing in series.chosen)


def neighbours_needed() -> int:
    """The k of the lists that are kept for every layer: as many as the greediest metric takes."""
    return max(int(entry.parameters["k"]) for entry in _METRICS.values() if entry.shares_neighbours)


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
