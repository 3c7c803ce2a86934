"""Views worth opening, of those that the store can fill: one function each, most telling first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lrd_core.metrics.stories import ANATOMY, BEST_LAYER, COMPRESSION, NEIGHBOURS, Story
from lrd_core.numbers import counted
from lrd_core.settings import find_setting
from lrd_core.views.series_names import series_text

MOST_MODELS = 6
"""As many as can carry their own label."""


@dataclass(frozen=True)
class ReadyView:
    """A view worth opening: a page and its query, with the captions that an address has."""

    title: str
    text: str
    page: str
    query: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """What the store holds, as far as ready views ask.

    table: rows of `coverage_table`. series: profiles that are stored. order: every model.
    conditions: how many each model was run under, those with most first. pruned: models that
    pruning was tried on. dominated: models with layers that a few tokens dominate, those
    with most of them first.
    """

    table: pd.DataFrame
    series: Sequence[str]
    order: Sequence[str] = ()
    conditions: Mapping[str, int] = field(default_factory=dict)
    pruned: Sequence[str] = ()
    dominated: Sequence[str] = ()

    @property
    def task(self) -> str:
        """The task of which most is known."""
        return str(self.table.groupby("task")["num_series"].sum().idxmax())

    @property
    def models(self) -> list[str]:
        """The first models that were run on that task."""
        runs = self.table[(self.table["task"] == self.task) & (self.table["num_series"] > 0)]
        return [model for model in self.order if model in set(runs["model"])][:MOST_MODELS]

    @property
    def scored(self) -> pd.DataFrame:
        """Rows of the table with measured scores of several layers."""
        return self.table[self.table["num_layers_scored"] > 1]

    def can_tell(self, story: Story) -> bool:
        """Whether the series that a story cannot do without are stored."""
        return set(story.needed) <= set(self.series)

    def captions(self, series: Sequence[str]) -> list[str]:
        """Those of the series that are stored, as an address names them."""
        return [series_text(name)[0] for name in series if name in self.series]


def ready_views(held: Held) -> list[ReadyView]:
    """Views that the store can fill, most telling first."""
    if held.table.empty:
        return []
    return [view for make in READY if (view := make(held)) is not None]


def _compression(held: Held) -> ReadyView | None:
    if not held.can_tell(COMPRESSION):
        return None
    query = {"metrics": held.captions(COMPRESSION.series), "axis": "% of blocks", "view": "Overlay"}
    return _over_depth(COMPRESSION, held, query, task=held.task)


def _anatomy(held: Held) -> ReadyView | None:
    here = set(held.models)
    model = next((name for name in held.dominated if name in here), None)
    if model is None or not held.can_tell(ANATOMY):
        return None
    query = {
        "models": [model],
        "metrics": held.captions(ANATOMY.series),
        "axis": "Layer",
        "view": "Overlay",
    }
    return _over_depth(ANATOMY, held, query, model=model)


def _best_layer(held: Held) -> ReadyView | None:
    if not held.can_tell(BEST_LAYER):
        return None
    scored = held.scored
    here = scored[scored["task"] == held.task] if held.task in set(scored["task"]) else scored
    richest = here.sort_values(
        ["num_layers_scored", "num_series"], ascending=False, kind="stable"
    ).iloc[0]
    query = {
        "models": [richest["model"]],
        "tasks": [richest["task"]],
        "metrics": held.captions(BEST_LAYER.series),
        "axis": "Layer",
    }
    return _over_depth(BEST_LAYER, held, query, model=richest["model"])


def _chosen_model(held: Held) -> ReadyView | None:
    if not held.can_tell(BEST_LAYER) or held.scored["model"].nunique() < 2:
        return None
    return ReadyView(
        "Which metric would have chosen the model?",
        "Rank correlation of every label-free metric with the scores, with intervals.",
        "pages/selection.py",
    )


def _pruned(held: Held) -> ReadyView | None:
    if not held.pruned:
        return None
    return ReadyView(
        "What does it cost to remove blocks?",
        f"{held.pruned[0]} by every rule, against both random bands.",
        "pages/pruning.py",
        {"prune_model": [held.pruned[0]]},
    )


def _broken_inputs(held: Held) -> ReadyView | None:
    if not held.conditions:
        return None
    model, number = next(iter(held.conditions.items()))
    return ReadyView(
        "What do broken inputs do?",
        f"{model} on the same texts under {counted(number, 'condition')}, a line each.",
        "pages/depth.py",
        {
            "models": [model],
            "vary": find_setting("condition").label.lower(),
            "metrics": held.captions(held.series[:1]),
        },
    )


def _neighbours(held: Held) -> ReadyView | None:
    if not held.can_tell(NEIGHBOURS):
        return None
    query = {"metrics": held.captions(NEIGHBOURS.series), "axis": "% of blocks"}
    return _over_depth(NEIGHBOURS, held, query)


def _paths(held: Held) -> ReadyView | None:
    if len(held.models) < 2:
        return None
    return ReadyView(
        "Paths through the layers",
        "Each model's way from embedding to output, in one plane.",
        "pages/trajectories.py",
        {"models": held.models, "tasks": [held.task]},
    )


def _over_depth(
    story: Story, held: Held, query: Mapping[str, str | Sequence[str]], **words: str
) -> ReadyView:
    here: dict[str, str | Sequence[str]] = {"models": held.models, "tasks": [held.task]}
    return ReadyView(story.title, story.text.format(**words), "pages/depth.py", here | dict(query))


READY: tuple[Callable[[Held], ReadyView | None], ...] = (
    _compression,
    _anatomy,
    _best_layer,
    _chosen_model,
    _pruned,
    _broken_inputs,
    _neighbours,
    _paths,
)
"""A ready view is one function here."""
