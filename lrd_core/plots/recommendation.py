"""The recommender's ranking with its uncertainty, and where families peak along depth."""

import textwrap
from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.metrics.registry import find_series
from lrd_core.numbers import percent, significant, whole
from lrd_core.plots.drawing import write_column
from lrd_core.plots.theme import Look, apply_theme, plot_text, translucent

ROW = 34
FAMILY_ROW, MOST_NAMED = 64, 12
NO_INTERVAL = (float("nan"), float("nan"))


def prepare_ranking(candidates: pd.DataFrame) -> pd.DataFrame:
    """Rows of candidates (model, rank, low, high, chance_best, values...) with `hover`."""
    table = candidates.sort_values("rank", ignore_index=True).copy()
    fixed = {"model", "rank", "low", "high", "chance_best"}
    metrics = [name for name in table.columns if name not in fixed]
    table["hover"] = [
        "<br>".join(
            [
                f"<b>{plot_text(row['model'])}</b>",
                f"rank {int(row['rank'])}{_between(row)}",
                *([] if pd.isna(row["chance_best"]) else [f"best: {percent(row['chance_best'])}"]),
                *(f"{plot_text(name)} {significant(row[name])}" for name in metrics),
            ]
        )
        for row in table.to_dict("records")
    ]
    return table


