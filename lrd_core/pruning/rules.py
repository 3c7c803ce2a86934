"""Every pruning rule: a redundancy per block; the blocks with the highest are removed.

A rule is one decorated function. How blocks are selected and which are protected are options
of the plan (plan.py), not of the rule.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lrd_core.errors import InputError, PruningError, UnknownNameError
from lrd_core.metrics.registry import find_metric
from lrd_core.metrics.series import Series
from lrd_core.pruning.profile import (
    Indexing,
    Profile,
    interior_to_layers,
    z_at_layers,
    z_at_transitions,
)

Selection = Literal["top-m", "window", "greedy", "exhaustive"]
SELECTIONS: tuple[Selection, ...] = ("top-m", "window", "greedy", "exhaustive")

Scope = Literal["setting", "every block", "ends stay"]
"""Which blocks a rule may take: those the protection setting leaves; every block the model can
lose; those the setting leaves, and never the first or the last."""


@dataclass(frozen=True)
class Question:
    """What a rule is asked: score these blocks, of which m of the candidates will go."""

    blocks: tuple[int, ...]
    candidates: tuple[int, ...]
    m: int
    profile: Profile | None = None
    indexing: Indexing = "block"
    seed: int = 0

    def measured(self, name: str) -> np.ndarray:
        """A quantity of the profile. Raises: PruningError when it was not measured."""
        values = None if self.profile is None else self.profile.measured.get(name)
        if values is None:
            raise PruningError(
                f"this rule needs the calibration quantity {name!r}, which was not measured; "
                "calibrate the model on the task first"
            )
        return np.asarray(values, dtype=np.float64)


RuleFunction = Callable[[Question], np.ndarray]
WindowFunction = Callable[[Question, int], float]


@dataclass(frozen=True)
class Rule:
    """A registered rule. `needs` names the quantities of the profile that it reads."""

    name: str
    label: str
    function: RuleFunction
    needs: tuple[str, ...]
    selection: Selection
    scope: Scope
    source: str
    seeded: bool
    window: WindowFunction | None

    @property
    def oracle(self) -> bool:
        """Whether it tries subsets instead of scoring blocks."""
        return self.selection == "exhaustive"

    def __call__(self, question: Question) -> np.ndarray:
        return self.function(question)


_RULES: dict[str, Rule] = {}


def rule(
    name: str,
    label: str,
    *,
    needs: tuple[str, ...] = (),
    selection: Selection = "top-m",
    scope: Scope = "setting",
    source: str = "",
    seeded: bool = False,
    window: WindowFunction | None = None,
) -> Callable[[RuleFunction], RuleFunction]:
    """Register a function (question -> one redundancy per block, NaN undefined) as a rule.

    window: the redundancy of the m blocks from a position on, for window selection; the sum of
    the blocks' own without it.
    """

    def register(function: RuleFunction) -> RuleFunction:
        if name in _RULES:
            raise InputError(f"the rule {name!r} is registered twice; choose another name")
        _RULES[name] = Rule(name, label, function, needs, selection, scope, source, seeded, window)
        return function

    return register


def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of registration."""
    return tuple(_RULES.values())


def find_rule(name: str) -> Rule:
    """The rule called `name`. Raises: UnknownNameError with the closest names."""
    if name not in _RULES:
        raise UnknownNameError("pruning rule", name, _RULES)
    return _RULES[name]


_LRD = "Layer-wise Representation Dynamics, 2605.12714"


def _dispensable(series: Series, question: Question) -> np.ndarray:
    """One z-score a block, high where the series says that the block may go."""
    values = question.measured(series.name)
    if series.at == "transition":
        scored = z_at_transitions(values, question.indexing)
    else:
        layers = interior_to_layers(values) if series.at == "interior" else values
        scored = z_at_layers(layers, question.indexing)
    return scored if series.spare == "highest" else -scored


def metric_rule(name: str, label: str) -> Rule:
    """Register a rule that is called after the metric whose series it reads.

    Its redundancy is the sum of z-scores, minus those of a series whose low values speak for a
    block's removal.
    """
    series = [one for one in find_metric(name).series if one.spare]

    def redundancy(question: Question) -> np.ndarray:
        scores = [_dispensable(one, question) for one in series]
        return np.asarray(functools.reduce(np.add, scores))

    needs = tuple(one.name for one in series)
    rule(name, label, needs=needs, source=_LRD)(redundancy)
    return find_rule(name)


OF_METRICS = (
    metric_rule("frenet", "Frenet: slow and straight"),
    metric_rule("nrs", "NRS: neighbours kept"),
    metric_rule("gfmi", "GFMI: close to the output"),
)
"""The principal subspace hardly moves or turns; texts keep their neighbours; the clusters are those
of the last layer already."""


