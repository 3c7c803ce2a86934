"""The models behind one cell: a metric against the score of a task."""

import pandas as pd
import plotly.graph_objects as go

from lrd_core.plots.labels import annotation_place, place_labels
from lrd_core.plots.theme import Look, apply_theme, axis_title, padded_range, plot_text, significant
from lrd_core.settings import FAMILIES

SCATTER_HEIGHT, SCATTER_WIDTH = 460, 430
MOST_NAMED = 40
UNKNOWN_FAMILY = "x"


def prepare_scatter(
    values: pd.DataFrame, scores: pd.DataFrame, facts: pd.DataFrame, metric: str, task: str
) -> pd.DataFrame:
    """One row a model with both numbers: model, family, value, score, hover.

    values: model, task, metric, value. scores: model, task, score. facts: by model, family,
    hidden_size, num_parameters.
    """
    chosen = values[(values["metric"] == metric) & (values["task"] == task)]
    joined = chosen.merge(scores[scores["task"] == task][["model", "score"]], on="model")
    joined = joined.dropna(subset=["value", "score"])
    known = facts.reindex(joined["model"])
    joined["family"] = known["family"].fillna("").to_numpy()
    joined["num_parameters"] = known["num_parameters"].to_numpy()
    joined["hover"] = [
        f"<b>{plot_text(row.model)}</b><br>{row.family}{_size(row.num_parameters)}"
        f"<br>metric {significant(row.value)} · score {significant(row.score)}"
        for row in joined.itertuples()
    ]
    return joined.sort_values("model", ignore_index=True)


def plot_scatter(
    prepared: pd.DataFrame, label: str, unit: str, score_name: str, look: Look
) -> go.Figure:
    """Models as named points; colour is the model, marker its family."""
    figure = go.Figure()
    x_range = padded_range(prepared["value"].tolist(), 0.12)
    y_range = padded_range(prepared["score"].tolist(), 0.14)
    size = look.marker_size + 5
    for family, rows in prepared.groupby("family", sort=True):
        figure.add_scatter(
            x=rows["value"],
            y=rows["score"],
            mode="markers",
            name=plot_text(family),
            marker={
                "size": size,
                "symbol": FAMILIES[family].marker if family in FAMILIES else UNKNOWN_FAMILY,
                "color": [look.colour(model) for model in rows["model"]],
                "line": {"width": 1, "color": look.background},
            },
            text=rows["hover"],
            hovertemplate="%{text}<extra></extra>",
        )
    _name_points(figure, prepared, x_range, y_range, look, size)
    figure.update_layout(
        xaxis={"title": {"text": plot_text(axis_title(label, unit))}, "range": x_range},
        yaxis={"title": {"text": plot_text(score_name)}, "range": y_range},
        showlegend=False,
        margin={"l": 60, "r": 16, "t": 20, "b": 56},
        hovermode="closest",
    )
    return apply_theme(figure, look, SCATTER_HEIGHT)


def _name_points(
    figure: go.Figure,
    prepared: pd.DataFrame,
    x_range: list[float],
    y_range: list[float],
    look: Look,
    size: float,
) -> None:
    if len(prepared) > MOST_NAMED:
        return
    width, height = SCATTER_WIDTH - 90.0, SCATTER_HEIGHT - 90.0
    points = [
        (
            width * (row.value - x_range[0]) / (x_range[1] - x_range[0]),
            height * (1 - (row.score - y_range[0]) / (y_range[1] - y_range[0])),
        )
        for row in prepared.itertuples()
    ]
    names = [str(name) for name in prepared["model"]]
    places = place_labels(
        points, names, width=width, height=height, font_size=look.font_size - 1, marker_size=size
    )
    for row, place in zip(prepared.itertuples(), places, strict=True):
        if place is None:
            continue
        figure.add_annotation(
            x=row.value,
            y=row.score,
            text=plot_text(row.model),
            **annotation_place(place, look.context, size),
            font={"size": look.font_size - 1, "color": look.label_colour(row.model)},
        )


def _size(parameters: float) -> str:
    return "" if pd.isna(parameters) else f", {parameters / 1e6:,.0f} million parameters"