def plot_ranking(prepared: pd.DataFrame, look: Look, *, shortlist: int = 0) -> go.Figure:
    """Rank of every candidate with the range that holds 90% of the simulated ranks."""
    figure = go.Figure()
    names = [plot_text(name) for name in prepared["model"]]
    _draw_ranks(figure, prepared, names, look)
    chances = {
        name: percent(chance) for name, chance in zip(names, prepared["chance_best"], strict=True)
    }
    write_column(figure, chances, "best", look, shift=8)
    if 0 < shortlist < len(prepared):
        figure.add_hline(y=shortlist - 0.5, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.update_layout(
        xaxis={
            "title": {"text": "Rank (1 is best)"},
            "range": [0.5, len(prepared) + 0.5],
            "dtick": 1 if len(prepared) <= 12 else 5,
            "zeroline": False,
        },
        yaxis={"autorange": "reversed", "categoryorder": "array", "categoryarray": names},
        margin={"l": 20, "r": 64, "t": 32, "b": 52},
        hovermode="closest",
    )
    return apply_theme(figure, look, max(260, 110 + ROW * len(prepared)))


def _draw_ranks(
    figure: go.Figure, prepared: pd.DataFrame, names: Sequence[str], look: Look
) -> None:
    """The range of each candidate's simulated ranks, and its rank as a point on it."""
    colours = [look.colour(model) for model in prepared["model"]]
    for row, name, colour in zip(prepared.itertuples(), names, colours, strict=True):
        if not pd.isna(row.low):
            figure.add_scatter(
                x=[row.low, row.high],
                y=[name, name],
                mode="lines",
                hoverinfo="skip",
                line={"color": colour, "width": 6},
                opacity=0.35,
                showlegend=False,
            )
    figure.add_scatter(
        x=prepared["rank"],
        y=names,
        mode="markers",
        showlegend=False,
        marker={
            "size": look.marker_size + 7,
            "color": colours,
            "line": {"width": 1, "color": look.background},
        },
        text=prepared["hover"],
        hovertemplate="%{text}<extra></extra>",
    )


def prepare_families(table: pd.DataFrame, tasks: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Rows of views.families.family_table with `hover`. tasks: by series, those averaged."""
    hover = [
        f"<b>{plot_text(row.model)}</b><br>{significant(row.value)}<br>"
        f"mean of {len(tasks[row.series])} tasks"
        for row in table.itertuples()
    ]
    return table.assign(hover=hover)


def plot_families(
    prepared: pd.DataFrame,
    panels: Mapping[str, tuple[str, str]],
    look: Look,
    intervals: Mapping[tuple[str, str], tuple[float, float]],
) -> go.Figure:
    """One panel a series, families down, a dot a model, a bar at the family's median.

    panels: series -> (title, axis name). The depth of a profile's peak is drawn in percent of
    blocks, a number as it is. intervals: (series, family) -> interval of the median, NaN for none.
    """
    shown = [series for series in panels if series in set(prepared["series"])]
    families = sorted(prepared["family"].unique(), reverse=True)
    figure = make_subplots(
        rows=1,
        cols=max(len(shown), 1),
        shared_yaxes=True,
        horizontal_spacing=0.035,
        subplot_titles=["<br>".join(textwrap.wrap(panels[one][0], 20)) for one in shown],
    )
    for column, series in enumerate(shown, start=1):
        own = prepared[prepared["series"] == series]
        profile = find_series(series).is_profile
        for place, family in enumerate(families):
            rows = own[own["family"] == family]
            share = 100 if profile else 1
            interval = intervals.get((series, family), NO_INTERVAL)
            _draw_interval(figure, interval, place, column, look, share=share)
            _draw_family(figure, rows, place, column, look, share=share)
        depth = {"range": [-4, 104]} if profile else {}
        figure.update_xaxes(
            title={"text": panels[series][1]}, zeroline=False, row=1, col=column, **depth
        )
        if not profile:
            zero = {"color": look.quiet, "width": 1, "dash": "dot"}
            figure.add_vline(x=0, line=zero, row=1, col=column)
    figure.update_yaxes(
        tickvals=list(range(len(families))),
        ticktext=[plot_text(name) for name in families],
        range=[-0.6, len(families) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    _list_models(figure, prepared, look)
    figure.update_layout(
        margin={"l": 20, "r": 16, "t": 64, "b": 96},
        hovermode="closest",
        legend={"orientation": "h", "y": -0.28, "x": 0, "yanchor": "top"},
    )
    figure.update_annotations(font={"size": look.font_size, "color": look.text})
    return apply_theme(figure, look, max(320, 200 + FAMILY_ROW * len(families)))


def _draw_interval(
    figure: go.Figure,
    interval: tuple[float, float],
    place: int,
    column: int,
    look: Look,
    *,
    share: int,
) -> None:
    """A box from end to end of the interval of a median, behind the models."""
    if pd.isna(interval[0]):
        return
    figure.add_shape(
        type="rect",
        x0=share * interval[0],
        x1=share * interval[1],
        y0=place - 0.28,
        y1=place + 0.28,
        line={"width": 0},
        fillcolor=translucent(look.text, 0.14),
        layer="below",
        row=1,
        col=column,
    )


def _draw_family(
    figure: go.Figure, rows: pd.DataFrame, place: int, column: int, look: Look, *, share: int
) -> None:
    """A family's models at height `place` of a panel, and a bar at their median."""
    figure.add_scatter(
        x=share * rows["value"],
        y=[place + 0.16 * ((i % 3) - 1) for i in range(len(rows))],
        mode="markers",
        row=1,
        col=column,
        marker={
            "size": look.marker_size + 4,
            "opacity": 0.9,
            "color": [look.colour(model) for model in rows["model"]],
            "line": {"width": 1, "color": look.background},
        },
        text=rows["hover"],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
    if len(rows):
        middle = share * float(rows["value"].median())
        figure.add_shape(
            type="line",
            x0=middle,
            x1=middle,
            y0=place - 0.36,
            y1=place + 0.36,
            line={"color": look.text, "width": 3},
            row=1,
            col=column,
        )


def _list_models(figure: go.Figure, prepared: pd.DataFrame, look: Look) -> None:
    """The colours of the models in the legend, where they are few enough to be told apart."""
    models = sorted(prepared["model"].unique(), key=_place_in(look))
    for model in models if len(models) <= MOST_NAMED else ():
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=plot_text(model),
            hoverinfo="skip",
            marker={"size": look.marker_size + 4, "color": look.colour(model)},
        )


def _place_in(look: Look) -> Callable[[str], int]:
    """Models in the order of their colours; unknown ones last."""
    order = list(look.order)
    return lambda model: order.index(model) if model in order else len(order)


def _between(row: Mapping[str, float]) -> str:
    if pd.isna(row["low"]):
        return ""
    return f", 90% within {whole(row['low'])} to {whole(row['high'])}"
