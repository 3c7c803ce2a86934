"""Figures of claims: what a verdict rests on, and all verdicts at a glance."""

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.claims.held import ORIGINS
from lrd_core.numbers import significant
from lrd_core.plots.theme import Look, apply_theme, padded_range, plot_text
from lrd_core.views.claims import CALLED, MOST_PARTS, ClaimsView, ClaimView

ROW, SPACE = 20, 64
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
    """The numbers that are drawn, from top to bottom: `row` leaves one above each origin's first.

    Of the parts the first MOST_PARTS; what decides and what it is compared with always.
    """
    parts = table[table["kind"] == "part"].groupby("origin", sort=False).head(MOST_PARTS)
    kept = table[(table["kind"] != "part") | table.index.isin(parts.index)]
    kept = kept[kept["value"].notna()]
    change = kept["origin"].ne(kept["origin"].shift())
    return kept.assign(row=range(len(kept))).assign(row=lambda rows: rows["row"] + change.cumsum())


def claim_figure(view: ClaimView, look: Look) -> go.Figure:
    """A dot with its interval for each number, on one axis; published values above own ones.

    Made in one piece: a page has twenty of these, and a figure that is changed after it was made
    costs several times as much.
    """
    drawn = prepare_numbers(view.table)
    heads = drawn.drop_duplicates("origin")
    unit = next((found.unit for found in view.findings.values() if found.unit), "")
    layout = {
        "xaxis": _across(drawn, unit, look),
        "yaxis": {
            "tickvals": [*(heads["row"] - 1), *drawn["row"]],
            "ticktext": [
                *(f"<b>{CALLED[origin]}</b>" for origin in heads["origin"]),
                *(_label(row) for row in drawn.itertuples()),
            ],
            "range": [int(drawn["row"].max()) + 0.6, -0.6],
            "showgrid": False,
            "zeroline": False,
            "automargin": True,
        },
        "showlegend": False,
        "hovermode": "closest",
        "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
    }
    figure = go.Figure({"data": [_dots(drawn, look)], "layout": layout})
    return apply_theme(figure, look, SPACE + ROW * (int(drawn["row"].max()) + 1))


def _dots(rows: pd.DataFrame, look: Look) -> dict[str, Any]:
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
            "size": [11 if kind == "main" else 7 for kind in rows["kind"]],
        },
        "customdata": [_hover(row) for row in rows.itertuples()],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _across(rows: pd.DataFrame, unit: str, look: Look) -> dict[str, Any]:
    ends = pd.concat([rows["value"], rows["low"].dropna(), rows["high"].dropna()])
    return {
        "title": {"text": plot_text(unit)},
        "range": padded_range([*ends, 0.0]),
        "zeroline": True,
        "zerolinecolor": look.quiet,
        "zerolinewidth": 1,
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
