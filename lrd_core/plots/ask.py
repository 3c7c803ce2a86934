"""Every layer's score by labels with its interval, and what labels buy."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import drawn
from lrd_core.plots.theme import OKABE_ITO, Look, apply_theme, plot_text
from lrd_core.views.ask import STRESSED, AskView, way_name

HEIGHT = 440
_TONES = OKABE_ITO[::-1]
"""From the far end: the first ones are the models' in the panel beside it."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def ask_figure(view: AskView, look: Look) -> go.Figure:
    """Scores over layers, ties filled; times where there is no score.

    Beside them the learning curve of the best layer's model.
    """
    curve = prepare_curve(view)
    titles = [view.drawn, *(["Layer chosen by so many labels"] if len(curve) else [])]
    figure = make_subplots(rows=1, cols=len(titles), subplot_titles=titles)
    for model, rows in view.table.sort_values("layer").groupby("model", sort=False):
        _add_layers(figure, rows, str(model), look, view.score_name)
    figure.update_xaxes(title_text="Layer", row=1, col=1)
    figure.update_yaxes(title_text=view.score_name or "milliseconds", row=1, col=1)
    if len(curve):
        _add_curve(figure, curve, look)
    figure.update_layout(
        margin={"l": 60, "r": 20, "t": 40, "b": 110}, legend={"orientation": "h", "y": -0.25}
    )
    return apply_theme(figure, look, HEIGHT)


def prepare_curve(view: AskView) -> pd.DataFrame:
    """The rows of the learning curve of the model of the best layer."""
    if view.curve.empty or view.best is None:
        return pd.DataFrame()
    return view.curve[view.curve["model"] == view.best[0]]


def _add_layers(
    figure: go.Figure, rows: pd.DataFrame, model: str, look: Look, score_name: str
) -> None:
    colour, judged = look.colour(model), bool(score_name)
    values = rows["score"] if judged else rows["milliseconds"]
    spread = (
        {
            "type": "data",
            "symmetric": False,
            "array": rows["high"] - rows["score"],
            "arrayminus": rows["score"] - rows["low"],
            "thickness": 1,
        }
        if judged
        else None
    )
    tied = rows["tied"].fillna(False).astype(bool) if judged else [False] * len(rows)
    figure.add_trace(
        go.Scatter(
            x=rows["layer"],
            y=values,
            error_y=spread,
            mode="lines+markers",
            name=plot_text(model),
            line={"color": colour, "width": look.line_width},
            marker={
                "size": look.marker_size + 3,
                "symbol": ["circle" if one else "circle-open" for one in tied],
            },
            hovertemplate=f"{plot_text(model)}, layer %{{x}}: {drawn('y', 'thousandths')}"
            "<extra></extra>",
        ),
        row=1,
        col=1,
    )


def _add_curve(figure: go.Figure, curve: pd.DataFrame, look: Look) -> None:
    for place, (way, rows) in enumerate(curve.groupby("way", sort=False)):
        name = plot_text(way_name(str(way)))
        figure.add_trace(
            go.Scatter(
                x=rows["labels"],
                y=rows["score"],
                mode="lines+markers",
                name=name,
                line={
                    "color": look.text if way == STRESSED else _TONES[place % len(_TONES)],
                    "dash": DASHES[place % len(DASHES)],
                    "width": 2 * look.line_width if way == STRESSED else look.line_width,
                },
                hovertemplate=f"{name}, %{{x}} labels: {drawn('y', 'thousandths')}<extra></extra>",
            ),
            row=1,
            col=2,
        )
    figure.update_xaxes(
        title_text="Labels", type="log", tickvals=sorted(curve["labels"].unique()), row=1, col=2
    )
    figure.update_yaxes(title_text="Score on the other rows", row=1, col=2)
