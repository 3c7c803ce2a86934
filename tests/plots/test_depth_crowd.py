"""Many lines drawn: families as medians with bands, light lines with names, lifted ones."""

import pandas as pd

from lrd_core.plots.depth import prepare_depth
from lrd_core.plots.depth_crowd import Shown, plot_crowd
from lrd_core.plots.theme import Look, family_colour
from lrd_core.views import crowds
from lrd_core.views.panel import Panel
from tests.plots.conftest import make_line

NAMES = [f"m{i}" for i in range(14)]
LOOK = Look(order=NAMES)
PANELS = [Panel("prompt_entropy", "Prompt entropy", "fraction")]


def many(task: str = "news") -> pd.DataFrame:
    parts = [
        make_line(name, values=(0.9, 0.5 - i / 100, 0.9), task=task) for i, name in enumerate(NAMES)
    ]
    table = pd.concat(parts, ignore_index=True)
    table["family"] = ["base LM" if int(m[1:]) < 7 else "encoder embedder" for m in table["model"]]
    return table


def shown(table: pd.DataFrame, apart: str | None = None, lifted: tuple[str, ...] = ()) -> Shown:
    families = crowds.families(table, "percent", apart)
    return Shown(prepare_depth(table, "percent", apart), families, None, lifted)


def test_families_have_medians_and_two_bands_and_lines_are_light() -> None:
    figure = plot_crowd(shown(many()), PANELS, LOOK)
    medians = [t for t in figure.data if t.name in ("Base LMs", "Encoder embedders")]
    assert {t.line.color for t in medians} == {
        *(family_colour("base LM"), family_colour("encoder embedder"))
    }
    assert len([t for t in figure.data if t.fill]) == 4
    single = [t for t in figure.data if t.meta]
    assert len(single) == len(NAMES)
    assert all(t.line.color.startswith("rgba") and t.line.width == 1 for t in single)
    assert single[0].meta == {"name": "m0", "colour": LOOK.colour("m0")}
    assert "median of 7" in medians[0].customdata[0]
    assert figure.layout.hovermode == "closest"


def test_a_lifted_line_has_its_colour_and_its_name() -> None:
    figure = plot_crowd(shown(many(), lifted=("m3",)), PANELS, LOOK)
    own = [t for t in figure.data if t.meta and t.meta["name"] == "m3"]
    assert own[-1].line.color == LOOK.colour("m3")
    assert own[-1].line.width > 2
    assert "m3" in {note.text for note in figure.layout.annotations}
    assert "m4" not in {note.text for note in figure.layout.annotations}


def test_panels_by_family_hold_their_own_lines() -> None:
    figure = plot_crowd(shown(many(), "family"), PANELS, LOOK, facet="family")
    titles = [note.text for note in figure.layout.annotations]
    assert titles.index("<b>Encoder embedders</b>") < titles.index("<b>Base LMs</b>")
    axes = {t.xaxis for t in figure.data if t.meta and t.meta["name"] == "m0"}
    assert axes == {"x2"}


def test_panels_by_task_hold_families_and_lifted_lines_alone() -> None:
    table = pd.concat([many("a"), many("b")], ignore_index=True)
    figure = plot_crowd(shown(table, "task", ("m1",)), PANELS, LOOK, facet="task")
    assert {t.meta["name"] for t in figure.data if t.meta} == {"m1"}
    medians = [t for t in figure.data if t.name == "Base LMs"]
    assert {t.xaxis for t in medians} == {"x", "x2"}
