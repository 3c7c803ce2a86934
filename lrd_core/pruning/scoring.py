"""Score many pruned versions of a model on one task, with MTEB's own evaluators.

Every variant is scored from vectors of its own, made here: no result of the full model, nor of
another variant, is ever looked up by the model's name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lrd_core.evaluation.layer_scores import EncodeLayers, layer_scores, seed_scores
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress, silent
from lrd_core.pruning.variants import Removed, embed_variants
from lrd_core.tasks import TaskContent

CHUNK_BYTES = 256 * 2**20
LARGEST_CHUNK = 64
EVALUATOR_SEEDS = tuple(range(8))


@dataclass(frozen=True)
class VariantScore:
    """The task's main score of the model without these blocks, over n rows, pairs or queries."""

    removed: Removed
    score: float
    metric: str
    n: int


def score_variants(
    loaded: LoadedModel,
    content: TaskContent,
    variants: Sequence[Removed],
    *,
    normalise: bool,
    progress: Progress = silent,
) -> list[VariantScore]:
    """Score each variant; they are embedded together, so that common prefixes are shared.

    Give at most one of `chunks` at a time to bound the memory. Subsets of a task are averaged.
    """
    ordered = sorted(set(variants))

    def encode(texts: list[str]) -> list[np.ndarray]:
        embedded = embed_variants(loaded, texts, ordered, progress=progress)
        return [embedded[removed] for removed in ordered]

    by = loaded.pipeline.compares_by
    return list(_scored(content, ordered, encode, normalise, by, progress))


def chunks(
    loaded: LoadedModel, content: TaskContent, variants: Sequence[Removed]
) -> Iterator[tuple[Removed, ...]]:
    """Variants in portions of at most 64 whose embeddings fit in 256 MB, neighbours together."""
    ordered = sorted(set(variants))
    texts = len(content.evaluated_items()[content.spec.item_column])
    size = max(1, min(LARGEST_CHUNK, CHUNK_BYTES // (4 * texts * loaded.width(loaded.pooling))))
    for start in range(0, len(ordered), size):
        yield tuple(ordered[start : start + size])


def score_full(
    loaded: LoadedModel, content: TaskContent, *, normalise: bool, progress: Progress = silent
) -> VariantScore:
    """Score the full model once more, in an ordinary pass of its own.

    Texts and seed are the same, so the distance to the first run is how well a score repeats on
    this machine; it is no sampling error.
    """
    encode = _full_encoder(loaded, progress)
    by = loaded.pipeline.compares_by
    (score,) = _scored(content, [()], encode, normalise, by, progress)
    return score


def evaluator_scores(
    loaded: LoadedModel, content: TaskContent, *, normalise: bool, progress: Progress = silent
) -> list[float] | None:
    """The full model's score under 8 seeds of the evaluator; None where that draws nothing."""
    encode = _full_encoder(loaded, progress)
    return seed_scores(content, encode, EVALUATOR_SEEDS, normalise=normalise)


def _full_encoder(loaded: LoadedModel, progress: Progress) -> EncodeLayers:
    return lambda texts: [extract(loaded, texts, progress=progress).embeddings[-1]]


def _scored(
    content: TaskContent,
    chunk: Sequence[Removed],
    encode: EncodeLayers,
    normalise: bool,
    similarity: str,
    progress: Progress,
) -> Iterator[VariantScore]:
    """What layer_scores calls layers are variants here."""
    parts: list[tuple[float, str, int]] = []
    current = 0

    def finished() -> VariantScore:
        return VariantScore(
            chunk[current],
            float(np.mean([score for score, _, _ in parts])),
            parts[0][1],
            sum(n for _, _, n in parts),
        )

    for found in layer_scores(
        content, encode, normalise=normalise, similarity=similarity, progress=progress
    ):
        if found.layer != current:
            yield finished()
            current, parts = found.layer, []
        parts.append((found.score, found.metric, found.n))
    yield finished()