@rule(
    "lrd",
    "LRD: the three together",
    needs=tuple(need for one in OF_METRICS for need in one.needs),
    source=_LRD,
)
def lrd(question: Question) -> np.ndarray:
    """Sum of the three rules of metrics."""
    scores = [one(question) for one in OF_METRICS]
    return np.asarray(functools.reduce(np.add, scores))


@rule("bi", "Block Influence, tokens", needs=("token_cosine",), source="ShortGPT, 2403.03853")
def block_influence(question: Question) -> np.ndarray:
    """Mean cosine between a token before and after the block (1 - Block Influence)."""
    return question.measured("token_cosine")


@rule(
    "bi-pooled",
    "Block Influence, texts",
    needs=("pooled_cosine",),
    source="ShortGPT, 2403.03853, on pooled embeddings",
)
def block_influence_pooled(question: Question) -> np.ndarray:
    """Mean cosine between a text's embedding before and after the block."""
    return question.measured("pooled_cosine")


def angular_window(question: Question, position: int) -> float:
    """Minus the angular distance from layer `position` to layer `position + m`."""
    return -float(question.measured("angle")[position, position + question.m])


@rule(
    "angular",
    "Least angular distance",
    needs=("angle",),
    selection="window",
    source="The Unreasonable Ineffectiveness of the Deeper Layers, 2403.17887",
    window=angular_window,
)
def angular(question: Question) -> np.ndarray:
    """Minus the angular distance (units of pi) between the block's input and output."""
    return np.asarray(-np.diagonal(question.measured("angle"), offset=1))


@rule("drop-one", "Least change when off", needs=("change_cosine",))
def drop_one(question: Question) -> np.ndarray:
    """Minus the change (1 - cosine) of the final embeddings when the block is off."""
    return -question.measured("change_cosine")


@rule("drop-one-knn", "Fewest neighbours lost when off", needs=("change_knn",))
def drop_one_knn(question: Question) -> np.ndarray:
    """Minus the change (1 - neighbour overlap) of the final embeddings when the block is off."""
    return -question.measured("change_knn")


@rule("drop-one-kl", "Least change of next-token odds", needs=("change_kl",))
def drop_one_kl(question: Question) -> np.ndarray:
    """Minus the KL divergence (nats) of next-token predictions when the block is off."""
    return -question.measured("change_kl")


@rule("greedy", "Least change, one by one", needs=("change_cosine",), selection="greedy")
def greedy(question: Question) -> np.ndarray:
    """drop-one, measured anew after each removal."""
    return drop_one(question)


@rule("last", "Last blocks")
def last(question: Question) -> np.ndarray:
    """The deeper, the sooner."""
    return np.asarray(question.blocks, dtype=np.float64)


@rule("last-keep-final", "Last blocks but the final one")
def last_keep_final(question: Question) -> np.ndarray:
    """The deeper, the sooner, and the final block after all others."""
    depth = np.asarray(question.blocks, dtype=np.float64)
    depth[-1] = -1.0
    return depth


@rule("middle", "Middle blocks")
def middle(question: Question) -> np.ndarray:
    """The closer to the middle of the candidates, the sooner."""
    centre = (question.candidates[0] + question.candidates[-1]) / 2
    return -np.abs(np.asarray(question.blocks, dtype=np.float64) - centre)


@rule("even", "Evenly spread blocks")
def even(question: Question) -> np.ndarray:
    """1 for m candidates at equal spacing, 0 for the others."""
    count = len(question.candidates)
    steps = (np.arange(question.m) + 0.5) * count / question.m
    chosen = {question.candidates[int(step)] for step in steps}
    return np.array([float(block in chosen) for block in question.blocks])


def _uniform(question: Question) -> np.ndarray:
    """Random numbers whose m highest among the candidates are a uniform draw of m."""
    return np.random.default_rng(question.seed).random(len(question.blocks))


@rule("random", "Random blocks", scope="every block", seeded=True)
def random(question: Question) -> np.ndarray:
    """Uniform over every block that the model can lose, first and last included."""
    return _uniform(question)


@rule("random-protected", "Random, ends kept", scope="ends stay", seeded=True)
def random_protected(question: Question) -> np.ndarray:
    """Uniform over the candidates of the other rules; the first and last block always stay."""
    return _uniform(question)


@rule("exhaustive", "Best subset found", selection="exhaustive")
def exhaustive(question: Question) -> np.ndarray:
    """No score of its own: subsets are tried, the best on a calibration split is taken."""
    return np.full(len(question.blocks), np.nan)
