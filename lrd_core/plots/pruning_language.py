"""What removing blocks does to a language model: perplexity and next-token agreement."""

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lrd_core.numbers import drawn, significant
from lrd_core.plots.pruning_results import rule_style
from lrd_core.plots.theme import Look, plot_text

HEIGHT = 560
ROWS = (("perplexity", "Perplexity (log)"), ("agreement", "Agreement (share)"))


def plot_language(prepared: pd.DataFrame, look: Look, *, labels: Mapping[str, str]) -> go.Figure:
    """Perplexity above agreement with the full model, a column a task, a line a rule."""
    tasks = list(dict.fromkeys(prepared["task"]))
    figure = make_subplots(
        rows=len(ROWS),
        cols=len(tasks),
        shared_xaxes=True,
        shared_yaxes="rows",
        subplot_titles=[plot_text(task) for task in tasks],
        vertical_spacing=0.06,
        horizontal_spacing=0.04,
    )
    for column, task in enumerate(tasks, start=1):
        own = prepared[prepared["task"] == task]
        for row, (name, _) in enumerate(ROWS, start=1):
            for rule in [rule for rule in labels if rule in set(own["rule"])]:
                _line(figure, own[own["rule"] == rule], name, labels, look, row, column)
        _full_model(figure, own, look, column)
    sizes = sorted(prepared["m"].unique())
    total = int(prepared["num_blocks"].iloc[0])
    figure.update_xaxes(tickvals=sizes)
    figure.update_xaxes(title_text=f"Blocks removed of {total}", row=len(ROWS))
    figure.update_yaxes(type="log", exponentformat="power", dtick=2, row=1)
    figure.update_yaxes(range=[0, 1], row=2)
    for row, (_, title) in enumerate(ROWS, start=1):
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_annotations(font={"size": look.font_size, "color": look.text})
    figure.update_layout(
        legend={"orientation": "h", "y": -0.2, "yanchor": "top"},
        margin={"l": 10, "r": 10, "t": 40, "b": 10},
    )
    return figure


def _full_model(figure: go.Figure, own: pd.DataFrame, look: Look, column: int) -> None:
    """The perplexity of the full model as a dashed line."""
    full = float(own["perplexity_full"].iloc[0])
    figure.add_scatter(
        x=[own["m"].min(), own["m"].max()],
        y=[full, full],
        mode="lines+text",
        text=["", f"full model {significant(full)}"],
        textposition="bottom left",
        line={"color": look.quiet, "dash": "dash"},
        hoverinfo="skip",
        showlegend=False,
        textfont={"size": look.font_size, "color": look.quiet},
        row=1,
        col=column,
    )


def _line(
    figure: go.Figure,
    rows: pd.DataFrame,
    name: str,
    labels: Mapping[str, str],
    look: Look,
    row: int,
    column: int,
) -> None:
    rule = str(rows["rule"].iloc[0])
    style, label = rule_style(rule, list(labels)), plot_text(labels[rule])
    figure.add_scatter(
        x=rows["m"],
        y=rows[name],
        mode="lines+markers",
        name=label,
        legendgroup=rule,
        showlegend=row == 1 and column == 1,
        line={"color": style["color"], "width": look.line_width * 0.6},
        marker={**style, "size": look.marker_size + 3},
        customdata=rows[["perplexity", "agreement", "divergence"]],
        hovertemplate=f"{label}<br>%{{x}} blocks removed: perplexity "
        f"{drawn('customdata[0]', 'significant')}, "
        f"agreement {drawn('customdata[1]', 'percent')}, "
        f"divergence {drawn('customdata[2]', 'hundredths')} nats<extra></extra>",
        row=row,
        col=column,
    )
