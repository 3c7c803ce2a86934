"""Figures that stand beside each other on the same axes."""

from collections.abc import Sequence

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
    drawn = [np.asarray(trace[letter]) for trace in figure.data if trace[letter] is not None]
    if not all(np.issubdtype(part.dtype, np.number) for part in drawn) or not drawn:
        return None
    low, high = padded_range(np.concatenate([part.ravel() for part in drawn]).tolist())
    return low, high
