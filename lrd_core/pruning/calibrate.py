"""Measure what rules read: one pass over calibration texts, and one for each block switched off."""

from collections.abc import Collection, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from lrd_core.errors import InputError
from lrd_core.extraction.batching import batches
from lrd_core.extraction.hidden_states import TOKEN_BUDGET, LayerReader
from lrd_core.extraction.inputs import encode
from lrd_core.extraction.pooling import pool
from lrd_core.metrics import all_metrics, nearest_neighbours
from lrd_core.metrics.registry import owner_of
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress, silent
from lrd_core.pruning.bypass import bypassed
from lrd_core.pruning.language import compare_language
from lrd_core.pruning.last_layer import last_layer
from lrd_core.pruning.profile import Profile, spare_series
from lrd_core.pruning.removal import can_go
from lrd_core.pruning.variants import Removed, embed_variants
from lrd_core.tasks.content import noun_of

IN_THE_PASS = ("token_cosine", "pooled_cosine", "angle")
DROP_ONE = ("change_cosine", "change_knn")
LANGUAGE = "change_kl"
FEWEST_TEXTS = 1 + max(int(owner_of(one.name).parameters.get("k", 0)) for one in spare_series())
"""One more than the neighbours of each text that a metric looks at."""


def calibrate(
    loaded: LoadedModel,
    texts: Sequence[str],
    quantities: Collection[str],
    *,
    off: Removed = (),
    causal: LoadedModel | None = None,
    progress: Progress = silent,
) -> Profile:
    """Measure these quantities of the model with the blocks in `off` switched off.

    causal: the same model with its language-model head, for change_kl. The change of the final
    output is always against the full model, whatever is off.
    Raises: InputError for fewer than 31 texts, or change_kl without a head.
    """
    if len(texts) < FEWEST_TEXTS:
        raise InputError(
            f"{len(texts)} calibration {noun_of(loaded.modality)}s are too few; give at least "
            f"{FEWEST_TEXTS}"
        )
    blocks = tuple(b for b in range(loaded.num_blocks) if b not in off)
    profile = Profile(blocks)
    if set(quantities) & {*IN_THE_PASS, *(series.name for series in spare_series())}:
        with bypassed(loaded.model, off):
            reading = _read_layers(loaded, texts, progress)
        profile = _one_pass_profile(blocks, reading)
    if set(quantities) & set(DROP_ONE):
        profile = _with_drop_one(profile, loaded, texts, off, progress)
    if LANGUAGE in quantities:
        if causal is None:
            raise InputError("change_kl needs the model with its language-model head")
        profile = _with_divergence(profile, causal, texts, off, progress)
    return profile


class _Reading:
    """What one pass leaves: pooled layers as they are, the normed last one, token cosines.

    pooled: (L + 1, n, d), last: (n, d), float32. cosine: (L,), the mean over attended tokens.
    """

    def __init__(self, loaded: LoadedModel, n_texts: int) -> None:
        self.pooling, self.aside = loaded.pooling, loaded.aside
        shape = (loaded.num_blocks + 1, n_texts, loaded.width(loaded.pooling))
        self.pooled = np.empty(shape, dtype=np.float32)
        self.last = np.empty(shape[1:], dtype=np.float32)
        self._cosine = np.zeros(loaded.num_blocks)
        self._tokens = 0
        self._before: torch.Tensor | None = None

    @property
    def cosine(self) -> np.ndarray:
        return self._cosine / self._tokens

    def add(self, layer: int, tokens: torch.Tensor, mask: torch.Tensor, batch: np.ndarray) -> None:
        """Take one layer of one batch; layers come in order."""
        self.pooled[layer, batch] = pool(tokens, mask, self.pooling, aside=self.aside).cpu().numpy()
        now = tokens[mask.bool()].float()
        if layer == 0:
            self._tokens += len(now)
        elif self._before is not None:
            cosines = torch.nn.functional.cosine_similarity(self._before, now, dim=1)
            self._cosine[layer - 1] += float(cosines.double().sum())
        self._before = now

    def end(self, tokens: torch.Tensor, mask: torch.Tensor, batch: np.ndarray) -> None:
        """Take the last layer as the model gives it."""
        self.last[batch] = pool(tokens, mask, self.pooling, aside=self.aside).cpu().numpy()


