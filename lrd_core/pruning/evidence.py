"""The bundled pruning results: which models, tasks and settings, and how they are remade.

One command, resumable: `python -m lrd_core prune-evidence`. Sizes are chosen for two CPU cores.
MiniLM-L6 has every subset tried up to half its blocks, the deeper models what time allows; the
settings stand in every row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lrd_core.config import Config
from lrd_core.errors import ModelError
from lrd_core.models.loading import Loading
from lrd_core.models.specs import find_model
from lrd_core.models.weights import locate_weights
from lrd_core.progress import Progress, silent
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.trial import TrialReport, execute_trials

TASKS = (
    "bbc-news",
    "bbc-news-clustering",
    "lee-sts",
    "bible-pairs",
    "chatterbot",
    "chatterbot-reranking",
)
"""One offline task of each type."""

RULES = (
    *("gfmi", "frenet", "nrs", "lrd", "bi", "angular", "drop-one"),
    *("last-keep-final", "middle", "even"),
)
FEWER_RULES = ("gfmi", "frenet", "nrs", "lrd", "bi", "drop-one", "last-keep-final", "even")
_EXHAUSTIVE = TrialSettings(rules=RULES, budgets=(0.1, 0.15, 0.2, 0.5, 0.75), n=200)
"""At the models' own lengths: cut texts make pruning look better than it is."""

_DEEP = replace(
    _EXHAUSTIVE,
    budgets=(0.1, 0.15, 0.2, 0.35, 0.6),
    n=60,
    calibration_n=64,
    max_length=32,
    subset_limit=12,
    batch=1,
    length=16,
)
_LARGE = replace(_DEEP, rules=FEWER_RULES, seeds=10)
_LANGUAGE = replace(_LARGE, budgets=(0.1, 0.15, 0.2, 0.5), n=40, seeds=6, language_texts=48)
"""budgets are shares of the candidates; the highest removes about half of all blocks."""

_ITEMS = replace(_DEEP, rules=FEWER_RULES, n=100, max_length=None, seeds=6)
_PICTURES = replace(_ITEMS, budgets=(0.1, 0.2, 0.5))
_SOUNDS = replace(_ITEMS, budgets=(0.5, 0.75))
"""Of four blocks two are candidates: one of them goes, or both."""

ALL_PAIRS = None
"""n of lee-sts: it has 50 texts however many of their 1,225 pairs are evaluated."""

Comparison = tuple[str, str, TrialSettings]


def _on(model: str, settings: TrialSettings, **sizes: int) -> tuple[Comparison, ...]:
    """One comparison a task; sizes: n of tasks, by name with _ for -, where it is another."""
    rows = {name.replace("_", "-"): n for name, n in sizes.items()} | {"lee-sts": ALL_PAIRS}
    return tuple((model, task, replace(settings, n=rows.get(task, settings.n))) for task in TASKS)


COMPARISONS: tuple[Comparison, ...] = (
    *_on("all-MiniLM-L6-v2", _EXHAUSTIVE, bbc_news_clustering=500),
    *_on("paraphrase-MiniLM-L3-v2", _EXHAUSTIVE, bbc_news_clustering=500),
    *_on("multilingual-e5-small", _DEEP),
    *_on("all-mpnet-base-v2", _LARGE, bible_pairs=40, chatterbot=20, chatterbot_reranking=40),
    *_on("SmolLM2-135M-Instruct", _LANGUAGE, chatterbot=20),
    ("gemma-3-270m", "lee-sts", replace(_LANGUAGE, n=300, language_texts=12)),
    ("gemma-3-270m", "bible-pairs", replace(_LANGUAGE, language_texts=12)),
    ("dinov2-small", "digits-clustering", _PICTURES),
    ("whisper-tiny.en", "spoken-words-clustering", _SOUNDS),
)


def run_evidence(
    config: Config, models: Sequence[str] = (), *, device: str = "auto", progress: Progress = silent
) -> Iterator[TrialReport | str]:
    """Run the comparisons that the store does not hold yet, one after the other.

    models: only these (none: all). Yields a report for each, or why a model was passed over.
    """
    passed_over: set[str] = set()
    for model, task, settings in COMPARISONS:
        if (models and model not in models) or model in passed_over:
            continue
        try:
            locate_weights(find_model(model), config=config)
        except ModelError as error:
            passed_over.add(model)
            yield f"{model} passed over: {error}"
            continue
        yield execute_trials(
            model, task, settings, config=config, loading=Loading(device), progress=progress
        )
