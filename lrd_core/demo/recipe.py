"""What the bundled results hold. Everything comes from packs and packages; nothing from a hub."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lrd_core.runs.request import RunRequest, with_token_texts
from lrd_core.settings import TOKENS, RunSettings

TEXT_MODELS = (
    "paraphrase-MiniLM-L3-v2",
    "all-MiniLM-L6-v2",
    "multilingual-e5-small",
    "typeseg-mamba",
    "all-mpnet-base-v2",
    "SmolLM2-135M-Instruct",
)
SMALL_MODELS = TEXT_MODELS[:4]
"""Cheap enough for LiDAR's sixteen views of every long text, on two cores."""

MAIN_TASK = "bbc-news"
SCORED_TASKS = (
    "chatterbot",
    "chatterbot-reranking",
    "chatterbot-pairs",
    "lee-sts",
    "bible-pairs",
    "vader-tweets",
    "vader-amazon",
    "vader-movies",
    "vader-nyt",
    MAIN_TASK,
    "bbc-news-clustering",
    "bible-retrieval",
)
"""Shortest texts first: an interrupted build has as many scores as there can be."""
TEXT_TASKS = ("lee-news", "bible-kjv", "bible-web")
ALL_TASKS = (MAIN_TASK, *(task for task in (*SCORED_TASKS, *TEXT_TASKS) if task != MAIN_TASK))
"""The most looked at first."""

TOKEN_TASKS = ("chatterbot", "bible-kjv")
"""Of which the first texts are kept token by token: those that may be passed on, word for word."""

LONG_TASKS = (MAIN_TASK, "bbc-news-clustering", "lee-news")
"""Their texts fill MAX_LENGTH; the others have 10 to 50 tokens."""

MAX_LENGTH = 128
"""Tokens: long enough for an entropy valley, short enough for two cores."""

METRICS = (
    "lrd",
    "prompt_entropy",
    "dataset_entropy",
    "effective_rank",
    "token_curvature",
    "dominance",
    "companion",
    "infonce",
    "dime",
)
MAIN_METRICS = (
    *METRICS,
    "prompt_entropy:published",
    "prompt_entropy:recipe=null",
    "token_curvature:published",
    "dataset_entropy:published",
    "frenet:variance=0.8",
    "frenet:variance=0.99",
)
CONDITIONS = (
    *(f"repeat:{share}" for share in (0.25, 0.5, 0.75, 0.95)),
    *(f"random:{share}" for share in (0.25, 0.5, 0.75, 1)),
    *(f"length:{tokens}" for tokens in (8, 16, 32, 64)),
)
MEAN_POOLED_TOO = ("SmolLM2-135M-Instruct",)
"""Read at the last token by itself; a mean over its tokens is mostly the first."""

MEAN_TASKS = (MAIN_TASK, *SCORED_TASKS[:6])
"""Where it is read so, with and without the tokens that dominate: the shortest texts too."""

CONDITION_MODELS = ("all-MiniLM-L6-v2", "SmolLM2-135M-Instruct")
CONDITION_METRICS = (
    *("frenet", "nrs", "prompt_entropy", "dataset_entropy", "token_curvature"),
    *("dominance", "prompt_entropy_without"),
)
POOLED_METRICS = ("lrd", "dataset_entropy", "effective_rank", "anisotropy")
"""Of embeddings with and without the tokens that dominate."""


@dataclass(frozen=True)
class OtherItems:
    """Of a model that reads no texts: fewer runs, for each of its items takes as long as a page.

    measured: tasks with a run of n items, which is mapped. scored: those whose layers
    are scored. lidar: the one that is measured by LiDAR's sixteen views too.
    """

    measured: tuple[str, ...]
    scored: tuple[str, ...]
    n: int
    lidar: str = ""

    @property
    def settings(self) -> RunSettings:
        return RunSettings(n=self.n)


