"""Models against types of task: how much of each is in the store, long lists down."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.depth_layout import shorten
from lrd_core.plots.drawing import Drawing, written_in_cells
from lrd_core.plots.theme import Look, apply_theme, plot_text, tint
from lrd_core.settings import family_rank, family_title

FULL = "#0072B2"
ROW_HEIGHT = 20
MARGIN_TOP, MARGIN_BOTTOM = 90, 12
HEAD_LINES = 3


def plot_types(cells: pd.DataFrame, look: Look) -> go.Figure:
    """A heatmap: rows are models by family, columns types; colour is the share of tasks held.

    cells: of views.coverage_types.by_type. The number is how many tasks have metrics, and after a
    dot how many have the score of every layer.
    """
    kinds = list(dict.fromkeys(cells["type"]))
    labels, places = _rows(cells)
    values = [[None] * len(kinds) for _ in labels]
    hover, words = ([[""] * len(kinds) for _ in labels] for _ in range(2))
    colours = [[look.text] * len(kinds) for _ in labels]
    drawing = Drawing()
    for row in cells.itertuples():
        down, across = places[str(row.model)], kinds.index(str(row.type))
        share = max(row.held, row.scored) / row.total
        values[down][across] = share
        hover[down][across] = _hover(row)
        words[down][across] = _number(row)
        if share > 0.5:
            colours[down][across] = "#FFFFFF"
    drawing.traces.append(
        {
            "type": "heatmap",
            "x": list(range(len(kinds))),
            "y": list(range(len(labels))),
            "z": values,
            "customdata": hover,
            "hovertemplate": "%{customdata}<extra></extra>",
            "colorscale": [[0.0, tint(FULL, look.background, 0.92)], [1.0, FULL]],
            "zmin": 0,
            "zmax": 1,
            **dict.fromkeys(("xgap", "ygap"), 2),
            **dict.fromkeys(("hoverongaps", "showscale"), False),
        }
    )
    columns, rows = list(range(len(kinds))), list(range(len(labels)))
    drawing.traces += written_in_cells(words, colours, columns, rows, look.font_size - 2)
    totals = cells.drop_duplicates("type").set_index("type")["total"]
    drawing.layout |= {
        "xaxis": _axis(_heads(kinds, totals)) | {"side": "top"},
        "yaxis": _axis(labels) | {"range": [len(labels) - 0.5, -0.5]},
        "margin": {"l": 12, "r": 12, "t": MARGIN_TOP, "b": MARGIN_BOTTOM},
        "hovermode": "closest",
    }
    height = ROW_HEIGHT * len(labels) + MARGIN_TOP + MARGIN_BOTTOM + 20
    return apply_theme(drawing.figure(), look, height)


def _heads(kinds: Sequence[str], totals: "pd.Series[int]") -> list[str]:
    """Types with their number of tasks, each second one higher: names are wider than columns."""
    lifted = "<br>" * HEAD_LINES
    return [
        "<br>".join(plot_text(kind).split()) + f"<br>({totals[kind]})" + lifted * (place % 2)
        for place, kind in enumerate(kinds)
    ]


def _rows(cells: pd.DataFrame) -> tuple[list[str], dict[str, int]]:
    """Labels from top to bottom, a heading a family, and the place of each model."""
    labels: list[str] = []
    places: dict[str, int] = {}
    known = cells.drop_duplicates("model").groupby("family", sort=False)["model"].apply(list)
    for family in sorted(known.index, key=family_rank):
        labels.append(f"<b>{plot_text(family_title(family))} ({len(known[family])})</b>")
        for model in known[family]:
            places[str(model)] = len(labels)
            labels.append(plot_text(shorten(str(model))))
    return labels, places


def _number(row: Any) -> str:
    """How many tasks have metrics, and how many have scores of all layers."""
    if not row.held and not row.scored:
        return ""
    return str(row.held) + (f" · {row.scored}" if row.scored else "")


def _hover(row: Any) -> str:
    lines = [
        f"<b>{plot_text(row.model)}</b>, {plot_text(row.type)}",
        f"metrics on {row.held} of {row.total} tasks, {row.most} at most",
        f"scores of every layer on {row.scored}",
    ]
    if row.missing:
        lines.append(f"nothing yet: {plot_text(row.missing)}")
    return "<br>".join(lines)


def _axis(labels: list[str]) -> dict[str, Any]:
    return {
        "tickmode": "array",
        "tickvals": list(range(len(labels))),
        "ticktext": labels,
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
    }
