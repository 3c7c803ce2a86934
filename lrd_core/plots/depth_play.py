"""One variation after another: checkpoints or conditions played over the depth axis."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.depth import Behind, plot_depth
from lrd_core.plots.theme import DepthScale, Look
from lrd_core.views.panel import Panel

FRAME_MS = 700


def plot_variations(
    prepared: pd.DataFrame, panels: Sequence[Panel], look: Look, *, scale: DepthScale
) -> go.Figure:
    """A figure with one frame a variation, a play button and a slider; all on the same ranges.

    prepared: rows of `prepare_depth` with `variation` and `step`, its place in the order. Lines
    without a variation (models with a single run) are drawn in every frame.
    Raises: ValueError when no line has a variation; ask `can_play` first.
    """
    if not can_play(prepared):
        raise ValueError("nothing to play: no line has a variation")
    ordered = prepared.sort_values("step", kind="stable")["variation"]
    played = [name for name in dict.fromkeys(ordered) if name]
    plain = (prepared["variation"] == "").any()
    steps = ["", *played] if plain and _varies(prepared) else played
    fixed = prepared.copy()
    fixed["strength"] = 1.0
    frames = [_lines_of(fixed, step) for step in steps]
    drawings = [
        plot_depth(
            _one_line_each(fixed, rows),
            panels,
            look,
            scale=scale,
            bands=False,
            behind=Behind(range_of=fixed),
        )
        for rows in frames
    ]
    for drawing in drawings:  # names at the ends of lines would stay behind when the lines move
        drawing.update_traces(showlegend=True, selector={"yaxis": "y", "mode": "lines+markers"})
    figure, drawn = drawings[0], len(drawings[0].data)
    frame_data = [drawing.data for drawing in drawings]
    names = [step or "plain" for step in steps]
    figure.frames = [
        go.Frame(data=list(data)[:drawn], name=name, traces=list(range(drawn)))
        for name, data in zip(names, frame_data, strict=True)
    ]
    figure.layout.annotations = [a for a in figure.layout.annotations if a.yref == "paper"]
    figure.update_layout(
        updatemenus=[_buttons()],
        sliders=[_slider(names, look)],
        showlegend=True,
        margin={"b": 170},
        legend={"y": 1.0, "x": 1.01, "orientation": "v", "yref": "paper", "yanchor": "top"},
        height=figure.layout.height + 110,
    )
    return figure


def can_play(prepared: pd.DataFrame) -> bool:
    """Whether some line has variations, such as conditions or checkpoints."""
    return bool((prepared["variation"] != "").any())


def _varies(prepared: pd.DataFrame) -> bool:
    return bool(prepared.groupby("model")["variation"].nunique().max() > 1)


def _lines_of(prepared: pd.DataFrame, step: str) -> pd.DataFrame:
    varied = prepared.groupby("model")["variation"].transform("nunique") > 1
    return prepared[~varied | (prepared["variation"] == step)]


def _one_line_each(prepared: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """One line a model, task and series in every frame; empty where the step has none."""
    names = prepared["model"] + "\n" + prepared["task"] + "\n" + prepared["variant"]
    shown = prepared.assign(line=names)
    template = shown.drop_duplicates(["line", "series", "position"]).copy()
    keep = ["line", "series", "position"]
    values = rows.assign(line=names[rows.index])[[*keep, "value", "hover"]]
    merged = template.drop(columns=["value", "hover"]).merge(values, on=keep, how="left")
    merged["name"] = merged["model"] + merged["task"].map(
        lambda task: f" · {task}" if prepared["task"].nunique() > 1 else ""
    )
    merged["reason"], merged["hover"] = None, merged["hover"].fillna("")
    return merged


def _buttons() -> dict[str, object]:
    def button(caption: str, names: list[str | None] | None, duration: int) -> dict[str, object]:
        settings = {
            "frame": {"duration": duration, "redraw": False},
            "transition": {"duration": duration // 2},
            "mode": "immediate",
            "fromcurrent": True,
        }
        return {"label": caption, "method": "animate", "args": [names, settings]}

    return {
        "type": "buttons",
        "direction": "left",
        "showactive": False,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 74, "r": 10},
        "buttons": [button("Play", None, FRAME_MS), button("Pause", [None], 0)],
    }


def _slider(names: Sequence[str], look: Look) -> dict[str, object]:
    steps = [
        {
            "label": name,
            "method": "animate",
            "args": [[name], {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}],
        }
        for name in names
    ]
    return {
        "steps": steps,
        "x": 0.16,
        "len": 0.84,
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 62},
        "currentvalue": {"prefix": "", "font": {"size": look.font_size + 2}},
    }
