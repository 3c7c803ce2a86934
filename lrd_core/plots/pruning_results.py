"""Rules of pruning over many trials: above random plans, and below the best subset."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lrd_core.numbers import drawn, percent, significant
from lrd_core.plots.theme import MARKERS, OKABE_ITO, Look, plot_text


def rule_style(rule: str, rules: Sequence[str]) -> dict[str, str]:
    """Colour and marker of a rule, by its place in the fixed order of rules."""
    place = list(rules).index(rule) if rule in rules else len(rules)
    return {"color": OKABE_ITO[place % len(OKABE_ITO)], "symbol": MARKERS[place % len(MARKERS)]}


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
