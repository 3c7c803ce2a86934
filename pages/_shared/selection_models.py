"""The parts of the Selection page about models: evidence by task, and the recommender."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lrd_core.config import Config, load_config
from lrd_core.errors import InputError
from lrd_core.plots.recommendation import plot_ranking, prepare_ranking
from lrd_core.plots.selection import MEDIAN, MOST_NUMBERED_COLUMNS, plot_heatmap, prepare_heatmap
from lrd_core.plots.selection_scatter import plot_scatter, prepare_scatter
from lrd_core.views import selection, selection_words
from lrd_core.views import stored as results
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, command
from lrd_core.views.score_tables import score_table
from lrd_core.views.selection import Levels, ModelEvidence
from lrd_core.views.selection_words import level_label, short_names
from pages._shared import cache, cards, state, widgets

VALUES = {"exact": "Computed here", "published": "Imported, published formula"}
AT = {"last": "Last layer", "best": "Best layer"}
SORTS = {"type": "task type", "name": "name", "rho": "strength"}
SIZE_STEPS = (0, 25, 50, 100, 150, 300, 500, 1000, 3000, 8000)


def read_evidence() -> ModelEvidence:
    """Controls for what counts as evidence, and the evidence they choose."""
    modes = cache.read(selection.modes_stored) or ["exact"]
    filters = selection.filters_of(cache.read(results.runs), cache.read(results.scores))
    at = state.choose_one("Score of the", list(AT), key="at", show=AT.__getitem__)
    mode = modes[0]
    if len(modes) > 1:
        mode = state.choose_one("Metric values", modes, key="values", show=VALUES.__getitem__)
    with st.popover("Filter", help="Families and task types"):
        families = state.choose_many("Families", filters.families, key="families")
        types = state.choose_many("Task types", filters.task_types, key="types")
    fixed = dict(state.selection().settings)
    return _evidence(
        cache.read(selection.evidence_version),
        load_config(),
        at,
        tuple(types),
        mode=mode,
        families=tuple(families),
        settings=fixed,
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _evidence(
    version: str, _config: Config, at: str, types: tuple[str, ...], **chosen: Any
) -> ModelEvidence:
    """Kept by the tables that it is read from, so that jobs which write others leave it alone.

    All visitors share it, as they share what cache.read gives: it is to be read only.
    """
    levels = _levels(version, _config, **chosen)
    return selection.correlate(levels, cache.read(score_table), at=at, task_types=types)


@st.cache_resource(max_entries=8, show_spinner=False)
def _levels(version: str, _config: Config, **chosen: Any) -> Levels:
    """What does not depend on the scores, for when only the layer or the task types change."""
    return selection.stored_levels(_config, **chosen)


def draw_evidence() -> None:
    """The heatmap of correlations, and the models behind one of its cells."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    with row:
        evidence = read_evidence()
    if evidence.cells.empty or evidence.cells["rho"].isna().all():
        _too_little(evidence)
        return
    with row:
        partial = (
            state.choose_one(
                "Correlation",
                ["plain", "size"],
                key="given",
                show={"plain": "Spearman", "size": "Given model size"}.__getitem__,
            )
            == "size"
        )
        sort = state.choose_one("Sort tasks by", list(SORTS), key="sort", show=SORTS.__getitem__)
        every = state.switch("All metrics", key="all", help="Also means and last values of others.")
    metrics = selection.level_order(evidence, only_published=not every)
    metrics = metrics or selection.level_order(evidence)
    tasks = selection.task_order(evidence, metrics, sort)
    sentence = selection_words.evidence_sentence(evidence, metrics, tasks, partial=partial)
    widgets.page_header("Selection", sentence)
    metric, task = _chosen_cell(evidence, metrics, tasks)
    wide_map = len(metrics) > MOST_NUMBERED_COLUMNS
    left, right = (
        (st.container(), st.container())
        if wide_map
        else widgets.side_by_side([7, 5], key="evidence")
    )
    with left:
        prepared = prepare_heatmap(
            evidence.cells, selection.median_table(evidence), metrics, tasks, partial=partial
        )
        figure = plot_heatmap(prepared, short_names(metrics), widgets.look(), chosen=(task, metric))
        widgets.show(
            figure,
            "evidence",
            table=evidence.cells,
            runs=evidence.picked,
            alt=f"Rank correlation of {len(metrics)} metrics with scores on {len(tasks)} tasks. "
            + sentence,
            command=command("select evidence"),
            selection_mode="points",
            note=selection_words.evidence_note(evidence, metrics),
            on_select=lambda: _keep_cell("evidence"),
        )
    with right:
        _draw_scatter(evidence, metric, task)
    _medians(evidence, metrics)


