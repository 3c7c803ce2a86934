"""Depth: any metrics of any models and tasks, and measured scores, on one depth axis."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd

from lrd_core.config import Config
from lrd_core.views import (
    coverage,
    crowds,
    dominance,
    findings,
    line_words,
    lines,
    playing,
    series_names,
    stored,
)
from lrd_core.views.panel import Panel
from lrd_core.views.searched import search_note
from lrd_core.views.series_names import SCORE, text_over
from lrd_core.views.view import Selection, View, told

Axis = Literal["percent", "layer"]
Layout = Literal["overlay", "multiples", "play"]
Band = Literal["auto", "interval", "tasks", "none"]
Facet = Literal["model", "family", "task"]


@dataclass(frozen=True)
class DepthRequest:
    """What to draw over depth.

    series: in the order of the panels; none: the usual ones. variants: other modes and parameters
    to draw too ("published"). vary: a setting of which each value is a line of its own. minus: a
    model whose plain line is taken from every other. marks: valleys, peaks, best layers and picks.
    axis, layout, band: how it is drawn. facet: what small multiples are of. lifted: models that
    stand out where lines are too many to be told apart. without: draw each line that a few tokens
    of huge norm change a second time, without them.
    """

    selection: Selection
    series: tuple[str, ...] | None = None
    variants: tuple[str, ...] = ()
    vary: str | None = None
    minus: str | None = None
    marks: bool = True
    axis: Axis = "percent"
    layout: Layout = "overlay"
    band: Band = "auto"
    facet: Facet = "model"
    lifted: tuple[str, ...] = ()
    without: bool = True


@dataclass(frozen=True)
class DepthChoices:
    """What the store offers to choose from.

    series: profiles, best known first. default: those drawn when nobody chooses. vary: settings
    of which runs of one model and task differ.
    """

    series: tuple[str, ...]
    default: tuple[str, ...]
    vary: tuple[str, ...]


@dataclass(frozen=True)
class DepthView(View):
    """Lines over depth: `table` has the columns of lines.LINE_COLUMNS and of with_variation.

    panels: the drawn series, one panel each. picked: the runs that were asked, of which `runs` are
    those that have a line. stored: whether anything of what was asked for is in the store.
    facet: what each of small multiples is of. families: of family_bands, what families do where
    there are too many lines to tell apart; lifted: models that stand out there. shades: of
    dominance.spans, layers that a few tokens dominate.
    """

    panels: tuple[Panel, ...] = ()
    axis: Axis = "percent"
    layout: Layout = "overlay"
    bands: bool = True
    picked: pd.DataFrame = field(default_factory=pd.DataFrame)
    stored: bool = True
    facet: Facet = "model"
    families: pd.DataFrame = field(default_factory=pd.DataFrame)
    lifted: tuple[str, ...] = ()
    shades: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def saved(self) -> pd.DataFrame:
        """One row a value, with what it takes to know where it came from."""
        return lines.long_table(self.table)

    @property
    def can_play(self) -> bool:
        """Whether some line has variations, such as conditions or checkpoints."""
        return bool((self.table["variation"] != "").any())


def choices(config: Config) -> DepthChoices:
    """What can be drawn of this store."""
    series = series_names.profile_series(coverage.series_by_run(config), stored.scores(config))
    vary = coverage.ambiguous_settings(stored.runs(config))
    return DepthChoices(tuple(series), tuple(series_names.default_series(series)), tuple(vary))


def variants(config: Config, series: Sequence[str]) -> list[str]:
    """Other modes and parameters in which these series are stored, such as published."""
    return series_names.variants_of(coverage.series_by_run(config), series)


def depth(config: Config, request: DepthRequest) -> DepthView:
    """The lines that were asked for, with what they show. Empty where the store has none.

    Raises: UnknownNameError for a setting to vary that no run has.
    """
    request = _played(config, request)
    series = choices(config).default if request.series is None else request.series
    scores = stored.scores(config)
    asked = asked_lines(config, request, series)
    found, shades = with_dominance(config, request, asked)
    picked, behind = asked.picked, asked.behind(found)
    profiles = [name for name in series if name != SCORE]
    reasons = lines.read_reasons(config, list(picked["run_key"]), profiles)
    notes = line_words.missing_lines(found, picked, profiles, reasons)
    notes += line_words.score_notes(found, scores) + line_words.position_notes(found, behind)
    notes.append(search_note(config, behind, set(found["metric"])))
    notes.append(coverage.not_picked(asked.every, behind))
    command = line_words.commands(found, behind)
    drawn, said = _difference(found, request.minus)
    drawn, bands, more = _band(drawn, request)
    panels = _panels(drawn, series, set(behind["modality"]), request.minus is not None)
    families = _families(drawn, request)
    heavy = dominance.notes(shades), _remaining(drawn, panels)
    sentence = _sentence(drawn, panels, request.minus, crowded=not families.empty)
    return DepthView(
        table=drawn,
        sentence=sentence,
        notes=told(notes, said, more, crowds.note(families, request.axis), *heavy),
        runs=behind,
        metrics=tuple(line_words.metric_names(drawn)),
        command=command,
        marks=_marks(drawn, request, crowded=not families.empty),
        alt=f"{', '.join(panel.label for panel in panels)} over depth. {sentence}",
        panels=panels,
        axis=request.axis,
        layout=request.layout,
        bands=bands and families.empty,
        picked=picked,
        facet=request.facet,
        families=families,
        lifted=request.lifted,
        stored=bool(series) and not found.empty,
        shades=shades,
    )


def _played(config: Config, request: DepthRequest) -> DepthRequest:
    """Where lines are played and nobody said what, the setting of which there are most values."""
    if request.layout != "play" or request.vary is not None:
        return request
    usual = playing.usual_setting(request.selection.meeting_runs(stored.runs(config)))
    return replace(request, vary=usual)


@dataclass(frozen=True)
class AskedLines:
    """Lines that were asked for, the runs that were picked for them, and every run of the store."""

    found: pd.DataFrame
    picked: pd.DataFrame
    every: pd.DataFrame

    def behind(self, drawn: pd.DataFrame) -> pd.DataFrame:
        """The runs of these lines, picked ones first."""
        others = self.every[~self.every["run_key"].isin(self.picked["run_key"])]
        runs = pd.concat([self.picked, others])
        return runs[runs["run_key"].isin(drawn["run_key"])]


def asked_lines(config: Config, request: DepthRequest, series: Sequence[str]) -> AskedLines:
    """The lines of these series that a request asks for."""
    every = stored.runs(config)
    picked = _picked(every, request)
    found = _in_order(_read(config, request, series, picked), request.selection)
    return AskedLines(found, picked, every)


def with_dominance(
    config: Config, request: DepthRequest, asked: AskedLines
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines with what dominating tokens do to them, and the layers that these dominate."""
    heavy = dominance.heavy_layers(config, asked.picked)
    own = asked.found[asked.found["run_key"] != ""]
    left = dominance.others(config, asked.every, asked.picked, list(own["series"].unique()))
    told = dominance.explain(asked.found, heavy, left)
    few = told["model"].nunique() <= crowds.MANY
    shades = dominance.spans(heavy if few else heavy.iloc[:0], asked.picked)
    if request.without and few and request.minus is None and request.vary is None:
        again = dominance.changed_lines(told, left, asked.every)
        again = lines.with_variation(again, request.vary)
        if len(again):
            told = pd.concat([told, again.assign(heavy="")], ignore_index=True)
            told = _in_order(told, request.selection)
    return told, shades


