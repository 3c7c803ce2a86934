"""What the store holds at a glance, and where to look first."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from lrd_core.config import Config
from lrd_core.metrics.registry import ranked
from lrd_core.numbers import counted, points, whole
from lrd_core.store.sources import IMPORTED
from lrd_core.views import coverage, dominance, pruning, pruning_findings, series_names, stored
from lrd_core.views.coverage_types import MOST_TASKS, by_type
from lrd_core.views.depth import DepthRequest, DepthView, asked_lines, depth
from lrd_core.views.family_words import bends_sentence
from lrd_core.views.findings import sentence as line_sentence
from lrd_core.views.groups import known
from lrd_core.views.provenance import source_name
from lrd_core.views.ready import Held, ReadyView, ready_views
from lrd_core.views.series_names import SCORE
from lrd_core.views.story import StoryRequest, StoryView, story
from lrd_core.views.story_maps import StoryMapsRequest
from lrd_core.views.strips import MANY, StripsRequest, StripsView, strips
from lrd_core.views.view import Selection, View
from lrd_core.views.words import joined, where

Headline = StoryView | DepthView | StripsView


@dataclass(frozen=True)
class CoverageView(View):
    """Models against tasks: `table` has the columns of `coverage_table`.

    models, tasks: the rows and columns of the grid in their order, with and without results.
    types: where tasks are too many for columns, of coverage_types.by_type; else empty.
    """

    models: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    types: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True)
class Overview:
    """The store at a glance.

    headline: what the selected models' layers do; of many, or in a store of many, strips of them
    all. around: the maps at its event, where it has one. sentence: how much is in the store.
    coverage: what is there of every model and task. findings: what the numbers say, a sentence
    each. ready: views that the store can fill.
    """

    sentence: str
    headline: Headline
    around: StoryMapsRequest | None
    coverage: CoverageView
    findings: tuple[str, ...]
    ready: tuple[ReadyView, ...]


def overview(config: Config, selection: Selection, beside: bool = False) -> Overview | None:
    """The store at a glance; None for an empty one.

    beside: the headline is of the selected models alone, a column each.
    """
    runs, scores = stored.runs(config), stored.scores(config)
    if runs.empty and scores.empty:
        return None
    held = coverage.series_by_run(config)
    available = series_names.profile_series(held, scores)
    table = coverage_table(runs, scores, held)
    series = headline_series(available)
    tried = runs[runs["condition"] != ""].groupby("model")["condition"].nunique()
    conditions = dict(tried.sort_values(ascending=False, kind="stable"))
    pruned, heavy = pruning.pruned_models(config), dominance.models(config, runs)
    ready = Held(table, available, selection.order, conditions, pruned, heavy)
    headline = _headline(config, selection, tuple(series), beside=beside)
    return Overview(
        sentence=store_sentence(runs, scores, held),
        headline=headline,
        around=_around(headline),
        coverage=coverage_view(table, selection.order, runs, scores),
        findings=tuple(_findings(config, headline, selection, series)),
        ready=tuple(ready_views(ready)),
    )


def coverage_view(
    table: pd.DataFrame, order: Sequence[str], runs: pd.DataFrame, scores: pd.DataFrame
) -> CoverageView:
    """The grid of what is there, the tasks of most models first; of many tasks, their types.

    table: as `coverage_table` gives it. order: every model of the store. runs, scores: of the
    store, which know families and types.
    """
    tasks = table["task"].value_counts(sort=False)
    ranked = sorted(tasks.index.sort_values(), key=lambda task: -int(tasks[task]))
    if len(tasks) > MOST_TASKS:
        types = known("task", "task_type", runs, scores)
        families = known("model", "family", runs, scores)
        return CoverageView(
            table,
            notes=(
                "Number of tasks with metrics, and after the dot of those where every layer has a "
                "score. Hover names what is missing.",
            ),
            alt="Number of tasks of each type in the store for each model",
            models=tuple(order),
            tasks=tuple(ranked),
            types=by_type(table, order, types, families),
        )
    return CoverageView(
        table,
        notes=("Number of metrics for each model and task; a dot where every layer has a score.",),
        alt="Number of metrics in the store for each model and task",
        models=tuple(order),
        tasks=tuple(ranked),
    )


def _around(headline: View) -> StoryMapsRequest | None:
    """The layers before, at and after the event of a story."""
    event = headline.event if isinstance(headline, StoryView) else None
    return None if event is None else StoryMapsRequest(event.run_key, event.layers)


def _headline(
    config: Config, selection: Selection, series: tuple[str, ...], *, beside: bool
) -> Headline:
    """The story of the selected models; where more are selected, or stored, than lines can tell
    apart, strips of all of these, or lines of their families."""
    if beside:
        return depth(config, DepthRequest(selection, series, layout="multiples"))
    models = selection.models if len(selection.models) > MANY else selection.order
    if len(models) > MANY:
        every = replace(selection, models=tuple(models))
        drawn = strips(config, StripsRequest(every, series))
        if len(drawn.rows) > MANY:
            return drawn
    told = story(config, StoryRequest(selection, series[0])) if series else None
    if told is None or len(told.families):
        return depth(config, DepthRequest(selection, series))
    return told


def _findings(
    config: Config, headline: Headline, selection: Selection, series: Sequence[str]
) -> list[str]:
    """What the drawn models show, and what all trials of pruning do."""
    if isinstance(headline, StripsView):
        said = [bends_sentence(headline.table, panel.series) for panel in headline.panels]
        drawn = replace(selection, models=tuple(dict.fromkeys(headline.rows["model"])))
        scored = asked_lines(config, DepthRequest(drawn), (SCORE,)).found
        said.append(best_layer_sentence(scored))
    else:
        shown = depth(config, DepthRequest(selection, (*series, SCORE), band="none")).table
        said = findings(shown, series)
    every = (*said, pruning_findings.headline(config))
    return [text for text in every if text and text != headline.sentence]


def coverage_table(runs: pd.DataFrame, scores: pd.DataFrame, stored: pd.DataFrame) -> pd.DataFrame:
    """One row for each model and task that something is known about.

    Columns: model, task, num_series, num_layers_scored, n, n_total, sources. num_series counts
    series over all runs of the pair, each once in whatever mode it is stored.
    """
    joined = runs.merge(stored[["run_key", "series"]], on="run_key", how="left")
    pair = ["model", "task"]
    table = joined.groupby(pair, sort=False).agg(
        num_series=("series", "nunique"),
        n=("n", "max"),
        n_total=("n_total", "max"),
        sources=("source", lambda s: " / ".join(sorted({source_name(x) for x in s}))),
    )
    scored = scores.groupby(pair, sort=False).agg(
        num_scores=("score", "count"), num_layers_scored=("layer", "nunique")
    )
    table = table.join(scored, how="outer").reset_index()
    for column in ("num_series", "num_scores", "num_layers_scored"):
        table[column] = table[column].fillna(0).astype(int)
    return table.assign(sources=table["sources"].fillna("imported"))


def store_sentence(runs: pd.DataFrame, scores: pd.DataFrame, stored: pd.DataFrame) -> str:
    """How much is in the store and where it came from, in one sentence."""
    models = set(runs["model"]) | set(scores["model"])
    tasks = set(runs["task"]) | set(scores["task"])
    profiles = int((stored["num_values"] > 1).sum())
    parts = [f"{counted(len(models), 'model')} on {counted(len(tasks), 'task')}"]
    held = [counted(profiles, "metric profile")] if profiles else []
    held += [counted(len(scores), "measured score")] if len(scores) else []
    parts.append(" and ".join(held) or "no numbers yet")
    parts += _origins(runs)
    return ": ".join(parts[:2]) + (f", {parts[2]}." if len(parts) > 2 else ".")


def _origins(runs: pd.DataFrame) -> list[str]:
    """Where the runs came from, in one clause; none where all are the visitor's own."""
    own = int((runs["source"] == "own").sum())
    bundled = int((runs["source"] == "demo").sum())
    imported = runs.loc[runs["source"].str.startswith(IMPORTED), "source"]
    if imported.empty and bundled and not own:
        return ["all bundled with the app"]
    others = [f"{bundled} bundled" if own else f"{counted(bundled, 'bundled run')}"] * bool(bundled)
    others += [
        f"{whole(rows)} {source_name(str(name))}" for name, rows in imported.value_counts().items()
    ]
    if not others:
        return []
    first = f"{counted(own, 'run')} of your own beside " if own else "in "
    return [first + joined(others, most=3)]