def draw_recommender() -> None:
    """Candidates, tasks without labels, a budget; the ranking with its doubts."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        evidence = read_evidence()
    models = selection.models_with_values(evidence)
    if len(models) < 2:
        _too_little(evidence)
        return
    tasks = sorted(set(evidence.values["task"]) - set(evidence.borrowed))
    levels = selection.level_order(evidence) or sorted(set(evidence.values["metric"]))
    preferred = selection.preferred_levels(levels)
    left, right = widgets.side_by_side([2, 5], key="recommender")
    with left:
        first = _first_unlabelled(evidence, tasks)
        targets = state.choose_many(
            "Tasks without labels",
            tasks,
            key="targets",
            default=first,
            help="Their scores are never looked at, even where the store has them.",
        )
        candidates = state.choose_many("Candidates", models, key="candidates", default=models)
        limit = state.choose_one(
            "Largest model",
            list(SIZE_STEPS),
            key="budget",
            list_box=True,
            show=lambda size: f"{size:,} million parameters" if size else "any size",
        )
        shortlist = state.number(
            "Models you can try yourself",
            1,
            max(min(len(models) - 1, 5), 2),
            key="shortlist",
            default=2,
        )
        metrics = state.choose_many(
            "Rank by", levels, key="rank_by", default=preferred, show=level_label
        )
    with right:
        if not targets or not metrics:
            widgets.page_header("Selection", "Choose at least one task and one metric.")
            return
        try:
            found = selection.recommend_models(
                evidence,
                targets=targets,
                candidates=candidates,
                metrics=metrics,
                most_parameters=limit * 1e6 if limit else None,
            )
        except InputError as error:
            widgets.page_header("Selection", "This choice leaves nothing to rank.")
            widgets.error_box(error)
            return
        _draw_ranking(evidence, found, metrics, int(shortlist))


def _draw_ranking(
    evidence: ModelEvidence, found: Any, metrics: Sequence[str], shortlist: int
) -> None:
    sentence = selection_words.recommendation_sentence(found, shortlist)
    widgets.page_header("Selection", sentence)
    if found.thin:
        st.warning(
            "**The evidence is thin.** "
            + widgets.plain("; ".join(found.thin).capitalize() + ".")
            + " Treat the order as a place to start looking."
        )
    table = selection.candidate_table(found)
    named = table.rename(columns={name: level_label(name) for name in metrics})
    widgets.show(
        plot_ranking(prepare_ranking(named), widgets.look(), shortlist=shortlist),
        "ranking",
        alt=f"Ranking of {len(table)} models. {sentence}",
        table=table,
        runs=evidence.picked,
        command=command("select models", task=list(found.targets), metric=list(metrics)),
        note=selection_words.recommendation_note(found),
    )
    held = selection.rivals(evidence, tuple(metrics))
    st.markdown("**Tried on tasks with labels**")
    st.dataframe(
        selection_words.rival_table(held),
        hide_index=True,
        alt="The ranking rule against size alone on tasks held out",
    )
    st.caption(selection_words.RIVALS_NOTE)


def _draw_scatter(evidence: ModelEvidence, metric: str, task: str) -> None:
    prepared = prepare_scatter(evidence.values, evidence.scores, evidence.facts, metric, task)
    st.markdown(f"**{widgets.plain(level_label(metric))} and the score on {widgets.plain(task)}**")
    st.caption(widgets.plain(selection_words.cell_sentence(evidence, metric, task)))
    label, unit = selection_words.level_axis(metric)
    widgets.show(
        plot_scatter(prepared, label, unit, f"Score on {task}", widgets.look()),
        "scatter",
        alt=f"{len(prepared)} models: {label} against the score on {task}",
        table=prepared.drop(columns="hover"),
        note=selection_words.borrowed_note(evidence, task),
    )
    cards.metric_cards([selection_words.level_series(metric)])


def _medians(evidence: ModelEvidence, metrics: Sequence[str]) -> None:
    with state.section("Median over tasks, with verdicts", key="medians") as part:
        if not part.open:
            return
        table = selection.median_table(evidence)
        table = table[table["metric"].isin(list(metrics))]
        st.dataframe(
            table.assign(metric=[level_label(name) for name in table["metric"]]).round(2),
            hide_index=True,
            alt="Median correlation of each metric over tasks",
        )
        st.caption(
            "LRD paper, 31 models on 30 tasks: distance from first to last layer, neighbour "
            "retention and filtration information all correlate positively, the distance strongest."
        )


def _chosen_cell(
    evidence: ModelEvidence, metrics: Sequence[str], tasks: Sequence[str]
) -> tuple[str, str]:
    """Metric and task of the scatter: two lists, which a click on the heatmap sets too."""
    first = selection.strongest_cell(evidence, metrics, tasks)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = state.choose_one(
            "Metric", list(metrics), key="metric", default=first[0], show=level_label, list_box=True
        )
        task = state.choose_one(
            "Task",
            list(tasks),
            key="task",
            default=first[1],
            list_box=True,
            help="Or click a cell of the map.",
        )
    return metric, task


def _keep_cell(key: str) -> None:
    points = st.session_state.get(key, {}).get("selection", {}).get("points", [])
    if not points:
        return
    row, metric = points[0]["customdata"][:2]
    st.session_state["metric"] = metric
    if row != MEDIAN:
        st.session_state["task"] = row


def _first_unlabelled(evidence: ModelEvidence, tasks: Sequence[str]) -> list[str]:
    """A task without scores if there is one: that is what the recommender is for."""
    labelled = set(evidence.scores["task"])
    chosen = [task for task in state.selection().tasks if task in tasks]
    return [task for task in tasks if task not in labelled][:1] or chosen[:1] or list(tasks[:1])


def _too_little(evidence: ModelEvidence) -> None:
    widgets.page_header("Selection", selection_words.too_little(evidence))
    widgets.empty_state(
        "Not enough to compare models yet",
        "A correlation across models needs at least four models with metrics and a score on the "
        "same task. Run more models, score them, or import scores.",
        button="Start a run",
        page="pages/runs.py",
        command=command("scores", model=FIRST_MODEL, task=FIRST_TASK),
        key="too_little",
    )
    models = pd.DataFrame(
        {
            "models with metrics": [evidence.values["model"].nunique()],
            "models with scores": [evidence.scores["model"].nunique()],
            "tasks with both": [len(set(evidence.values["task"]) & set(evidence.scores["task"]))],
        }
    )
    st.dataframe(models, hide_index=True, alt="What is there")