OTHER_MODELS = {
    "dinov2-small": OtherItems(
        measured=("digits", "mnist"),
        scored=(
            *("digits", "mnist", "digits-clustering", "mnist-clustering"),
            *("digits-knn", "mnist-knn"),
        ),
        n=300,
        lidar="mnist",
    ),
    "whisper-tiny.en": OtherItems(
        measured=("spoken-words",),
        scored=(
            *("spoken-words", "spoken-words-clustering", "spoken-words-knn"),
            *("spoken-voices", "spoken-speeds"),
        ),
        n=200,
        lidar="spoken-words",
    ),
}
KEPT_WITH_ITEMS = ("whisper-tiny.en",)
"""Whose items not every machine can make: they are bundled as they are shown."""

MODELS = (*TEXT_MODELS, *OTHER_MODELS)
FEWER_VIEWS = ("infonce:n_texts=100", "dime:n_texts=100")
"""In place of those of METRICS: every view of a picture or of a sound is a pass of its own."""


def main_task(model: str) -> str:
    """Where its layers are compared with those of others."""
    return OTHER_MODELS[model].measured[0] if model in OTHER_MODELS else MAIN_TASK


def mapped_runs(model: str) -> int:
    """How many of its requests, the first ones, have a map of every layer."""
    return len(OTHER_MODELS[model].measured) if model in OTHER_MODELS else 1


def scored_tasks(model: str) -> tuple[str, ...]:
    """Those whose layers are scored."""
    return OTHER_MODELS[model].scored if model in OTHER_MODELS else SCORED_TASKS


def token_tasks(model: str) -> tuple[str, ...]:
    """Those of which some items are kept token by token: no page shows patches or frames so."""
    return () if model in OTHER_MODELS else TOKEN_TASKS


def settings(model: str, task: str) -> RunSettings:
    """The settings of the main runs: more texts where the maps are drawn."""
    if model in OTHER_MODELS:
        return OTHER_MODELS[model].settings
    return RunSettings(n=500 if task == MAIN_TASK else 300, max_length=MAX_LENGTH)


def requests(model: str) -> Iterator[RunRequest]:
    """Every run of one model, the most looked at first; tokens of all its texts are measured."""
    for request in _of_items(model) if model in OTHER_MODELS else _of_texts(model):
        yield replace(request, metrics=with_token_texts(request.metrics, 0))


def _of_items(model: str) -> Iterator[RunRequest]:
    items = OTHER_MODELS[model]
    several = tuple(name for name in METRICS if name not in ("infonce", "dime"))
    for task in items.measured:
        yield RunRequest(model, task, (*several, *FEWER_VIEWS), items.settings)
    if items.lidar:
        yield RunRequest(model, items.lidar, ("lidar:n_texts=30",), items.settings)


def _of_texts(model: str) -> Iterator[RunRequest]:
    yield RunRequest(model, MAIN_TASK, MAIN_METRICS, settings(model, MAIN_TASK))
    for task in ALL_TASKS[1:]:
        yield RunRequest(model, task, METRICS, settings(model, task))
    for task, pooling in _pooled(model):
        for tokens in TOKENS:
            pooled = replace(settings(model, task), pooling=pooling, tokens=tokens)
            yield RunRequest(model, task, POOLED_METRICS, pooled)
    if model in CONDITION_MODELS:
        for condition in ("", *CONDITIONS):
            swept = RunSettings(n=100, max_length=MAX_LENGTH, condition=condition)
            yield RunRequest(model, MAIN_TASK, CONDITION_METRICS, swept)
        inside = RunSettings(n=100, max_length=MAX_LENGTH, capture="attention")
        yield RunRequest(model, MAIN_TASK, CONDITION_METRICS, inside)
    for task in ALL_TASKS:
        if model in SMALL_MODELS or task not in LONG_TASKS:
            yield RunRequest(model, task, ("lidar",), settings(model, task))


def _pooled(model: str) -> Iterator[tuple[str, str | None]]:
    """Where embeddings are read with and without the tokens that dominate: task and pooling.

    Each model's own pooling on one task, where it changes next to nothing; a mean over the tokens
    of a decoder on several.
    """
    yield MAIN_TASK, None
    if model in MEAN_POOLED_TOO:
        yield from ((task, "mean") for task in MEAN_TASKS)
