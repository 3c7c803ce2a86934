"""Score of shorter and coarser vectors over the layers of a model."""

import plotly.graph_objects as go

from lrd_core.numbers import counted, drawn
from lrd_core.plots.theme import OKABE_ITO, Look, apply_theme
from lrd_core.views.ask_beyond import WHOLE, SmallerView

HEIGHT = 420
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def smaller_figure(view: SmallerView, look: Look) -> go.Figure:
    """A line for each kind of vector, whole ones first, named with the bytes that one takes."""
    figure = go.Figure()
    for place, (how, rows) in enumerate(view.table.groupby("how", sort=False)):
        size = int(rows["bytes"].iloc[0])
        figure.add_trace(
            go.Scatter(
                x=rows["layer"],
                y=rows["score"],
                mode="lines+markers",
                name=f"{how}, {counted(size, 'byte')}",
                line={
                    "color": look.text if how == WHOLE else OKABE_ITO[place - 1],
                    "dash": _DASHES[place % len(_DASHES)],
                },
                customdata=rows[["low", "high", "n"]],
                hovertemplate=(
                    f"layer %{{x}}: {drawn('y', 'thousandths')} "
                    f"({drawn('customdata[0]', 'thousandths')} to "
                    f"{drawn('customdata[1]', 'thousandths')}, "
                    "n %{customdata[2]})<extra>%{fullData.name}</extra>"
                ),
            )
        )
    figure.update_xaxes(title_text="Layer")
    figure.update_yaxes(title_text=view.score_name)
    figure.update_layout(
        margin={"l": 60, "r": 20, "t": 20, "b": 110}, legend={"orientation": "h", "y": -0.25}
    )
    return apply_theme(figure, look, HEIGHT)
