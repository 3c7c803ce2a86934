"""The bundled pruning results: which models, tasks and settings, and how they are remade.

One command, resumable: `python -m lrd_core prune-evidence`. Sizes are chosen for two CPU cores.
MiniLM-L6 has every subset tried up to half its blocks, the deeper models what time allows; the
settings stand in every row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from lrd_core.config import Config
from lrd_core.errors import ModelError
from lrd_core.models.specs import find_model
from lrd_core.models.weights import locate_weights
from lrd_core.progress import Progress, silent
from lrd_core.pruning.comparison import TrialSettings
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
_EXHAUSTIVE = TrialSettings(
    rules=RULES, budgets=(0.1, 0.15, 0.2, 0.5, 0.75), n=200, calibration_n=128, max_length=64
)
_DEEP = replace(
    _EXHAUSTIVE, budgets=(0.1, 0.15, 0.2, 0.35, 0.6), n=60, calibration_n=64, max_length=32,
    seeds=10, subset_limit=12, batch=1, length=16,
)  # fmt: skip
_LARGE = replace(_DEEP, rules=FEWER_RULES, seeds=6)
_LANGUAGE = replace(_LARGE, n=40, budgets=(0.1, 0.15, 0.2, 0.5), language_texts=12)
_LANGUAGE_MORE = replace(_LANGUAGE, language_texts=48)
"""budgets are shares of the candidates; the highest removes about half of all blocks."""

STS_PAIRS = 300
"""lee-sts has 50 texts however many of their pairs are evaluated."""

Comparison = tuple[str, str, TrialSettings]
COMPARISONS: tuple[Comparison, ...] = (
    *(("all-MiniLM-L6-v2", task, _EXHAUSTIVE) for task in TASKS),
    *(("paraphrase-MiniLM-L3-v2", task, _EXHAUSTIVE) for task in TASKS),
    *(("multilingual-e5-small", task, _DEEP) for task in TASKS),
    ("all-mpnet-base-v2", "lee-sts", _DEEP),
    ("all-mpnet-base-v2", "bible-pairs", replace(_LARGE, n=40)),
    ("all-mpnet-base-v2", "chatterbot", replace(_LARGE, n=20)),
    ("all-mpnet-base-v2", "bbc-news", replace(_LARGE, n=100)),
    ("all-mpnet-base-v2", "bbc-news-clustering", replace(_LARGE, n=100)),
    ("all-mpnet-base-v2", "chatterbot-reranking", replace(_LARGE, n=40)),
    *(
        (model, task, settings)
        for model in ("SmolLM2-135M-Instruct", "gemma-3-270m")
        for task, settings in (
            ("lee-sts", replace(_LANGUAGE, n=STS_PAIRS)),
            ("bible-pairs", _LANGUAGE),
            ("bbc-news", replace(_LANGUAGE_MORE, n=100)),
            ("bbc-news-clustering", replace(_LANGUAGE_MORE, n=100)),
            ("chatterbot", replace(_LANGUAGE_MORE, n=20)),
            ("chatterbot-reranking", _LANGUAGE_MORE),
        )
    ),
)


def run_evidence(
    config: Config,
    models: Sequence[str] = (),
    *,
    device: str = "auto",
    progress: Progress = silent,
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
        yield execute_trials(model, task, settings, config=config, device=device, progress=progress)
