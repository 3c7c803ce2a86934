"""Figures that move between frames: how much may move, and how a saved figure is played."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import plotly.graph_objects as go

MOST_ANIMATED = 3_000
"""Points that glide between layers as SVG; more are drawn by the graphics card and jump."""

STEP_MS = 600

Frame: TypeAlias = dict[str, Any]
"""A frame as it is written: of go.Frame and of its traces Plotly looks at every value twice."""


def may_glide(n: int) -> bool:
    """Whether so many points are drawn as SVG, which can move smoothly between layers."""
    return n <= MOST_ANIMATED


def add_frames(
    figure: go.Figure, frames: Sequence[Frame], start: int, *, step_ms: int = STEP_MS
) -> None:
    """Give the figure these frames, of which it shows the one numbered `start`, and a play button.

    A page hides the button and moves the figure itself; a saved figure gets a slider too.
    """
    figure.frames = list(frames)
    button = {"label": "▶ Play", "method": "animate", "args": [None, _pace(step_ms)]}
    figure.update_layout(
        meta=start,
        updatemenus=[
            {
                "type": "buttons",
                "buttons": [button],
                "showactive": False,
                "x": 0,
                "xanchor": "left",
                "y": 0,
                "yanchor": "bottom",
                "pad": {"l": 6, "b": 6},
            }
        ],
    )


def with_slider(figure: go.Figure) -> go.Figure:
    """A copy of the figure with a slider through its frames; itself where it has no need of one."""
    if not figure.frames or figure.layout.sliders or figure.layout.meta is None:
        return figure
    steps = [
        {"label": frame.name, "method": "animate", "args": [[frame.name], _pace(0)]}
        for frame in figure.frames
    ]
    slider = {
        "steps": steps,
        "active": figure.layout.meta,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 30},
    }
    bottom = (figure.layout.margin.b or 0) + 90
    return go.Figure(figure).update_layout(sliders=[slider], margin={"b": bottom})


def _pace(step_ms: int) -> dict[str, Any]:
    return {
        "mode": "immediate",
        "fromcurrent": True,
        "transition": {"duration": step_ms // 2},
        "frame": {"duration": step_ms, "redraw": True},
    }
