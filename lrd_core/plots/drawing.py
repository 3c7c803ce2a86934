"""The parts of a large figure, collected as plain dicts and checked by Plotly once, at the end.

Figure.add_annotation checks every earlier annotation again, so a figure that grows part by part
takes longer to build than to draw.
"""

from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go


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
