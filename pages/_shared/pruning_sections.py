"""The parts of the Pruning page: the plan, then what trials gave, then the export."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from lrd_core.config import load_config
from lrd_core.plots.pruning import plot_latency, plot_plan, plot_plan_grid, prepare_plan
from lrd_core.plots.pruning_language import HEIGHT as LANGUAGE_HEIGHT
from lrd_core.plots.pruning_language import plot_language, prepare_language
from lrd_core.plots.pruning_results import plot_margins, plot_regret, plot_results
from lrd_core.pruning.comparison import DEFAULT_RULES, TrialSettings
from lrd_core.pruning.plan import Plan
from lrd_core.views import pruning, pruning_findings, pruning_work
from lrd_core.views.table_files import csv_text
from pages._shared import cache, state, widgets
from pages._shared.jobs import job_panel

RESULT_COLUMNS = [
    "task",
    "rule",
    "budget",
    "m",
    "num_blocks",
    "removed",
    "score_name",
    "score_full",
    "score",
    "change",
    "noise",
    "evaluator_sd",
    "evaluator_seeds",
    "random",
    "random_protected",
    "win_random",
    "n_random",
    "win_protected",
    "n_protected",
    "no_choice",
    "oracle",
    "regret",
    "same_plan",
    "perplexity_full",
    "perplexity",
    "agreement",
    "n",
    "protect",
    "indexing",
    "selection",
    "device",
    "settings",
    "source",
]


def draw_plan(model: str, preview: pruning.Preview, command: str) -> Plan | None:
    """The chosen plan on the profile behind it, and all plans as a grid; nothing has run yet."""
    plans = pruning.merged_budgets(preview.plans)
    if not plans:
        return None
    names = {pruning.plan_label(plan): plan for plan in plans}
    chosen = names[state.choose_one("Plan", list(names), key="plan", list_box=True)]
    gone = _blocks(chosen)
    notes = [f"{gone} would go", *chosen.notes]
    left, right = widgets.side_by_side([3, 2], key="plan")
    with left:
        figure = plot_plan(
            prepare_plan(chosen.score, chosen.removed, chosen.protected),
            widgets.look(),
            model=model,
            score_label="Redundancy, the highest go first",
        )
        widgets.show(
            figure,
            "plan_figure",
            height=330,
            command=command,
            alt=f"{pruning.plan_label(chosen)} removes {gone} of {model}.",
            table=prepare_plan(chosen.score, chosen.removed, chosen.protected),
            note=". ".join(note[:1].upper() + note[1:] for note in notes if note),
        )
    with right:
        rows = pruning.plan_rows(plans)
        widgets.show(
            plot_plan_grid(rows, widgets.look(), model=model),
            "plan_grid",
            height=max(200, 60 + 26 * len(rows)),
            table=rows,
            command=command,
            alt="Blocks that each rule removes at each budget.",
        )
    return chosen


def draw(
    trials: pd.DataFrame,
    compared: pd.DataFrame,
    timed: pd.DataFrame,
    *,
    model: str,
    settings: TrialSettings,
    labels: Mapping[str, str],
    command: str,
    note: str = "",
) -> None:
    """Every section; the closed ones cost nothing. note: what of these tasks is not drawn."""
    timed = _one_timing(timed)
    if note:
        st.caption(widgets.plain(note))
    _results(trials, compared, timed, labels, command)
    with state.section("Over all tasks: intervals and win rates", key="summary") as part:
        if part.open:
            _summary(trials, compared, settings, labels, command)
    with state.section("Regret to the best subset", key="regret") as part:
        if part.open:
            _regret(compared, labels, command)
    if compared["perplexity"].notna().any():
        with state.section("Perplexity and next-token agreement", key="language") as part:
            if part.open:
                _language(compared, labels, command)
    with state.section("Time, memory and size", key="costs") as part:
        if part.open:
            _costs(timed, model, command)
    with state.section("Table of trials", key="trials") as part:
        if part.open:
            table = compared[[c for c in RESULT_COLUMNS if c in compared]]
            st.dataframe(table, hide_index=True, key="trial_table")
            st.download_button(
                "CSV, these trials",
                data=lambda: csv_text(table),
                mime="text/csv",
                file_name="pruning-trials.csv",
                on_click="ignore",
            )


def export(model: str, task: str, settings: TrialSettings, plan: Plan) -> None:
    """Write the plan's model into a folder, then offer it as a zip file."""
    with state.section("The pruned model as a folder", key="export") as part:
        if not part.open:
            return
        gone = _blocks(plan)
        st.caption(
            widgets.plain(
                f"{model} without {gone}: loads in transformers and "
                "sentence-transformers; holds pruning.json and a mergekit recipe."
            )
        )
        payload = pruning_work.export_payload(model, task, settings, plan)
        folder = pruning_work.exported_folder(load_config(), payload)
        if folder is None:
            job_panel(
                "prune-export",
                payload,
                "Write the folder",
                key="export_job",
                job_label=f"Export {model} without {gone}",
                wants="cpu",
            )
            return
        st.code(str(folder), language=None, wrap_lines=True)
        archive = pruning_work.zip_folder(folder)
        st.download_button(
            f"Download as zip ({archive.stat().st_size / 1e6:.0f} MB)",
            data=lambda: archive.read_bytes(),
            file_name=archive.name,
            on_click="ignore",
            mime="application/zip",
        )


