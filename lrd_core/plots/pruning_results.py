"""What pruning cost and gained: rules against random plans. One model a figure, so that colour
can tell rules apart."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import decimals, drawn, percent, signed_points, significant
from lrd_core.plots.theme import MARKERS, OKABE_ITO, Look, plot_text

MOST_COLUMNS, MOST_NARROW = 3, 2
CHANGE = "Change (points)"


def rule_style(rule: str, rules: Sequence[str]) -> dict[str, str]:
    """Colour and marker of a rule, by its place in the fixed order of rules."""
    place = list(rules).index(rule) if rule in rules else len(rules)
    return {"color": OKABE_ITO[place % len(OKABE_ITO)], "symbol": MARKERS[place % len(MARKERS)]}


def plot_results(
    points: pd.DataFrame,
    bands: pd.DataFrame,
    look: Look,
    *,
    labels: Mapping[str, str],
    timed: bool,
    most_columns: int = MOST_COLUMNS,
) -> go.Figure:
    """Change in points against speed-up, one panel a task, with both random bands and the oracle.

    points: rows of views.pruning_results.result_points. bands: task, kind
    (random, random-protected), m, x, mean, low, high, n. Sizes stand at their number of removed
    blocks, because measured speed-ups of neighbouring sizes are too close to tell apart; the
    tick names the speed-up.
    """
    tasks = list(dict.fromkeys(points["task"]))
    columns = min(most_columns, len(tasks))
    lines = math.ceil(len(tasks) / columns)
    figure = make_subplots(
        rows=lines,
        cols=columns,
        shared_xaxes="all",
        subplot_titles=[plot_text(task) for task in tasks],
        vertical_spacing=0.3 / lines,
        horizontal_spacing=0.07,
    )
    rules = list(labels)
    for place, task in enumerate(tasks):
        where = {"row": place // columns + 1, "col": place % columns + 1}
        own = points[points["task"] == task]
        _noise(figure, own, look, where)
        for kind in ("random", "random-protected"):
            part = bands[(bands["task"] == task) & (bands["kind"] == kind)]
            _band(figure, part, kind, look, where, first=place == 0)
        _oracle(figure, own, look, where, first=place == 0)
        for rule in [name for name in rules if name in set(own["rule"])]:
            _rule_points(
                figure, own[own["rule"] == rule], rule, rules, labels, look, where, place == 0
            )
        figure.update_yaxes(zeroline=True, zerolinecolor=look.quiet, **where)
    _name_sizes(figure, points, timed=timed)
    name = "Measured speed-up, blocks removed" if timed else "Blocks removed (not timed yet)"
    # Once, in the middle: side by side the words would run into each other in a narrow window.
    figure.update_xaxes(title_text=name, row=lines, col=(columns + 1) // 2)
    for line in range(1, lines + 1):
        figure.update_yaxes(title_text=CHANGE, row=line, col=1)
    figure.update_layout(
        legend={"orientation": "h", "y": -0.32 / lines, "yanchor": "top"},
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
    )
    figure.update_annotations(font={"size": look.font_size, "color": look.text})
    return figure


def _name_sizes(figure: go.Figure, points: pd.DataFrame, *, timed: bool) -> None:
    """A tick at each number of removed blocks, with the speed-up where it was measured."""
    ticks = points.drop_duplicates("m").sort_values("centre")
    figure.update_xaxes(
        tickvals=ticks["centre"],
        ticktext=[
            (f"{decimals(row.speedup)}×<br>" if timed else "") + f"{row.m} of {row.num_blocks}"
            for row in ticks.itertuples()
        ],
        tickangle=0,
        showticklabels=True,
        range=[ticks["centre"].min() - 0.7, ticks["centre"].max() + 0.7],
    )


def plot_margins(summary: pd.DataFrame, look: Look, *, labels: Mapping[str, str]) -> go.Figure:
    """Median points above random plans by rule, with intervals: both opponents side by side.

    summary: rows of pruning.summary.summarise at one budget.
    """
    table = summary.sort_values("margin_protected", na_position="first")
    names = [plot_text(labels.get(rule, rule)) for rule in table["rule"]]
    figure = go.Figure()
    sides = (
        ("random", "over random plans", look.quiet, "circle-open", 0.14),
        ("protected", "over random plans that keep the ends", OKABE_ITO[0], "circle", -0.14),
    )
    for short, name, colour, symbol, shift in sides:
        middle = table[f"margin_{short}"]
        low, high = table[f"margin_{short}_low"], table[f"margin_{short}_high"]
        figure.add_scatter(
            x=middle,
            y=[place + shift for place in range(len(table))],
            mode="markers",
            name=name,
            marker={"color": colour, "symbol": symbol, "size": 10},
            error_x={
                "type": "data",
                "symmetric": False,
                "color": colour,
                "array": (high - middle).fillna(0),
                "width": 0,
                "arrayminus": (middle - low).fillna(0),
                "thickness": look.line_width,
            },
            hovertext=_margin_hovers(table, names, short, name),
            hoverinfo="text",
        )
    figure.add_vline(x=0, line={"color": look.quiet, "width": 1})
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=names, showgrid=False)
    figure.update_xaxes(title_text="Median difference to random plans (points)")
    figure.update_layout(
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        margin={"l": 10, "r": 20, "t": 40, "b": 10},
    )
    return figure


def _margin_hovers(
    table: pd.DataFrame, names: Sequence[str], short: str, opponents: str
) -> list[str]:
    """One text a rule. short: the opponents as the table's columns name them."""
    columns = [f"margin_{short}", f"margin_{short}_low", f"margin_{short}_high"]
    columns += [f"win_{short}", f"n_{short}", f"pairs_{short}"]
    return [
        f"{name}<br>{significant(m)} points {opponents}<br>95% interval "
        f"{significant(low)} to {significant(high)}<br>wins {percent(win)} "
        f"against {n} plans a pair, {pairs} pairs"
        for name, m, low, high, win, n, pairs in zip(
            names, *(table[column] for column in columns), strict=True
        )
    ]


