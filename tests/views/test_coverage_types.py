"""Coverage by type of task: counts of what is held and scored, and what is missing by name."""

import pandas as pd

from lrd_core.plots.coverage_types import plot_types
from lrd_core.plots.theme import Look
from lrd_core.views.coverage_types import by_type

TABLE = pd.DataFrame(
    [("a", "t1", 12, 0, 0), ("a", "t2", 3, 7, 7), ("b", "t1", 0, 1, 1), ("b", "odd", 5, 0, 0)],
    columns=["model", "task", "num_series", "num_scores", "num_layers_scored"],
)
TYPES = {"t1": "retrieval", "t2": "retrieval", "odd": ""}


def found() -> pd.DataFrame:
    return by_type(TABLE, ["a", "b"], TYPES, {"a": "base LM"})


def test_each_model_and_type_is_counted() -> None:
    cells = found().set_index(["model", "type"])
    assert cells.loc[("a", "retrieval"), ["held", "scored", "total", "most"]].tolist() == [
        *(2, 1, 2, 12)
    ]
    assert cells.loc[("b", "retrieval"), ["held", "scored", "missing"]].tolist() == [0, 0, "t2"]
    assert cells.loc[("b", "other"), "held"] == 1
    assert cells.loc[("a", "other"), "missing"] == "odd"


def test_the_figure_puts_models_down_by_family_and_turns_no_name() -> None:
    figure = plot_types(found(), Look())
    assert list(figure.layout.yaxis.ticktext) == [
        *("<b>Base LMs (1)</b>", "a", "<b>Unknown family (1)</b>", "b")
    ]
    assert figure.layout.xaxis.tickangle == 0
    assert "2 · 1" in {word for layer in figure.data[1:] for row in layer.text for word in row}
    assert figure.data[0].z[1][1] == 1.0
    assert figure.data[0].z[0][0] is None
