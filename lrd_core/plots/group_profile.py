"""A group's share of kept neighbours through the layers, against the other texts."""

import plotly.graph_objects as go

from lrd_core.numbers import drawn, tick_format, whole
from lrd_core.plots.theme import OKABE_ITO, Look, apply_theme
from lrd_core.views.group_profile import GROUP, GroupView


def group_figure(view: GroupView, look: Look) -> go.Figure:
    """One line for the group and one for the rest; a dotted line where the map is."""
    figure = go.Figure()
    for who, rows in view.table.groupby("who", sort=False):
        mine, name = who == GROUP, f"{who} {view.noun}s"
        figure.add_scatter(
            x=rows["position"],
            y=rows["kept"],
            mode="lines+markers",
            name=f"{whole(rows['n'].iloc[0])} {name}",
            line={
                "color": OKABE_ITO[1] if mine else look.quiet,
                "dash": "solid" if mine else "dash",
                "width": look.line_width,
            },
            marker={"size": look.marker_size, "symbol": "diamond" if mine else "circle"},
            customdata=[[whole(at - 0.5), whole(at + 0.5)] for at in rows["position"]],
            hovertemplate=f"{name}, layer %{{customdata[0]}} to %{{customdata[1]}}: "
            f"{drawn('y', 'percent')} kept<extra></extra>",
        )
    figure.add_vline(x=view.layer, line={"color": look.quiet, "width": 1, "dash": "dot"})
    figure.update_xaxes(title_text="Layer", zeroline=False)
    figure.update_yaxes(
        title_text="Neighbours kept", range=[0, 1.03], tickformat=tick_format("percent")
    )
    figure.update_layout(
        margin={"l": 60, "r": 10, "t": 28, "b": 40},
        hovermode="x unified",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    return apply_theme(figure, look, 240)
