"""From the token vectors of a text to its embedding."""

import torch

from lrd_core.errors import InputError

POOLINGS = ("mean", "cls", "lasttoken", "weightedmean")


def pool(tokens: torch.Tensor, attention_mask: torch.Tensor, how: str) -> torch.Tensor:
    """One embedding a text, right under left and right padding.

    mean: over attended tokens. cls: the first attended token. lasttoken: the last attended
    token. weightedmean: attended token t of T weighs t / (1 + ... + T) (SGPT, 2202.08904).

    Shape: tokens (batch, tokens, hidden_size), attention_mask (batch, tokens) of 0 and 1
    -> (batch, hidden_size), float32 or wider.
    Raises: InputError for an unknown pooling or a text without attended tokens.
    """
    if not bool(attention_mask.any(dim=1).all()):
        raise InputError("a text has no attended token; blank texts are embedded as one space")
    mask = attention_mask.to(tokens.device)
    if how in ("cls", "lasttoken"):
        rows = torch.arange(len(tokens), device=tokens.device)
        positions = torch.arange(mask.shape[1], device=tokens.device)
        last = how == "lasttoken"
        ranked = torch.where(mask.bool(), positions, -1 if last else mask.shape[1])
        chosen = ranked.amax(dim=1) if last else ranked.amin(dim=1)
        return _widen(tokens[rows, chosen])
    if how == "mean":
        weights = mask.float()
    elif how == "weightedmean":
        weights = mask.cumsum(dim=1).float() * mask
    else:
        raise InputError(f"unknown pooling {how!r}; choose one of {', '.join(POOLINGS)}")
    weights = (weights / weights.sum(dim=1, keepdim=True)).to(_widen(tokens[:1, :1]).dtype)
    # Padding may hold NaN, which a weight of 0 would not remove.
    attended = tokens.masked_fill(~mask.bool()[..., None], 0.0)
    return torch.einsum("btd,bt->bd", _widen(attended), weights)


def _widen(tensor: torch.Tensor) -> torch.Tensor:
    """Half precision sums lose digits: pool in float32 at least."""
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()
