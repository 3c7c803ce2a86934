"""How the values of texts become colours and markers, the same at every layer."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from lrd_core.numbers import significant
from lrd_core.plots.theme import DEPTH_COLOURS, MARKERS, OKABE_ITO, Look, plot_text

MOST_CATEGORIES = 8
OTHERS = "all others"
NO_VALUE = "no value at this layer"
NONE = "none"


def prepare_categories(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Each value's category, and the categories in drawing order: frequent first, then the rest.

    More than MOST_CATEGORIES are folded into OTHERS; missing values are NONE.
    """
    names = values.astype("string").fillna(NONE)
    counts = names[names != NONE].value_counts()
    ranked = sorted(counts.index, key=lambda name: (-counts[name], name))
    kept = ranked if len(ranked) <= MOST_CATEGORIES else ranked[: MOST_CATEGORIES - 1]
    folded = names.where(names.isin([*kept, NONE]), OTHERS)
    order = sorted(kept) + [name for name in (OTHERS, NONE) if (folded == name).any()]
    return folded, order


def is_category(values: pd.Series) -> bool:
    """Whether values are names rather than amounts."""
    return not pd.api.types.is_numeric_dtype(values)


@dataclass(frozen=True)
class Paint:
    """How values become colours, the same at every layer.

    categories: names in drawing order, None for amounts. low, high: the ends of the scale of
    amounts. gaps: whether some text has no amount somewhere; it is drawn in the grey of the
    context then, because a colour bar has no place for what is missing.
    """

    categories: list[str] | None = None
    low: float = 0.0
    high: float = 1.0
    gaps: bool = False


def paint_for(values: pd.Series) -> Paint:
    if is_category(values):
        return Paint(prepare_categories(values)[1])
    amounts = values.astype(float)
    finite = amounts.replace([np.inf, -np.inf], np.nan).dropna()
    low, high = (0.0, 1.0) if finite.empty else np.quantile(finite, [0.01, 0.99])
    high = high if high > low else low + 1
    return Paint(None, float(low), float(high), bool(amounts.isna().any()))


def colours_of(values: pd.Series, look: Look, paint: Paint) -> dict[str, Any]:
    categories = paint.categories
    if categories is None:
        return _scaled(values.astype(float), look, paint)
    places = prepare_categories(values)[0].map({name: i for i, name in enumerate(categories)})
    # What is rare at this layer alone, or frequent elsewhere, joins the others.
    known = places.fillna(len(categories) - 1).astype(int)
    styles = [_style(name, index, look) for index, name in enumerate(categories)]
    return {
        "color": [styles[index][0] for index in known],
        "symbol": [styles[index][1] for index in known],
    }


def _scaled(amounts: pd.Series, look: Look, paint: Paint) -> dict[str, Any]:
    """Numbers for the colour bar to colour; where some are missing, the colours themselves."""
    if not paint.gaps:
        return {"color": amounts.to_numpy(), "coloraxis": "coloraxis"}
    known = amounts.notna().to_numpy()
    share = ((amounts - paint.low) / (paint.high - paint.low)).clip(0, 1).to_numpy()
    colours = np.full(len(amounts), look.context, dtype=object)
    if known.any():
        colours[known] = sample_colorscale(DEPTH_COLOURS, share[known].tolist())
    return {"color": colours.tolist()}


def amounts_of(values: pd.Series, paint: Paint) -> dict[str, Any]:
    """The amounts in words, where the colours no longer hold them."""
    if not paint.gaps:
        return {}
    return {"text": [NO_VALUE if pd.isna(value) else significant(value) for value in values]}


def add_key(figure: go.Figure, paint: Paint, colour: str, look: Look) -> None:
    if paint.categories is None:
        figure.update_layout(coloraxis=_colour_bar(paint, colour))
    if paint.gaps:  # nothing else is coloured by the bar then
        bar = {"color": [paint.low], "coloraxis": "coloraxis"}
        figure.add_trace(
            go.Scatter(
                x=[None], y=[None], mode="markers", marker=bar, showlegend=False, hoverinfo="skip"
            ),
            row=1,
            col=1,
        )
    names = [NO_VALUE] * paint.gaps if paint.categories is None else paint.categories
    for trace in _legend(names, look):
        figure.add_trace(trace, row=1, col=1)
    title = {"title": {"text": plot_text(colour)}} if paint.categories is not None else {}
    figure.update_layout(
        legend={
            **title,
            "orientation": "h",
            "y": -0.02,
            "itemclick": False,
            "itemdoubleclick": False,
        }
    )


def _colour_bar(paint: Paint, name: str) -> dict[str, Any]:
    title = {"text": plot_text(name), "side": "right"}
    return {
        "colorscale": DEPTH_COLOURS,
        "cmin": paint.low,
        "cmax": paint.high,
        "colorbar": {"title": title, "thickness": 12, "len": 0.9},
    }


def _legend(categories: list[str], look: Look) -> list[go.Scatter]:
    traces = []
    for index, name in enumerate(categories):
        colour, symbol = _style(name, index, look)
        traces.append(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=plot_text(name),
                hoverinfo="skip",
                marker={"color": colour, "symbol": symbol, "size": 9},
            )
        )
    return traces


def _style(name: str, index: int, look: Look) -> tuple[str, str]:
    if name in (OTHERS, NONE, NO_VALUE):
        return look.context, "circle"
    palette = (*OKABE_ITO, "#8C6BB1", look.text)
    return palette[index % len(palette)], MARKERS[index % len(MARKERS)]
