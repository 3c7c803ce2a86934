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
_EXHAUSTIVE = TrialSettings(
    rules=RULES, budgets=(0.1, 0.15, 0.2, 0.5, 0.75), n=200, calibration_n=128, max_length=64
)
_DEEP = replace(
    _EXHAUSTIVE, budgets=(0.1, 0.15, 0.2, 0.35, 0.6), n=60, calibration_n=64, max_length=32,
    seeds=10, subset_limit=12, batch=1, length=32,
)  # fmt: skip
_LANGUAGE = replace(_DEEP, budgets=(0.1, 0.15, 0.2, 0.5), seeds=8, language_texts=12)

COMPARISONS: tuple[tuple[str, tuple[str, ...], TrialSettings], ...] = (
    ("all-MiniLM-L6-v2", TASKS, _EXHAUSTIVE),
    ("paraphrase-MiniLM-L3-v2", TASKS, _EXHAUSTIVE),
    ("multilingual-e5-small", TASKS, _DEEP),
    ("all-mpnet-base-v2", ("lee-sts", "chatterbot-reranking", "bible-pairs"), _DEEP),
    ("SmolLM2-135M-Instruct", ("lee-sts", "chatterbot-reranking"), _LANGUAGE),
    ("gemma-3-270m", ("lee-sts", "chatterbot-reranking"), replace(_LANGUAGE, seeds=5)),
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
    for model, tasks, settings in COMPARISONS:
        if models and model not in models:
            continue
        try:
            locate_weights(find_model(model), config=config)
        except ModelError as error:
            yield f"{model} passed over: {error}"
            continue
        for task in tasks:
            yield execute_trials(
                model, task, settings, config=config, device=device, progress=progress
            )
