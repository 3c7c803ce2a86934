"""Which blocks go, and what was timed: figures of the Pruning page."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import drawn, significant
from lrd_core.plots.theme import BAND_OPACITY, Look, plot_text
from lrd_core.views.pruning_plans import KEPT, PROTECTED, REMOVED, block_states

MARGIN = {"l": 10, "r": 10, "t": 10, "b": 10}
LABEL_WIDTH = 34
"""Letters of a plan's name on one line of its label."""


def plot_plan(table: pd.DataFrame, look: Look, *, model: str, score_label: str) -> go.Figure:
    """The score behind a plan over depth, removed blocks crossed out, protected ones shaded.

    table: of views.pruning_plans.plan_table. Block b lies between layers b and b + 1. The first
    trace's `meta` names the block of each point, for clicks.
    """
    figure = go.Figure()
    colour = look.colour(model)
    for row in table.itertuples():
        if row.state == PROTECTED:
            _strip(figure, row.block, look.context, 0.25)
        elif row.state == REMOVED:
            _strip(figure, row.block, colour, BAND_OPACITY)
    known = table["score"].dropna()
    middle = 0.0 if known.empty else float(known.median())
    figure.update_yaxes(visible=not known.empty)
    placed = table.assign(score=table["score"].fillna(middle))
    _blocks(figure, table, placed)
    _draw_score(figure, placed[table["score"].notna()], colour, look, score_label)
    _crosses(figure, placed[placed["state"] == REMOVED], look)
    count = len(table)
    step = max(1, math.ceil(count / 16))
    figure.update_xaxes(
        title_text="Block",
        range=[-0.05, count + 0.05],
        showgrid=False,
        zeroline=False,
        tickvals=[b + 0.5 for b in range(0, count, step)],
        ticktext=list(range(0, count, step)),
    )
    figure.update_yaxes(title_text=score_label, zeroline=False)
    # A block is pointed at, and clicked, anywhere above or below its point.
    figure.update_layout(margin=MARGIN, hovermode="x")
    return figure


def _blocks(figure: go.Figure, table: pd.DataFrame, placed: pd.DataFrame) -> None:
    """What is pointed at and clicked: an unseen point a block, those without a score too."""
    figure.add_scatter(
        x=placed["middle"],
        y=placed["score"],
        mode="markers",
        marker={"opacity": 0},
        name="blocks",
        meta=[str(block) for block in table["block"]],
        hovertext=[_block_hover(row) for row in table.itertuples()],
        hoverinfo="text",
        showlegend=False,
    )


def _draw_score(
    figure: go.Figure, scored: pd.DataFrame, colour: str, look: Look, label: str
) -> None:
    figure.add_scatter(
        x=scored["middle"],
        y=scored["score"],
        mode="lines+markers",
        name=label,
        line={"color": colour, "width": look.line_width},
        marker={"size": look.marker_size, "color": colour},
        hoverinfo="skip",
        showlegend=False,
    )


def _crosses(figure: go.Figure, gone: pd.DataFrame, look: Look) -> None:
    figure.add_scatter(
        x=gone["middle"],
        y=gone["score"],
        mode="markers",
        name=REMOVED,
        showlegend=False,
        marker={"symbol": "x-thin", "size": 18, "line": {"width": 3.5, "color": look.text}},
        hoverinfo="skip",
    )


def plot_plan_grid(
    plans: pd.DataFrame, look: Look, *, model: str, chosen: Sequence[int] | None = None
) -> go.Figure:
    """Which blocks go under each rule and budget: one row a plan, one column a block.

    chosen: the removed blocks of the row that is looked at.
    plans: columns label, plan (what a click on the row chooses), removed, protected (sequences of
    blocks), num_blocks.
    """
    count = int(plans["num_blocks"].max())
    codes = {KEPT: 0, PROTECTED: 1, REMOVED: 2}
    states = [block_states(count, row.removed, row.protected) for row in plans.itertuples()]
    colours = (look.grid, look.context, look.colour(model))
    # Three flat bands of one scale, one for each code.
    edges = ((0, 0.33), (0.34, 0.66), (0.67, 1))
    bands = zip(colours, edges, strict=True)
    figure = go.Figure(
        go.Heatmap(
            z=[[codes[state] for state in row] for row in states],
            x=list(range(count)),
            y=[
                f"<b>▸ {_wrapped(row.label)}</b>" if row.removed == chosen else _wrapped(row.label)
                for row in plans.itertuples()
            ],
            meta=list(plans["plan"]),
            zmin=0,
            zmax=2,
            xgap=2,
            ygap=3,
            showscale=False,
            colorscale=[[edge, colour] for colour, band in bands for edge in band],
            text=[["×" if state == REMOVED else "" for state in row] for row in states],
            texttemplate="%{text}",
            textfont={"color": look.background, "size": look.font_size},
            customdata=states,
            hovertemplate="%{y}<br>block %{x}: %{customdata}<extra></extra>",
        )
    )
    figure.update_layout(margin=MARGIN)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(title_text="Block", dtick=max(1, math.ceil(count / 16)), showgrid=False)
    return figure


def _wrapped(label: str) -> str:
    return "<br>".join(plot_text(line) for line in textwrap.wrap(label, LABEL_WIDTH))


def plot_latency(times: pd.DataFrame, look: Look, *, model: str, where: str) -> go.Figure:
    """Every timed run as a box with its points: full against pruned, by blocks removed.

    times: columns label, kind (full, pruned), milliseconds. where: device and dtype.
    """
    figure = go.Figure()
    for kind, colour in (("full", look.quiet), ("pruned", look.colour(model))):
        part = times[times["kind"] == kind]
        figure.add_trace(
            go.Box(
                x=part["milliseconds"],
                y=part["label"],
                name=kind,
                orientation="h",
                boxpoints="all",
                jitter=0.5,
                pointpos=0,
                marker={"color": colour, "size": 4, "opacity": 0.5},
                line={"color": colour, "width": look.line_width},
                fillcolor="rgba(0,0,0,0)",
                hovertemplate=f"{drawn('x', 'hundredths')} ms<extra>{kind}</extra>",
            )
        )
    figure.update_layout(
        boxmode="group", legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    )
    figure.update_layout(margin=MARGIN | {"t": 40})
    figure.update_xaxes(
        title_text=f"Time of one batch on {plot_text(where)} (ms)", rangemode="tozero"
    )
    figure.update_yaxes(autorange="reversed")
    return figure


def _strip(figure: go.Figure, block: int, colour: str, opacity: float) -> None:
    figure.add_vrect(
        x0=block, x1=block + 1, fillcolor=colour, opacity=opacity, line_width=0, layer="below"
    )


def _block_hover(row: Any) -> str:
    score = "no score" if math.isnan(row.score) else f"score {significant(row.score)}"
    return f"block {row.block}: {row.state}<br>{score}"
