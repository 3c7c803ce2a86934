"""What pruning does to a language model: perplexity on held-out text, agreement with the full."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lrd_core.errors import InputError
from lrd_core.extraction.batching import batches, pad, tokenise
from lrd_core.extraction.inputs import pad_id
from lrd_core.models.load import LoadedModel
from lrd_core.progress import Progress, silent
from lrd_core.pruning.variants import Removed, VariantRunner

LOGIT_BUDGET = 1.2e8
"""Numbers in the logits of one batch: four copies of them fit in two gigabytes."""


@dataclass(frozen=True)
class LanguageScore:
    """Next-token quality over n_tokens predictions.

    perplexity: exp of the mean negative log likelihood (nats). agreement: share of positions
    whose most likely next token is the full model's. divergence: mean KL(full || variant), nats.
    """

    perplexity: float
    agreement: float
    divergence: float
    n_tokens: int


def compare_language(
    causal: LoadedModel,
    texts: Sequence[str],
    variants: Sequence[Removed],
    *,
    progress: Progress = silent,
) -> dict[Removed, LanguageScore]:
    """Score the full model, under (), and each variant on the same texts and batches.

    Raises: InputError when no text has two tokens, so that nothing is predicted.
    """
    runner = VariantRunner(causal.model, [(), *variants])
    ids = tokenise(causal.tokenizer, texts, causal.max_length)
    ids = [row for row in ids if len(row) > 1]
    if not ids:
        raise InputError("perplexity needs texts of at least two tokens")
    vocabulary = int(causal.model.config.get_text_config().vocab_size)
    budget = max(int(LOGIT_BUDGET / vocabulary), 64)
    sums = {removed: np.zeros(3) for removed in runner.variants}
    predictions, done = 0, 0
    lengths = np.array([len(row) for row in ids])
    for batch in batches(lengths, budget, causal.anatomy.batching):
        inputs, mask = pad([ids[i] for i in batch], pad_id(causal))
        inputs, mask = inputs.to(causal.device), mask.to(causal.device)
        wanted = mask[:, 1:].bool()
        targets = inputs[:, 1:][wanted]
        full: torch.Tensor | None = None
        for removed, output in runner.run(input_ids=inputs, attention_mask=mask):
            odds = torch.log_softmax(output.logits[:, :-1][wanted].float(), dim=-1)
            full = odds if full is None else full  # the runner gives () first
            sums[removed] += _sums(odds, full, targets)
        predictions += len(targets)
        done += len(batch)
        progress("perplexity", done, len(ids))
    return {removed: _score(total, predictions) for removed, total in sums.items()}


def _sums(odds: torch.Tensor, full: torch.Tensor, targets: torch.Tensor) -> np.ndarray:
    loss = -odds.gather(1, targets[:, None]).double().sum()
    agrees = (odds.argmax(dim=1) == full.argmax(dim=1)).sum()
    divergence = (full.exp() * (full - odds)).sum(dim=1).double().sum()
    return np.array([float(loss), float(agrees), float(divergence)])


def _score(total: np.ndarray, count: int) -> LanguageScore:
    loss, agrees, divergence = (float(value) / count for value in total)
    perplexity = math.exp(loss) if loss < 700 else math.inf
    return LanguageScore(perplexity, agrees, max(divergence, 0.0), count)
