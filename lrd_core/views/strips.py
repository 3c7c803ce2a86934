"""Strips: a row a model, depth across, colour the value; for as many models as there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from lrd_core.config import Config
from lrd_core.numbers import counted
from lrd_core.views import coverage, depth, findings, line_words, lines
from lrd_core.views.crowds import MANY as MANY
from lrd_core.views.family_words import bends_sentence, line_names
from lrd_core.views.panel import Panel
from lrd_core.views.series_names import SCORE, series_text
from lrd_core.views.strip_order import Measure, Order, measure_of, ordered
from lrd_core.views.task_means import task_means
from lrd_core.views.view import Selection, View, told
from lrd_core.views.words import joined

MOST_PANELS = 4
"""Series side by side; more would leave no width for depth."""

CLIPPED = 0.01
"""Share of values at either end that may lie outside the colours, so that few do not hide all."""

MARK_COLUMNS = [
    *("name", "model", "task", "variation", "variant", "series"),
    *("position", "value", "num_blocks"),
]


@dataclass(frozen=True)
class StripsRequest:
    """What to draw as strips.

    series: in the order of the panels, of which MOST_PANELS are drawn; none: the usual ones.
    variants: other modes and parameters, as rows of their own. order: inside a family. marks:
    valleys, peaks and the layer with the best score. lifted: models whose rows stand out.
    """

    selection: Selection
    series: tuple[str, ...] | None = None
    variants: tuple[str, ...] = ()
    order: Order = "valley"
    axis: depth.Axis = "percent"
    marks: bool = True
    lifted: tuple[str, ...] = ()


@dataclass(frozen=True)
class StripsView(View):
    """Strips: `table` has the columns of lines and `name`, one row a strip, series and position.

    rows: one row a strip from top to bottom: name, model, family, told (the number that orders
    them, in words). measure: what that number is, "" for none. colours: series -> lowest and
    highest value that a colour stands for. marks: columns of the table and `kind`.
    """

    panels: tuple[Panel, ...] = ()
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    measure: str = ""
    colours: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    axis: depth.Axis = "percent"
    lifted: tuple[str, ...] = ()
    picked: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def saved(self) -> pd.DataFrame:
        """One row a value, with what it takes to know where it came from."""
        return lines.long_table(self.table)


def strips(config: Config, request: StripsRequest) -> StripsView:
    """The strips that were asked for. Empty where the store has none of the series."""
    usual = depth.choices(config).default
    series = (usual if request.series is None else request.series)[:MOST_PANELS]
    asked = depth.DepthRequest(request.selection, variants=request.variants)
    read = depth.asked_lines(config, asked, tuple(dict.fromkeys((*series, SCORE))))
    plain = replace(asked, without=False)
    found, _ = depth.with_dominance(config, plain, read)
    picked = read.picked
    averaged, means = task_means(found)
    table = averaged.assign(name=line_names(averaged))
    held = [name for name in series if name in set(table["series"])]
    if not held:
        return StripsView(table.iloc[:0], picked=picked)
    drawn = pd.concat([table[table["series"] == name] for name in held], ignore_index=True)
    behind = picked[picked["run_key"].isin(found["run_key"])]
    measure = measure_of(config, request.order, drawn, behind, request.selection.tasks)
    colours = {name: colour_range(drawn.loc[drawn["series"] == name, "value"]) for name in held}
    marks = strip_marks(table, held, request.marks)
    notes = [*means, *_missing(drawn, request), key_of(marks), measure.note]
    notes.append(clipped(drawn, colours))
    notes.append(coverage.not_picked(read.every, behind))
    sentence = bends_sentence(drawn, held[0])
    rows = row_table(drawn, ordered(drawn, request.order, measure), measure)
    return StripsView(
        table=drawn,
        sentence=sentence,
        notes=told(notes),
        runs=behind,
        metrics=tuple(line_words.metric_names(drawn)),
        command=line_words.commands(found[found["series"].isin(held)], picked),
        marks=marks,
        alt=f"Strips of {counted(len(rows), 'model')}, depth across. {sentence}",
        panels=tuple(Panel(name, *series_text(name)) for name in held),
        rows=rows,
        measure=measure.called,
        colours=colours,
        axis=request.axis,
        lifted=request.lifted,
        picked=picked,
    )


def row_table(drawn: pd.DataFrame, names: Sequence[str], measure: Measure) -> pd.DataFrame:
    """One row a strip, in the order of names: name, model, family, told."""
    facts = drawn.drop_duplicates("name").set_index("name").loc[list(names), ["model", "family"]]
    return facts.assign(told=[measure.told.get(name, "") for name in names]).reset_index()


def colour_range(values: pd.Series) -> tuple[float, float]:
    """Lowest and highest value that a colour stands for: all but CLIPPED at either end."""
    low, high = values.quantile(CLIPPED), values.quantile(1 - CLIPPED)
    return float(low), float(high)


def clipped(drawn: pd.DataFrame, colours: Mapping[str, tuple[float, float]]) -> str:
    """That values beyond the ends of the colours have the colour of the end, where some are."""
    outside = 0
    for series, (low, high) in colours.items():
        values = drawn.loc[drawn["series"] == series, "value"]
        spread = high - low
        outside += int(((values < low - 0.1 * spread) | (values > high + 0.1 * spread)).sum())
    if not outside:
        return ""
    return (
        f"{counted(outside, 'value')} beyond the 1st and 99th percentile "
        f"{'has' if outside == 1 else 'have'} the colour of the end; hover shows the number."
    )


def strip_marks(table: pd.DataFrame, series: Sequence[str], wanted: bool) -> pd.DataFrame | None:
    """Valleys and peaks of the drawn strips, and on each the layer that scores best.

    table: with the measured score, whether it is drawn or not.
    """
    if not wanted:
        return None
    narrow = table[MARK_COLUMNS]
    bends = [name for name in series if name != SCORE]
    drawn = narrow[narrow["series"].isin(bends)]
    best = findings.find_marks(narrow[narrow["series"] == SCORE])
    best = best[best["name"].isin(drawn["name"])] if bends else best
    return pd.concat(
        [findings.find_marks(drawn), *(best.assign(series=one) for one in series)],
        ignore_index=True,
    )


def key_of(marks: pd.DataFrame | None) -> str:
    """What the marks on the strips mean."""
    if marks is None or marks.empty:
        return ""
    signs = {"valley": "the lowest point of a valley", "peak": "the peak"}
    rings = [said for kind, said in signs.items() if kind in set(marks["kind"])]
    words = [f"a ring is {' or '.join(rings)}"] if rings else []
    if "best" in set(marks["kind"]):
        words.append("a dot is the layer with the best measured score")
    return f"On a strip {joined(words)}."


def _missing(drawn: pd.DataFrame, request: StripsRequest) -> list[str]:
    absent = [model for model in request.selection.models if model not in set(drawn["model"])]
    return [f"Not drawn, without these values: {joined(absent, most=4)}."] if absent else []
