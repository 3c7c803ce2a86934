"""Depth: any metrics of any models and tasks, and measured scores, on one depth axis."""

import pandas as pd
import streamlit as st

from lrd_core.plots.depth import plot_depth, prepare_depth
from lrd_core.plots.depth_layout import Panel
from lrd_core.plots.depth_play import can_play, plot_variations
from lrd_core.plots.theme import MOST_COLOURED_LINES
from lrd_core.settings import find_setting
from lrd_core.views import coverage, findings
from lrd_core.views import lines as depth
from lrd_core.views import stored as results
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, run_command
from pages._shared import cache, cards, depth_sections, state, widgets

AXES = {"percent": "% of blocks", "layer": "Layer"}
VIEWS = {"overlay": "Overlay", "multiples": "Small multiples", "play": "Play"}
BANDS = {
    "auto": "Automatic",
    "interval": "95% interval",
    "tasks": "Range over tasks",
    "none": "None",
}

runs, scores = cache.read(results.runs), cache.read(results.scores)
stored = cache.read(coverage.series_by_run)
selection = state.selection()
available = depth.profile_series(stored, scores)


def settings_panel() -> tuple[str, str, list[str], bool, str]:
    """Rarely used controls: what tells lines apart, reference, variants, marks, band."""
    with st.popover("More", help="Bands, comparisons, marks"):
        band = state.choose_one(
            "Band",
            list(BANDS),
            key="band",
            show=BANDS.__getitem__,
            help="Automatic: each line's 95% interval, or beyond twelve lines the range over tasks",
        )
        columns = coverage.ambiguous_settings(runs)
        vary = state.choose_one(
            "One line for each",
            ["model", *columns],
            key="vary",
            list_box=True,
            show=lambda name: name if name == "model" else find_setting(name).label.lower(),
            help="Draw every condition, checkpoint or setting of a model as a line of its own.",
        )
        others = depth.variants_of(stored, series)
        variants = state.choose_many("Also show", others, key="variants") if others else []
        marks = state.switch("Mark valleys, peaks and picks", key="marks", default=True)
        minus = state.choose_one(
            "Difference to",
            ["nothing", *selection.models],
            key="minus",
            list_box=True,
            help="Draws every line minus this model's plain line, layer by layer.",
        )
    return band, vary, variants, marks, minus


def read_lines() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lines for the current view, and the runs behind them."""
    chosen = selection.pick_runs(runs)
    column = None if vary == "model" else vary
    if column is not None:
        chosen = coverage.runs_that_vary(runs, chosen, column, selection.settings)
    values = cache.read(depth.read_values, list(chosen["run_key"]), series)
    parts = [depth.metric_lines(values, chosen, variants)]
    if depth.SCORE in series:
        revisions = (
            None
            if vary == "revision"
            else dict(zip(chosen["model"], chosen["revision"], strict=True))
        )
        parts.append(
            cache.read(depth.read_score_lines, selection.models, selection.tasks, revisions)
        )
    filled = [part for part in parts if not part.empty]
    table = pd.concat(filled, ignore_index=True) if filled else parts[0]
    return depth.with_variation(table, column), chosen


if not available:
    widgets.page_header("Depth", "The store holds no profile over depth yet.")
    widgets.empty_state(
        "Nothing to draw yet",
        "Run a small model on a text collection; it takes about a minute without a GPU. "
        "Every metric then appears here, layer by layer.",
        button="Start a run",
        page="pages/runs.py",
        command=run_command(),
        key="depth",
    )
    st.stop()

widgets.stop_if_nothing_is_chosen("Depth", runs, scores)
with st.container(horizontal=True, vertical_alignment="bottom", key="depth_controls"):
    series = state.choose_many(
        "Metrics",
        available,
        key="metrics",
        default=depth.default_series(available),
        show=lambda name: depth.series_text(name)[0],
    )
    scale = state.choose_one("Depth axis", list(AXES), key="axis", show=AXES.__getitem__)
    view = state.choose_one("View", list(VIEWS), key="view", show=VIEWS.__getitem__)
    band, vary, variants, with_marks, minus = settings_panel()

lines, chosen = read_lines()
if lines.empty or not series:
    widgets.page_header("Depth", "Nothing in the store fits this selection.")
    widgets.empty_state(
        "Choose models, tasks and metrics",
        "The side bar chooses models and tasks, the list above chooses metrics. "
        "What the store does not hold can be computed.",
        button="Start a run",
        page="pages/runs.py",
        command=run_command(
            selection.models or (FIRST_MODEL,),
            selection.tasks or (FIRST_TASK,),
            depth.owners(series),
        ),
        key="depth",
    )
    st.stop()

notes = depth.missing_lines(lines, chosen, [name for name in series if name != depth.SCORE])
notes += depth.score_notes(lines, scores)
command = depth.commands(lines, chosen)
behind = chosen[chosen["run_key"].isin(lines["run_key"])]
if minus != "nothing":
    lines, left_out = depth.difference(lines, (minus, ""))
    notes += [f"Minus {minus}, layer by layer."]
    notes += [f"Left out, with another number of blocks: {', '.join(left_out)}."] * bool(left_out)
if band == "auto":
    drawn = lines[["model", "task", "variation", "variant"]].drop_duplicates()
    crowded = len(drawn) > MOST_COLOURED_LINES and drawn["task"].nunique() > 1
    band = "tasks" if crowded else "interval"
if band == "tasks":
    lines, used = depth.over_tasks(lines)
    notes += depth.tasks_in_words(used)
panels = [
    Panel(name, label + (", difference" if minus != "nothing" else ""), unit)
    for name, (label, unit) in ((name, depth.series_text(name)) for name in series)
    if name in set(lines["series"])
]
sentence = ""
if panels and minus == "nothing":
    sentence = findings.sentence(lines, panels[0].series)
elif panels:
    sentence = findings.difference_sentence(lines, panels[0].series, minus)
widgets.page_header("Depth", sentence or "Nothing to compare in this selection.")
if panels:
    prepared, look = prepare_depth(lines, scale), widgets.look()
    if view == "play" and not can_play(prepared):
        st.info(
            "Nothing to play here: choose conditions or checkpoints under More, One line for each. "
            "These models and tasks need more than one run of them."
        )
    if view == "play" and can_play(prepared):
        figure = plot_variations(prepared, panels, look, scale=scale)
    else:
        marks = findings.find_marks(lines) if with_marks and minus == "nothing" else None
        figure = plot_depth(
            prepared,
            panels,
            look,
            scale=scale,
            bands=band != "none",
            view="multiples" if view == "multiples" else "overlay",
            marks=None if marks is None else prepare_depth(marks, scale),
        )
    cards.metric_cards([panel.series for panel in panels])
    widgets.show(
        figure,
        "depth",
        alt=f"{', '.join(p.label for p in panels)} over depth. {sentence}",
        table=depth.long_table(lines),
        runs=behind,
        metrics=depth.metric_names(lines),
        command=command,
        note=" ".join(notes),
    )
depth_sections.draw(lines, chosen, series)
