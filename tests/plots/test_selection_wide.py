"""Many metrics: they stand down, tasks across under the types that stand together."""

import pandas as pd

from lrd_core.plots.selection_wide import plot_wide
from lrd_core.plots.theme import Look
from lrd_core.views.correlations import MEDIAN

TASKS = {"t1": "retrieval", "t2": "retrieval", "t3": "sts"}
NAMES = {f"m{i}": f"Metric <{i}>" for i in range(20)}


def prepared(*tasks: str) -> pd.DataFrame:
    rows = [(task, metric) for task in (MEDIAN, *tasks) for metric in NAMES]
    table = pd.DataFrame(rows, columns=["row", "metric"])
    return table.assign(rho=0.5, hover="words")


def test_metrics_stand_down_and_types_above_their_columns() -> None:
    figure = plot_wide(prepared(*TASKS), NAMES, TASKS, Look(), chosen=("t3", "m2"))
    assert figure.layout.yaxis.ticktext[3] == "Metric &lt;3&gt;"
    heads = {note.text: note.x for note in figure.layout.annotations}
    assert set(heads) == {"<b>median</b>", "retrieval", "sts"}
    assert heads["<b>median</b>"] == 0
    assert heads["retrieval"] == (1 + 2) / 2 + 0.6
    box = figure.layout.shapes[0]
    assert (round((box.x0 + box.x1) / 2, 6), (box.y0 + box.y1) / 2) == (3.6, 2)
    assert list(figure.data[1].customdata[0]) == [MEDIAN, "m0"]


def test_types_that_are_apart_have_no_heading() -> None:
    figure = plot_wide(prepared("t1", "t3", "t2"), NAMES, TASKS, Look())
    assert {note.text for note in figure.layout.annotations} == {"<b>median</b>", "sts"}
