"""From the token vectors of an item to its embedding."""

import math

import torch

from lrd_core.errors import InputError
from lrd_core.metrics.token_layer import FACTOR
from lrd_core.settings import POOLINGS, TOKENS


def pool(
    tokens: torch.Tensor,
    attention_mask: torch.Tensor,
    how: str,
    skip: int = 0,
    left_out: torch.Tensor | None = None,
    aside: int = 0,
) -> torch.Tensor:
    """One embedding an item, right under left and right padding.

    mean: over attended tokens. cls: the first attended token. lasttoken: the last attended
    token. weightedmean: attended token t of T weighs t / (1 + ... + T) (SGPT, 2202.08904).
    max: the largest value of each dimension. mean_sqrt_len: the sum over attended tokens by the
    root of their number. Several joined by + stand one after the other, such as cls+mean.
    skip: attended tokens at the start that are left out, those of a prompt. left_out: others that
    are; cls and lasttoken take the first and the last that are left. aside: attended tokens at the
    start that are left out by every way but cls, such as a class token and registers.

    Shape: tokens (batch, tokens, hidden_size), attention_mask (batch, tokens) of 0 and 1, left_out
    (batch, tokens) bool
    -> (batch, hidden_size for each way of pooling), float32 or wider.
    Raises: InputError for an unknown pooling or an item without attended tokens.
    """
    refuse_unknown(how)
    mask = attention_mask.to(tokens.device)
    place = mask.cumsum(dim=1)
    # By place among the attended tokens: under left padding an item does not begin at position 0.
    mask = mask * (place > skip)
    if left_out is not None:
        mask = mask * ~left_out
    own = mask * (place > aside)
    if not bool(own.any(dim=1).all()):
        reason = f" after the first {skip}, which are the prompt's" if skip else ""
        reason += " without its dominating ones" if left_out is not None else ""
        raise InputError(
            f"an item has no attended token{reason}; blank texts are embedded as one space"
        )
    parts = [_pool_one(tokens, mask if one == "cls" else own, place, one) for one in how.split("+")]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def left_out_factor(tokens: str) -> float | None:
    """The setting `tokens`: None for all, else how many medians a token that is left out is over.

    Raises: InputError for anything but all, without_dominating and without_dominating:FACTOR.
    """
    name, _, factor = tokens.partition(":")
    if tokens == TOKENS[0]:
        return None
    try:
        asked = float(factor) if factor else FACTOR
    except ValueError:
        asked = 0.0
    if name != TOKENS[1] or not 1 < asked < math.inf:
        raise InputError(
            f"tokens is {tokens!r}; choose {' or '.join(TOKENS)}, with a factor above 1 such as "
            f"{TOKENS[1]}:20"
        )
    return asked


def refuse_unknown(how: str) -> None:
    """Raises: InputError for a pooling that does not exist."""
    if not set(how.split("+")) <= set(POOLINGS):
        raise InputError(
            f"unknown pooling {how!r}; choose one of {', '.join(POOLINGS)}, or several joined by +"
        )


def _pool_one(
    tokens: torch.Tensor, mask: torch.Tensor, place: torch.Tensor, how: str
) -> torch.Tensor:
    """place: (batch, tokens), the attended tokens counted from 1, left out ones included."""
    if how in ("cls", "lasttoken"):
        rows = torch.arange(len(tokens), device=tokens.device)
        positions = torch.arange(mask.shape[1], device=tokens.device)
        last = how == "lasttoken"
        # What is left out goes where neither end looks for it, on whichever side it was filled up.
        ranked = torch.where(mask.bool(), positions, -1 if last else mask.shape[1])
        chosen = ranked.amax(dim=1) if last else ranked.amin(dim=1)
        return _widen(tokens[rows, chosen])
    # Padding may hold NaN, which a weight of 0 would not remove.
    left_out = ~mask.bool()[..., None]
    if how == "max":
        return _widen(tokens.masked_fill(left_out, -torch.inf).amax(dim=1))
    weights = mask.float() if how != "weightedmean" else place.float() * mask
    total = weights.sum(dim=1, keepdim=True)
    weights = weights / (total.sqrt() if how == "mean_sqrt_len" else total)
    # One dtype for the product: in float64 tokens stay as wide as they came.
    weights = weights.to(_widen(tokens[:1, :1]).dtype)
    attended = tokens.masked_fill(left_out, 0.0)
    return torch.einsum("btd,bt->bd", _widen(attended), weights)


def _widen(tensor: torch.Tensor) -> torch.Tensor:
    """Half precision sums lose digits: pool in float32 at least."""
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()
