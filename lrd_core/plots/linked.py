"""Figures that stand beside each other on the same axes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from lrd_core.plots.theme import padded_range


def link_axes(figures: Sequence[go.Figure], letters: str = "xy") -> None:
    """Give all x axes one range and all y axes another one, which hold what any figure draws.

    For figures of one kind, all of whose panels have one unit. Axes of names keep their own.
    letters: of the axes that are linked.
    """
    for letter in letters:
        ends = [_ends(figure, letter) for figure in figures]
        if not ends or any(one is None for one in ends):
            continue
        low = min(one[0] for one in ends if one)
        high = max(one[1] for one in ends if one)
        for figure in figures:
            for axis in getattr(figure, f"select_{letter}axes")():
                turned = axis.range is not None and axis.range[0] > axis.range[1]
                axis.range = (high, low) if turned else (low, high)


def _ends(figure: go.Figure, letter: str) -> tuple[float, float] | None:
    """Lowest and highest end of the axes that say theirs, else of what is drawn with some air."""
    said = [axis.range for axis in getattr(figure, f"select_{letter}axes")() if axis.range]
    if said:
        return min(map(min, said)), max(map(max, said))
    drawn = [part for trace in figure.data for part in _reach(trace, letter)]
    if not all(np.issubdtype(part.dtype, np.number) for part in drawn) or not drawn:
        return None
    low, high = padded_range(np.concatenate([part.ravel() for part in drawn]).tolist())
    return low, high


def _reach(trace: Any, letter: str) -> list[np.ndarray]:
    """Where a trace lies along an axis, with the ends of its intervals."""
    if trace[letter] is None:
        return []
    places = np.asarray(trace[letter])
    error = getattr(trace, f"error_{letter}", None)
    if error is None or error.array is None:
        return [places]
    above = np.asarray(error.array, dtype=float)
    below = above if error.arrayminus is None else np.asarray(error.arrayminus, dtype=float)
    return [places, places + above, places - below]
