"""The parts of a large figure, collected as plain dicts and checked by Plotly once, at the end.

Figure.add_annotation checks every earlier annotation again, so a figure that grows part by part
takes longer to build than to draw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from lrd_core.plots.theme import Look

CLEAR = "rgba(0,0,0,0)"


@dataclass
class Drawing:
    """Traces, annotations and layout settings of a figure to be."""

    traces: list[dict[str, Any]] = field(default_factory=list)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    layout: dict[str, Any] = field(default_factory=dict)

    def scatter(self, **settings: Any) -> None:
        self.traces.append({"type": "scatter", **settings})

    def annotate(self, **settings: Any) -> None:
        self.annotations.append(settings)

    def figure(self) -> go.Figure:
        """The finished figure. Raises: ValueError for a setting that Plotly does not know."""
        return go.Figure(self.traces, {**self.layout, "annotations": self.annotations})


def written_in_cells(
    words: Sequence[Sequence[str]],
    colours: Sequence[Sequence[str]],
    x: Sequence[float],
    y: Sequence[float],
    size: float,
) -> list[dict[str, Any]]:
    """Words in the cells of a heatmap, each in its colour: further heatmaps, clear ones.

    words, colours: a row a y, a column an x; "" for none. Annotations take three times as long to
    draw, and text of a scatter pales where a point is selected.
    """
    named = sorted({colour for row in colours for colour in row})
    return [
        {
            "type": "heatmap",
            "x": list(x),
            "y": list(y),
            "z": [[0] * len(x) for _ in y],  # without a value Plotly writes nothing
            "colorscale": [[0, CLEAR], [1, CLEAR]],
            "text": [
                [word if own == colour else "" for word, own in zip(row, of_row, strict=True)]
                for row, of_row in zip(words, colours, strict=True)
            ],
            "texttemplate": "%{text}",
            "textfont": {"color": colour, "size": size},
            "hoverinfo": "skip",
            "showscale": False,
            "name": "numbers",
        }
        for colour in named
    ]


def write_column(
    figure: go.Figure, words: Mapping[Any, str], title: str, look: Look, *, shift: int
) -> None:
    """A column of words right of the plot, each at its y, under a quiet title.

    words: y -> what stands there. shift: pixels between the plot and the column.
    """
    beside = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": shift, "showarrow": False}
    for y, said in words.items():
        font = {"size": look.font_size, "color": look.text}
        figure.add_annotation(**beside, y=y, text=said, font=font)
    figure.add_annotation(
        **beside,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=title,
        font={"size": look.font_size - 1, "color": look.quiet},
    )
