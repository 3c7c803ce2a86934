"""Figures that glide between frames: buttons in the figure, and how much may move."""

from collections.abc import Sequence
from typing import Any

MOST_ANIMATED = 3_000
"""Points that glide between layers as SVG; more are drawn by the graphics card and jump."""

GLIDE = {"duration": 600, "easing": "cubic-in-out"}


def may_glide(n: int) -> bool:
    """Whether so many points are drawn as SVG, which can move smoothly between layers."""
    return n <= MOST_ANIMATED


def frame_buttons(
    names: Sequence[str], start: int, glide: dict[str, Any], redraw: bool = False
) -> dict[str, Any]:
    """A row of buttons that move a figure to its frames of these names."""
    buttons = [
        {
            "label": name,
            "method": "animate",
            "args": [
                [name],
                {
                    "mode": "immediate",
                    "transition": glide,
                    "frame": {"duration": glide["duration"], "redraw": redraw},
                },
            ],
        }
        for name in names
    ]
    return {
        "type": "buttons",
        "direction": "right",
        "buttons": buttons,
        "active": start,
        "showactive": True,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 8},
        "font": {"size": 10},
    }