def _remaining(drawn: pd.DataFrame, panels: Sequence[Panel]) -> list[str]:
    """How much of the drawn valleys is left without dominating tokens."""
    return [said for panel in panels for said in findings.remaining(drawn, panel.series)]


def _in_order(found: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """The lines in the order of the selection, so that panels and keys stand as its lists do."""
    models = {name: place for place, name in enumerate(selection.models)}
    tasks = {name: place for place, name in enumerate(selection.tasks)}
    keys = pd.DataFrame({"m": found["model"].map(models), "t": found["task"].map(tasks)})
    order = keys.sort_values(["m", "t"], kind="stable").index
    return found.loc[order].reset_index(drop=True)


def _picked(runs: pd.DataFrame, request: DepthRequest) -> pd.DataFrame:
    picked = request.selection.pick_runs(runs)
    if request.vary is None:
        return picked
    return coverage.runs_that_vary(runs, picked, request.vary, request.selection.settings)


def _read(
    config: Config, request: DepthRequest, series: Sequence[str], picked: pd.DataFrame
) -> pd.DataFrame:
    values = lines.read_values(config, list(picked["run_key"]), list(series))
    parts = [lines.metric_lines(values, picked, request.variants)]
    if SCORE in series:
        # One revision of each model, unless revisions are what is compared.
        revisions = dict(zip(picked["model"], picked["revision"], strict=True))
        chosen = request.selection
        parts.append(
            lines.read_score_lines(
                config,
                chosen.models,
                chosen.tasks,
                None if request.vary == "revision" else revisions,
            )
        )
    filled = [part for part in parts if not part.empty]
    table = pd.concat(filled, ignore_index=True) if filled else parts[0]
    return lines.with_variation(table, request.vary)


def _difference(found: pd.DataFrame, minus: str | None) -> tuple[pd.DataFrame, list[str]]:
    if minus is None:
        return found, []
    drawn, left_out = lines.difference(found, (minus, ""))
    said = [f"Minus {minus}, layer by layer."]
    if left_out:
        said.append(f"Left out, with another number of blocks: {', '.join(left_out)}.")
    return drawn, said


def _band(drawn: pd.DataFrame, request: DepthRequest) -> tuple[pd.DataFrame, bool, list[str]]:
    """The lines with the interval that is drawn, whether one is, and what must be said of it."""
    band = request.band
    if request.layout == "multiples" and request.facet == "task":
        return drawn, band != "none", []  # each task on its own is what was asked for
    if band == "auto":
        each = drawn[["model", "task", "variation", "variant"]].drop_duplicates()
        crowded = len(each) > crowds.MANY and drawn["task"].nunique() > 1
        band = "tasks" if crowded else "interval"
    if band != "tasks":
        return drawn, band != "none", []
    # A line without dominating tokens is there of some tasks alone; its mean is made from them all.
    again = drawn["variant"] == dominance.WITHOUT
    averaged, used = lines.over_tasks(drawn[~again])
    if again.any():
        averaged = pd.concat([averaged, dominance.changed_means(averaged)], ignore_index=True)
    crowded = averaged["model"].nunique() > crowds.MANY
    what = "mean" if crowded else "mean and range"
    return averaged, True, line_words.tasks_in_words(used, what)


def _panels(
    drawn: pd.DataFrame, series: Sequence[str], modalities: set[str], difference: bool
) -> tuple[Panel, ...]:
    present = set(drawn["series"])
    texts = {name: text_over(name, modalities) for name in series if name in present}
    return tuple(
        Panel(name, label + (", difference" if difference else ""), unit, difference)
        for name, (label, unit) in texts.items()
    )


def _families(drawn: pd.DataFrame, request: DepthRequest) -> pd.DataFrame:
    """What families do where lines are too many to tell apart; nothing while they play."""
    if request.layout == "play":
        return drawn.iloc[:0]
    apart = request.facet if request.layout == "multiples" else None
    return crowds.families(drawn, request.axis, apart)


def _marks(drawn: pd.DataFrame, request: DepthRequest, *, crowded: bool) -> pd.DataFrame | None:
    """Places worth pointing at; in a crowd those of the lifted models alone."""
    if not request.marks or request.minus is not None:
        return None
    return findings.find_marks(drawn[drawn["model"].isin(request.lifted)] if crowded else drawn)


def _sentence(
    drawn: pd.DataFrame, panels: Sequence[Panel], minus: str | None, *, crowded: bool
) -> str:
    if not panels:
        return ""
    if minus is None and crowded:
        return crowds.sentence(drawn, panels[0].series)
    if minus is None:
        plain = drawn[drawn["variant"] != dominance.WITHOUT]
        return findings.sentence(plain, panels[0].series)
    return findings.difference_sentence(drawn, panels[0].series, minus)
