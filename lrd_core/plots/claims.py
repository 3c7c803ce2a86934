"""Figures of claims: what a verdict rests on, and all verdicts at a glance."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.claims.held import ORIGINS
from lrd_core.numbers import significant
from lrd_core.plots.theme import Look, apply_theme, padded_range, plot_text
from lrd_core.views.claims import CALLED, MOST_PARTS, ClaimsView, ClaimView

ROW, SPACE = 22, 96
LONGEST = 44
KIND_COLOURS = {"main": "#0072B2", "baseline": "#D55E00", "part": ""}
""""" for the quiet colour of the page."""
VERDICT_COLOURS = {
    "holds": "#009E73",
    "open": "#E69F00",
    "contradicted": "#D55E00",
    "not testable here": "",
}
VERDICT_SIGNS = {
    "holds": "circle",
    "open": "circle-open",
    "contradicted": "x",
    "not testable here": "line-ew-open",
}


def prepare_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The numbers that are drawn, from top to bottom: `row` counts within each origin.

    Of the parts the first MOST_PARTS; what decides and what it is compared with always.
    """
    parts = table[table["kind"] == "part"].groupby("origin", sort=False).head(MOST_PARTS)
    kept = table[(table["kind"] != "part") | table.index.isin(parts.index)]
    kept = kept[kept["value"].notna()]
    return kept.assign(row=kept.groupby("origin", sort=False).cumcount())


def claim_figure(view: ClaimView, look: Look) -> go.Figure:
    """A dot with its interval for each number, published and own values side by side.

    Made in one piece: a page has twenty of these, and a figure that is changed after it was made
    costs several times as much.
    """
    drawn = prepare_numbers(view.table)
    held = [origin for origin in ORIGINS if (drawn["origin"] == origin).any()]
    parts = [drawn[drawn["origin"] == origin] for origin in held]
    layout: dict[str, Any] = {"annotations": [], "showlegend": False, "hovermode": "closest"}
    for place, (origin, rows) in enumerate(zip(held, parts, strict=True)):
        left, right = (0.0, 1.0) if len(held) == 1 else (0.56 * place, 0.44 + 0.56 * place)
        key = "" if place == 0 else "2"
        layout[f"xaxis{key}"] = _across(rows, view.findings[origin].unit, (left, right), look)
        layout[f"yaxis{key}"] = _down(rows, f"x{key}")
        title = {"text": CALLED[origin], "x": left, "y": 1, "xref": "paper", "yref": "paper"}
        layout["annotations"].append(
            title | {"xanchor": "left", "yanchor": "bottom", "showarrow": False}
        )
    layout["margin"] = {"l": 8, "r": 16, "t": 34, "b": 8}
    dots = [_dots(rows, look, "" if n == 0 else "2") for n, rows in enumerate(parts)]
    most = int(drawn["row"].max()) + 1 if len(drawn) else 1
    return apply_theme(go.Figure({"data": dots, "layout": layout}), look, SPACE + ROW * most)


def _dots(rows: pd.DataFrame, look: Look, key: str) -> dict[str, Any]:
    colours = {kind: colour or look.quiet for kind, colour in KIND_COLOURS.items()}
    return {
        "type": "scatter",
        "x": list(rows["value"]),
        "y": list(rows["row"]),
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": list((rows["high"] - rows["value"]).fillna(0)),
            "arrayminus": list((rows["value"] - rows["low"]).fillna(0)),
            "color": look.quiet,
            "thickness": 1.5,
            "width": 0,
        },
        "mode": "markers",
        "marker": {
            "color": [colours[kind] for kind in rows["kind"]],
            "size": [10 if kind == "main" else 7 for kind in rows["kind"]],
        },
        "customdata": [_hover(row) for row in rows.itertuples()],
        "hovertemplate": "%{customdata}<extra></extra>",
        "xaxis": f"x{key}",
        "yaxis": f"y{key}",
    }


def _across(
    rows: pd.DataFrame, unit: str, domain: tuple[float, float], look: Look
) -> dict[str, Any]:
    ends = pd.concat([rows["value"], rows["low"].dropna(), rows["high"].dropna()])
    return {
        "title": {"text": plot_text(unit)},
        "range": padded_range([*ends, 0.0]),
        "domain": list(domain),
        "zeroline": True,
        "zerolinecolor": look.quiet,
        "zerolinewidth": 1,
    }


def _down(rows: pd.DataFrame, anchor: str) -> dict[str, Any]:
    return {
        "tickvals": list(rows["row"]),
        "ticktext": [_label(row) for row in rows.itertuples()],
        "range": [len(rows) - 0.5, -0.5],
        "showgrid": False,
        "zeroline": False,
        "automargin": True,
        "anchor": anchor,
    }


def _label(row: Any) -> str:
    name = row.label if len(row.label) <= LONGEST else row.label[: LONGEST - 1] + "…"
    text = plot_text(name)
    return f"<b>{text}</b>" if row.kind == "main" else text


def _hover(row: Any) -> str:
    interval = "" if row.low != row.low else f" [{significant(row.low)}, {significant(row.high)}]"
    head = f"<b>{plot_text(row.label)}</b><br>{significant(row.value)}{interval}"
    return f"{head}<br>n={row.n} {plot_text(row.of)}"


def claims_figure(view: ClaimsView, look: Look) -> go.Figure:
    """One row a claim, one column an origin, a sign and a colour for each verdict."""
    names = list(dict.fromkeys(view.table["claim"]))
    figure = go.Figure()
    for verdict, sign in VERDICT_SIGNS.items():
        rows = view.table[view.table["verdict"] == verdict]
        colour = VERDICT_COLOURS[verdict] or look.quiet
        edge = {"width": 3, "color": colour}
        figure.add_scatter(
            x=[names.index(name) for name in rows["claim"]],
            y=[list(ORIGINS).index(origin) for origin in rows["origin"]],
            mode="markers",
            name=verdict,
            marker={"symbol": sign, "color": colour, "size": 15, "line": edge},
            customdata=[
                f"<b>{row.claim}</b> {plot_text(row.sentence)}<br>{CALLED[row.origin]}: {verdict}"
                for row in rows.itertuples()
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=names, showgrid=False, zeroline=False, side="top"
    )
    figure.update_yaxes(
        tickvals=[0, 1],
        ticktext=[CALLED[origin] for origin in ORIGINS],
        range=[1.5, -0.5],
        showgrid=False,
        zeroline=False,
    )
    figure.update_layout(
        legend={"orientation": "h", "y": -0.15, "yanchor": "top"},
        margin={"l": 8, "r": 16, "t": 40, "b": 50},
        hovermode="closest",
    )
    return apply_theme(figure, look, 210)
