"""What each plan cost on each task: a row a plan, a column a task, points lost on one scale."""

import math
import textwrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import decimals, percent, signed_points, significant
from lrd_core.plots.theme import Look, padded_range, plot_text
from lrd_core.views.pruning_rows import blocks_of

MOST_COLUMNS, MOST_NARROW = 4, 2
ROW_PX, AROUND_PX, LEGEND_PX = 54, 70, 60
CHANGE = "Change (points)"
LABEL_WIDTH = 30
"""Letters of a plan's name on one line of its label."""

CHANCE = {
    "random": ("random: 5 to 95%", 0.8, 0.45),
    "random-protected": ("random, ends kept: 5 to 95%", 0.42, 0.8),
}
"""Kind of random plans: what a strip of them is called, its width in rows and its opacity."""


def columns_of(tasks: int, *, narrow: bool) -> tuple[int, int]:
    """Lines and columns of panels for so many tasks, lines as full as each other."""
    lines = math.ceil(tasks / (MOST_NARROW if narrow else MOST_COLUMNS))
    return lines, math.ceil(tasks / lines)


def rows_height(points: pd.DataFrame, *, narrow: bool) -> int:
    """Pixels that the figure of these rows takes."""
    lines, _ = columns_of(points["task"].nunique(), narrow=narrow)
    return LEGEND_PX + lines * (AROUND_PX + ROW_PX * int(points["row"].nunique()))


def plot_rows(
    points: pd.DataFrame, bands: pd.DataFrame, look: Look, *, narrow: bool = False
) -> go.Figure:
    """Change in points of every plan, with strips of random plans and a tick at the best subset.

    points: of views.pruning_results.result_rows, of one model. bands: task, kind (random,
    random-protected), m, mean, low, high (points), n. All panels share both axes; the scale holds
    plans, best subsets and random plans that keep the ends, so that the worst of all random plans
    do not press the rest together.
    """
    tasks = list(dict.fromkeys(points["task"]))
    lines, columns = columns_of(len(tasks), narrow=narrow)
    figure = make_subplots(
        rows=lines,
        cols=columns,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=[plot_text(task) for task in tasks],
        vertical_spacing=AROUND_PX / rows_height(points, narrow=narrow) if lines > 1 else 0,
        horizontal_spacing=0.02,
    )
    for place, task in enumerate(tasks):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        own = points[points["task"] == task]
        _noise(figure, own, look, where)
        for kind in CHANCE:
            part = bands[(bands["task"] == task) & (bands["kind"] == kind)]
            part = own[["row", "m"]].merge(part, on="m")
            _strips(figure, part, kind, look, where, place == 0)
        _best(figure, own, look, where, place == 0)
        _plans(figure, own, look, where, place == 0)
    _axes(figure, points, bands, look, lines)
    figure.update_layout(
        barmode="overlay",
        legend={"orientation": "h", "yref": "container", "y": 1, "yanchor": "top"}
        | {"xref": "container", "x": 0.01, "xanchor": "left"},
        margin={"l": 10, "r": 10, "t": LEGEND_PX + 26, "b": 10},
    )
    figure.update_annotations(font={"size": look.font_size, "color": look.text})
    return figure


def _axes(
    figure: go.Figure, points: pd.DataFrame, bands: pd.DataFrame, look: Look, lines: int
) -> None:
    count = points["row"].nunique()
    inner = bands[bands["kind"] == "random-protected"]
    held = [points["change"], points["oracle"], inner["low"], inner["high"], pd.Series([0.0])]
    figure.update_xaxes(
        range=padded_range(pd.concat(held).tolist()),
        showticklabels=True,
        zeroline=True,
        zerolinecolor=look.quiet,
        zerolinewidth=1,
    )
    figure.update_xaxes(title_text=CHANGE, row=lines)
    named = [_label(part) for _, part in points.groupby("row")]
    figure.update_yaxes(
        range=[count - 0.5, -0.5],
        tickvals=list(range(count)),
        ticktext=named,
        showgrid=False,
        zeroline=False,
    )