def _blocks(plan: Plan) -> str:
    """block 4, or blocks 4, 7"""
    return f"{'blocks' if plan.m > 1 else 'block'} {', '.join(map(str, plan.removed))}"


def _results(
    trials: pd.DataFrame,
    compared: pd.DataFrame,
    timed: pd.DataFrame,
    labels: Mapping[str, str],
    command: str,
) -> None:
    st.subheader("What it cost and gained", anchor=False)
    points, is_timed = pruning_findings.result_points(compared, timed)
    bands = pruning_findings.result_bands(trials, points)
    # Colours follow this order: the rules that are usually shown have one each.
    order = dict.fromkeys([*DEFAULT_RULES, *labels, "by hand"])
    shown = {rule: labels.get(rule, rule) for rule in order}
    tasks = points["task"].nunique()
    widgets.show(
        plot_results(points, bands, widgets.look(), labels=shown, timed=is_timed),
        "results",
        height=170 + 290 * -(-tasks // 3),
        alt=pruning_findings.sentence(compared, labels),
        command=command,
        table=compared[[c for c in RESULT_COLUMNS if c in compared]],
        note="Every panel has its own scale; grey around 0: one SD of the evaluator's own draws. "
        f"{pruning_findings.noise_sentence(trials)}. " + pruning_findings.provenance(trials, timed),
    )


def _one_timing(timed: pd.DataFrame) -> pd.DataFrame:
    """Times of one device, dtype, batch and length; a choice where there are several."""
    settings = pruning_findings.timings(timed)
    if len(settings) < 2:
        return timed
    chosen = state.choose_one("Timed on", list(settings), key="timing", list_box=True)
    return settings[chosen]


def _summary(
    trials: pd.DataFrame,
    compared: pd.DataFrame,
    settings: TrialSettings,
    labels: Mapping[str, str],
    command: str,
) -> None:
    budgets = sorted(compared["budget"].dropna().unique())
    if not budgets:
        st.caption("Plans by hand have no budget to summarise over.")
        return
    budget = state.choose_one("Budget", budgets, key="summary_budget", show="{:.0%}".format)
    everything = state.switch(
        "All models of the store", key="summary_all", help="Not only this model and these tasks."
    )
    every = cache.read(pruning.trials) if everything else trials
    source = pruning.chosen_trials(every, settings)
    table = pruning.summarise(source, budget=budget)
    widgets.show(
        plot_margins(table, widgets.look(), labels=labels),
        "margins",
        height=420,
        table=table,
        alt="Median difference to random plans by rule, with 95% intervals.",
        command=command,
        note="Medians over model-task pairs that all rules share; intervals by drawing models, "
        "then tasks within each, 2,000 times. Win shares leave out pairs with one possible plan "
        f"(no_choice). Trials: {len(source):,}.",
    )
    st.dataframe(table, hide_index=True, key="summary_table")


def _regret(compared: pd.DataFrame, labels: Mapping[str, str], command: str) -> None:
    known = compared[compared["regret"].notna()]
    if known.empty:
        st.caption("Every subset is tried only where they are few; there is no oracle here.")
        return
    sizes = sorted(known["m"].unique())
    m = state.choose_one("Blocks removed", sizes, key="regret_m")
    part = known[known["m"] == m]
    widgets.show(
        plot_regret(part, widgets.look(), labels=labels),
        "regret_map",
        height=160 + 34 * part["rule"].nunique(),
        table=part[["rule", "task", "m", "regret"]],
        alt="Points below the best subset of the same size, by rule and task.",
        command=command,
        note="The oracle is the best of all subsets of this size on the evaluated texts "
        "themselves: a bound, not a method.",
    )


def _language(compared: pd.DataFrame, labels: Mapping[str, str], command: str) -> None:
    said, table = pruning_findings.language_sentence(compared, labels), prepare_language(compared)
    st.caption(
        widgets.plain(
            f"{said} Calibration did not see these texts. Agreement: share of positions whose "
            "most likely next token is the full model's."
        )
    )
    by_hand = {**labels, "by hand": "by hand"}
    widgets.show(
        plot_language(table, widgets.look(), labels=by_hand),
        "language_figure",
        height=LANGUAGE_HEIGHT,
        alt=said,
        table=table,
        command=command,
    )


def _costs(timed: pd.DataFrame, model: str, command: str) -> None:
    if timed.empty:
        st.caption("Nothing was timed for this model yet.")
        return
    whole = state.switch("End to end, with the tokenizer", key="end_to_end")
    times = pruning_findings.latency_times(timed, end_to_end=whole)
    first = timed.iloc[0]
    widgets.show(
        plot_latency(
            times, widgets.look(), model=model, where=f"{first['device']}, {first['dtype']}"
        ),
        "latency",
        height=180 + 90 * times["label"].nunique(),
        table=times,
        command=command,
        alt="Times of the full and of the physically pruned model.",
        note=f"Physically pruned against full, in turn: 10 warm-ups, {len(first['full_ms'])} "
        f"timed runs, {first['batch']} texts of {first['length']} tokens, {first['dtype']}, "
        f"{first['device']}, {first['threads']} threads. Blocks are alike, so each size was "
        "timed once.",
    )
    st.dataframe(pruning_findings.cost_table(timed), hide_index=True, key="cost_table")