def plot_regret(compared: pd.DataFrame, look: Look, *, labels: Mapping[str, str]) -> go.Figure:
    """Points below the best of all subsets: rules by task, the number in the cell.

    compared: rows of pruning.summary.compare at one budget; tasks without an oracle are gaps.
    """
    cells = compared.pivot_table(index="rule", columns="task", values="regret", aggfunc="mean")
    cells = cells.loc[cells.mean(axis=1).sort_values().index]
    high = float(np.nanmax(cells.to_numpy())) if cells.size else 1.0
    figure = go.Figure(
        go.Heatmap(
            z=cells.to_numpy(),
            x=[plot_text(task) for task in cells.columns],
            y=[plot_text(labels.get(rule, rule)) for rule in cells.index],
            colorscale="Cividis",
            reversescale=True,
            zmin=0,
            zmax=max(high, 1e-9),
            text=[[significant(v, 2) for v in row] for row in cells.to_numpy()],
            texttemplate="%{text}",
            xgap=2,
            ygap=2,
            hoverongaps=False,
            colorbar={"title": "Regret<br>(points)"},
            hovertemplate=f"%{{y}} on %{{x}}<br>{drawn('z', 'hundredths')} points below the best "
            f"subset"
            "<extra></extra>",
        )
    )
    figure.update_layout(margin={"l": 10, "r": 10, "t": 10, "b": 10})
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False)
    return figure


def _noise(figure: go.Figure, own: pd.DataFrame, look: Look, where: dict[str, int]) -> None:
    """A band as high as the evaluator's own draws move the full model's score, or its two runs."""
    width = float(own[["noise", "evaluator_sd"]].max(axis=None, skipna=True))
    if width > 0:
        figure.add_hrect(
            y0=-width,
            y1=width,
            fillcolor=look.quiet,
            opacity=0.15,
            line_width=0,
            exclude_empty_subplots=False,
            **where,
        )


def _band(
    figure: go.Figure,
    part: pd.DataFrame,
    kind: str,
    look: Look,
    where: dict[str, int],
    *,
    first: bool,
) -> None:
    name = "random: 5 to 95%" if kind == "random" else "random, ends kept: 5 to 95%"
    colour, width = (look.context, 18) if kind == "random" else (look.quiet, 8)
    for place, row in enumerate(part.sort_values("x").itertuples()):
        figure.add_trace(
            go.Scatter(
                x=[row.x, row.x, row.x],
                y=[row.low, row.mean, row.high],
                mode="lines+markers",
                name=name,
                legendgroup=kind,
                showlegend=first and place == 0,
                opacity=0.55,
                line={"color": colour, "width": width},
                marker={
                    "symbol": "line-ew",
                    "size": [0, width + 6, 0],
                    "line": {"color": look.text, "width": 2},
                },
                hovertext=f"{name.partition(':')[0]}, {row.m} blocks<br>mean "
                f"{significant(row.mean)} points<br>{row.n} plans",
                hoverinfo="text",
            ),
            **where,
        )


def _oracle(
    figure: go.Figure, own: pd.DataFrame, look: Look, where: dict[str, int], *, first: bool
) -> None:
    best = own.dropna(subset=["oracle"]).drop_duplicates("m")
    if best.empty:
        return
    figure.add_trace(
        go.Scatter(
            x=best["centre"],
            y=best["oracle"],
            mode="markers",
            name="best of all subsets",
            legendgroup="oracle",
            showlegend=first,
            marker={
                "symbol": "star-open",
                "size": look.marker_size + 8,
                "color": look.text,
                "line": {"width": 1.5},
            },
            hovertemplate=f"best of all subsets: {drawn('y', 'hundredths')} points<extra></extra>",
        ),
        **where,
    )


def _rule_points(
    figure: go.Figure,
    own: pd.DataFrame,
    rule: str,
    rules: Sequence[str],
    labels: Mapping[str, str],
    look: Look,
    where: dict[str, int],
    first: bool,
) -> None:
    style = rule_style(rule, rules)
    figure.add_trace(
        go.Scatter(
            x=own["x"],
            y=own["change"],
            mode="markers",
            name=plot_text(labels.get(rule, rule)),
            legendgroup=rule,
            showlegend=first,
            marker=style
            | {"size": look.marker_size + 4, "line": {"color": look.background, "width": 1}},
            hovertext=[
                f"{plot_text(labels.get(rule, rule))}<br>{signed_points(row.change, 2)} points, "
                f"{row.m} of {row.num_blocks} blocks<br>blocks {', '.join(map(str, row.removed))}"
                f"{_wins(row)}"
                for row in own.itertuples()
            ],
            hoverinfo="text",
        ),
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