def _read_layers(loaded: LoadedModel, texts: Sequence[str], progress: Progress) -> _Reading:
    encoded = encode(loaded, texts)
    reading, reader = _Reading(loaded, len(texts)), LayerReader(loaded, "raw")
    done = 0
    budget = TOKEN_BUDGET[loaded.device.type]
    for batch in batches(encoded.sizes, budget, loaded.anatomy.batching):
        given = encoded.batch(batch).to(loaded.device)
        visit = partial(reading.add, mask=given.mask, batch=batch)
        with last_layer(loaded.model, loaded.anatomy) as last, torch.inference_mode():
            reader.read(given.inputs, given.mask, visit)
            reading.end(last.read(given.mask), given.mask, batch)
        done += len(batch)
        progress("calibration pass", done, len(texts))
    return reading


def _one_pass_profile(blocks: Removed, reading: _Reading) -> Profile:
    # A bypassed block repeats its input: keep the embedding layer and what the others wrote.
    kept = [0, *(block + 1 for block in blocks)]
    raw = reading.pooled[kept]
    layers = [*raw[:-1], reading.last]
    unit = raw / np.linalg.norm(raw, axis=2, keepdims=True)
    angles = [
        [np.arccos(np.clip((a * b).sum(1), -1, 1)).mean() / np.pi for b in unit] for a in unit
    ]
    return Profile(
        blocks,
        {
            **_spare_profiles(layers),
            "token_cosine": reading.cosine[list(blocks)],
            "pooled_cosine": np.array([float((a * b).sum(1).mean()) for a, b in pairwise(unit)]),
            "angle": np.array(angles),
        },
    )


def _spare_profiles(layers: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """The profiles of every metric that tell how dispensable a block is."""
    found: dict[str, np.ndarray] = {}
    for metric in all_metrics():
        wanted = [series for series in metric.series if series.spare]
        if wanted:
            result = metric(layers, **metric.parameters)
            found |= {series.name: getattr(result, series.attribute) for series in wanted}
    return found


def _with_drop_one(
    profile: Profile, loaded: LoadedModel, texts: Sequence[str], off: Removed, progress: Progress
) -> Profile:
    """1 - cosine and 1 - overlap of the 20 nearest neighbours, against the full model."""
    variants = _one_more_off(loaded, profile.blocks, off)
    embedded = embed_variants(loaded, texts, [(), *variants.values()], progress=progress)
    full = embedded[()]
    neighbours = nearest_neighbours(full, 20).ids
    cosine = np.full(len(profile.blocks), np.nan)
    overlap = np.full(len(profile.blocks), np.nan)
    for place, block in enumerate(profile.blocks):
        if block not in variants:
            continue
        now = embedded[variants[block]]
        cosine[place] = _mean_cosine(full, now)
        ids = nearest_neighbours(now, 20).ids
        shared = [len(set(a) & set(b)) for a, b in zip(neighbours, ids, strict=True)]
        overlap[place] = float(np.mean(shared)) / 20
    return profile.with_measured(change_cosine=1 - cosine, change_knn=1 - overlap)


def _with_divergence(
    profile: Profile, causal: LoadedModel, texts: Sequence[str], off: Removed, progress: Progress
) -> Profile:
    variants = _one_more_off(causal, profile.blocks, off)
    compared = compare_language(causal, texts, list(variants.values()), progress=progress)
    values = [
        compared[variants[block]].divergence if block in variants else np.nan
        for block in profile.blocks
    ]
    return profile.with_measured(change_kl=np.array(values))


def _one_more_off(loaded: LoadedModel, blocks: Removed, off: Removed) -> dict[int, Removed]:
    """For each block that can still go: what is off when it goes as well."""
    more = {block: tuple(sorted((*off, block))) for block in blocks}
    return {block: gone for block, gone in more.items() if can_go(loaded.model, gone)}


def _mean_cosine(a: np.ndarray, b: np.ndarray) -> float:
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(((a * b).sum(axis=1) / norms).mean())