def headline_series(available: Sequence[str]) -> list[str]:
    """A quantity that has a shape over depth and one that says how much changes."""
    first = [one.name for one in ranked("shape") if one.name in available][:1]
    others = [one.name for one in ranked("change") if one.name not in first]
    return first + [name for name in others if name in available][:1]


def findings(lines: pd.DataFrame, series: Sequence[str]) -> list[str]:
    """The headline findings of these lines, one sentence for each series, in their order."""
    sentences = [line_sentence(lines, name, count_rest=False) for name in series]
    return [text for text in [*sentences, best_layer_sentence(lines)] if text]


def best_layer_sentence(lines: pd.DataFrame) -> str:
    """For how many models a middle layer scores above the last, and the largest gain."""
    rows = lines[(lines["series"] == SCORE) & lines["value"].notna()]
    gains = []
    for (model, task), line in rows.groupby(["model", "task"], sort=False):
        last = line.loc[line["position"].idxmax()]
        best = line.loc[line["value"].idxmax()]
        gains.append((float(best["value"] - last["value"]), str(model), str(task), best))
    if not gains:
        return ""
    better = [gain for gain in gains if gain[0] > 0]
    if not better:
        return f"The last layer scores best in {counted(len(gains), 'case')} measured."
    gain, model, task, best = max(better, key=lambda entry: entry[0])
    place = where(float(best["position"]), int(best["num_blocks"]))
    return (
        f"An earlier layer scores above the last in {len(better)} of {len(gains)} cases; most in "
        f"{model} on {task}, {points(100 * gain)} points higher {place}."
    )
