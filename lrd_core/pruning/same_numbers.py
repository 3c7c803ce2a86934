"""Run a cut model and the whole one with blocks switched off on a few tokens, and compare.

What a configuration and attributes do not tell shows here: blocks that hand on more than hidden
states, a model that treats a block by its position, one that does not run without attention.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from lrd_core.errors import PruningError
from lrd_core.models.anatomy import Anatomy
from lrd_core.models.batch import Batch
from lrd_core.models.resolve import text_config
from lrd_core.pruning.block_calls import first_tensor, switched_off
from lrd_core.pruning.blueprint import first_words

LENGTH, SHORTER = 12, 9
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-5}
"""Of the largest value; the two computations are the same, so that rounding hardly differs."""

HALF_TOLERANCE = 1e-2


def check_numbers(
    whole: nn.Module,
    cut: nn.Module,
    removed: list[nn.Module],
    anatomy: Anatomy,
    example: Batch | None = None,
) -> None:
    """Raises: PruningError unless both give the same, with and without a cache.

    removed: the blocks of `whole` that `cut` lacks. anatomy: of `whole`. example: what to run it
    on, for a model that reads no token ids.
    """
    given = example or Batch.of_ids(*_tokens(whole))
    mask = given.mask

    def plain(model: nn.Module) -> torch.Tensor:
        hidden = _hidden(model(**given.inputs))
        return hidden[mask.bool()] if hidden.shape[:2] == mask.shape else hidden

    _run(plain, whole, f"the model does not run on {' and '.join(given.inputs)} alone")
    with switched_off(removed, anatomy):
        expected = _run(plain, whole, "its blocks cannot be switched off")
    found = _run(plain, cut, "it does not run without")
    off = apart(found, expected)
    if not off <= tolerance(expected):
        raise PruningError(
            f"taking out gives other numbers than switching off (by {off:.1e} of the largest "
            "value): blocks hand on more than hidden states, or the model treats them by position"
        )
    ids = given.inputs.get("input_ids")
    if ids is not None and _cache_apart(whole, ids) <= tolerance(expected):
        off = _cache_apart(cut, ids)
        if not off <= tolerance(expected):
            raise PruningError(
                "without, generating with a cache differs from generating with none "
                f"(by {off:.1e} of the largest value)"
            )


def _tokens(model: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Two texts of fixed ids, the second one padded; (2, 12) each."""
    vocabulary = max(4, int(getattr(text_config(model.config), "vocab_size", None) or 100))
    ids = torch.arange(2 * LENGTH).reshape(2, LENGTH) * 7 % max(vocabulary - 5, 1) + 5
    mask = torch.ones_like(ids)
    mask[1, SHORTER:] = 0
    where = next(model.parameters()).device
    return (ids % vocabulary).to(where), mask.to(where)


def _run(run: Callable[[nn.Module], torch.Tensor], model: nn.Module, failure: str) -> torch.Tensor:
    try:
        return _seeded(run, model)
    except (torch.OutOfMemoryError, MemoryError):
        raise  # too little memory is no property of the model
    except Exception as error:  # any model, of anyone's making, may run here
        raise PruningError(f"{failure} ({first_words(error)})") from error


def _seeded(run: Callable[[nn.Module], torch.Tensor], model: nn.Module) -> torch.Tensor:
    """What it gives in inference; models that draw numbers draw the same ones each time."""
    with torch.random.fork_rng(), torch.inference_mode():
        on_cpu = next(model.parameters()).device.type == "cpu"
        # torch.manual_seed writes the stack down for each kind of device that is not in use.
        seed = torch.default_generator.manual_seed if on_cpu else torch.manual_seed
        seed(0)
        return run(model)


def _cache_apart(model: nn.Module, ids: torch.Tensor) -> float:
    """How far the last token, given after the others were cached, is from one pass over all.

    inf where the model does not run so: it has no cache that is handed in as past_key_values.
    """

    def both(model: nn.Module) -> torch.Tensor:
        one = _hidden(model(input_ids=ids, use_cache=False))[:, -1]
        first = model(input_ids=ids[:, :-1], use_cache=True)
        after = model(input_ids=ids[:, -1:], past_key_values=first.past_key_values, use_cache=True)
        return torch.stack([_hidden(after)[:, -1], one])

    try:
        cached, one = _seeded(both, model)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception:
        return float("inf")
    return apart(cached, one)


def _hidden(output: Any) -> torch.Tensor:
    for name in ("last_hidden_state", "logits"):
        found = getattr(output, name, None)
        if isinstance(found, torch.Tensor):
            return found
    return first_tensor(output)


def apart(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The largest difference as a share of the largest expected value; inf for other shapes."""
    if found.shape != expected.shape:
        return float("inf")
    size = float(expected.float().abs().max())
    return float((found.float() - expected.float()).abs().max()) / max(size, 1e-30)


def tolerance(like: torch.Tensor) -> float:
    """The share by which two computations of these numbers may differ, by their dtype."""
    return TOLERANCE.get(like.dtype, HALF_TOLERANCE)