def _label(part: pd.DataFrame) -> str:
    """The plan's name, and below it its blocks and how much faster it was measured to be."""
    first = part.iloc[0]
    name = "<br>".join(plot_text(line) for line in textwrap.wrap(first["name"], LABEL_WIDTH))
    speed = "" if math.isnan(first["speedup"]) else f" · {decimals(first['speedup'])}×"
    return f'{name}<br><span style="font-size: 0.85em">{blocks_of(part)}{speed}</span>'


def _noise(figure: go.Figure, own: pd.DataFrame, look: Look, where: dict[str, int]) -> None:
    """As wide as the evaluator's own draws move the full model's score, or its two runs."""
    width = float(own[["noise", "evaluator_sd"]].max(axis=None, skipna=True))
    if width > 0:
        figure.add_vrect(
            x0=-width,
            x1=width,
            fillcolor=look.quiet,
            opacity=0.13,
            line_width=0,
            exclude_empty_subplots=False,
            **where,
        )


def _strips(
    figure: go.Figure, rows: pd.DataFrame, kind: str, look: Look, where: dict[str, int], first: bool
) -> None:
    """A strip in every row from the 5th to the 95th percentile of random plans, and their mean."""
    name, width, opacity = CHANCE[kind]
    colour = look.context if kind == "random" else look.quiet
    said = [
        f"{name.partition(':')[0]}, {row.m} blocks<br>mean {significant(row.mean)} points, "
        f"5 to 95% {significant(row.low)} to {significant(row.high)}<br>{row.n} plans"
        for row in rows.itertuples()
    ]
    figure.add_bar(
        x=rows["high"] - rows["low"],
        base=rows["low"],
        y=rows["row"],
        width=width,
        orientation="h",
        name=name,
        legendgroup=kind,
        showlegend=first,
        opacity=opacity * 0.7,
        marker={"color": colour, "line": {"width": 0}},
        hovertext=said,
        hoverinfo="text",
        **where,
    )
    figure.add_scatter(
        x=rows["mean"],
        y=rows["row"],
        mode="markers",
        legendgroup=kind,
        showlegend=False,
        marker={
            "symbol": "line-ns",
            "size": 26 * width,
            "line": {"color": look.quiet, "width": 1.5},
        },
        hoverinfo="skip",
        **where,
    )


def _best(
    figure: go.Figure, own: pd.DataFrame, look: Look, where: dict[str, int], first: bool
) -> None:
    best = own.dropna(subset=["oracle"])
    figure.add_scatter(
        x=best["oracle"],
        y=best["row"],
        mode="markers",
        name="best of all subsets",
        legendgroup="oracle",
        showlegend=first and not best.empty,
        marker={"symbol": "line-ns", "size": 24, "line": {"color": look.text, "width": 3}},
        hovertext=[
            f"best of all subsets of {row.m}: {signed_points(row.oracle, 2)} points"
            for row in best.itertuples()
        ],
        hoverinfo="text",
        **where,
    )


def _plans(
    figure: go.Figure, own: pd.DataFrame, look: Look, where: dict[str, int], first: bool
) -> None:
    figure.add_scatter(
        x=own["change"],
        y=own["row"],
        mode="markers",
        name="the plan of the row",
        legendgroup="plan",
        showlegend=first,
        marker={
            "size": look.marker_size + 5,
            "color": look.colour(str(own["model"].iloc[0])),
            "line": {"color": look.background, "width": 1},
        },
        hovertext=[
            f"{plot_text(row.name)}<br>{signed_points(row.change, 2)} points, "
            f"{row.m} of {row.num_blocks} blocks<br>blocks {', '.join(map(str, row.removed))}"
            f"{_wins(row)}"
            for row in own.itertuples(index=False)
        ],
        hoverinfo="text",
        **where,
    )


def _wins(row: Any) -> str:
    """How many of how many random plans this one beats; lines of a hover text."""
    said = ""
    if not math.isnan(row.win_random):
        said += f"<br>beats {percent(row.win_random)} of {row.n_random} random plans"
    if row.no_choice:
        said += "<br>the only plan that keeps the ends"
    elif not math.isnan(row.win_protected):
        said += f"<br>beats {percent(row.win_protected)} of {row.n_protected} that keep the ends"
    return said
