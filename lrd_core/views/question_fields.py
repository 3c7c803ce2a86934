"""Whom a question is about: what models and tasks that were named tell of its request."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.views import coverage, enough, lines, overview, pruning, stored, text_sample
from lrd_core.views.ask import EXAMPLE, EXAMPLE_RUN
from lrd_core.views.command_text import FIRST_TASK
from lrd_core.views.depth import choices as depth_choices
from lrd_core.views.pinned import pinned_names
from lrd_core.views.story import StoryRequest, story
from lrd_core.views.token_view import first_mapped
from lrd_core.views.view import Selection

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """Whom a question is about: models and tasks as they were named, or none."""

    models: tuple[str, ...]
    tasks: tuple[str, ...]


def selected(config: Config, asked: Asked) -> Fields:
    """The named models and tasks, or those that a first visitor sees; names of the store alone."""
    return {"selection": selection_of(config, asked)}


def selection_of(config: Config, asked: Asked) -> Selection:
    """The named models and tasks as a selection. Raises: UnknownNameError."""
    models, tasks = asked.models, asked.tasks
    runs, scores = stored.runs(config), stored.scores(config)
    order = coverage.model_order(runs, scores)
    present = sorted({*runs["task"], *scores["task"]})
    named = [*order, *pinned_names(runs, scores)]
    for kind, names, known in (("model", models, named), ("task", tasks, present)):
        for name in names:
            if name not in known:
                raise UnknownNameError(kind, name, known)
    chosen_tasks = list(tasks) or coverage.default_tasks(runs, scores)
    chosen = list(models) or coverage.default_models(runs, chosen_tasks, order)
    return Selection(tuple(chosen), tuple(chosen_tasks), {}, order)


def run_keys(config: Config, selection: Selection) -> tuple[str, ...]:
    """The runs that a selection picks. Raises: InputError where there is none."""
    keys = tuple(selection.pick_runs(stored.runs(config))["run_key"])
    if not keys:
        raise InputError("no run of these models on these tasks is in the store")
    return keys


def two_models(config: Config, asked: Asked) -> Fields:
    """Two models and the tasks; the first two of those that a first visitor sees."""
    if len(asked.models) not in (0, 2):
        raise InputError(f"this is about two models; {len(asked.models)} were named")
    selection = selection_of(config, asked)
    if len(selection.models) < 2:
        raise InputError("the store holds no two models of these tasks to lay beside each other")
    return {"selection": replace(selection, models=selection.models[:2])}


def shape(config: Config, asked: Asked) -> Fields:
    """The series that the headline is about. Raises: InputError where the store has none."""
    offered = overview.headline_series(depth_choices(config).series)
    if not offered:
        raise InputError("the store holds no profile over depth yet; `lrd run` makes one")
    return {"series": offered[0]}


def event(config: Config, asked: Asked) -> Fields:
    """The run and the layers of what the story of these models is about."""
    told = story(config, StoryRequest(selection_of(config, asked), **shape(config, asked)))
    if told.event is None:
        raise InputError("no profile of these models on these tasks has a bend to look at")
    return {"run_key": told.event.run_key, "layers": told.event.layers}


def mapped_run(config: Config, asked: Asked) -> Fields:
    """Where no task is named, the first run of the usual models that has a map."""
    if asked.tasks:
        return {}
    selection = selection_of(config, asked)
    runs = stored.runs(config)
    key = first_mapped(config, runs[runs["model"].isin(selection.models)])
    return {"run": key} if key else {}


def per_text(config: Config, asked: Asked) -> Fields:
    """A series that has a value for each text of the selected runs."""
    held = lines.per_text_series(config, run_keys(config, selection_of(config, asked)))
    offered = text_sample.token_series(held)
    return {"series": offered[0]} if offered else {}


def first_curve(config: Config, asked: Asked) -> Fields:
    """The first series that needs all texts at once."""
    return {"series": enough.dataset_series()[0]}


def everything(config: Config, asked: Asked) -> Fields:
    """Nothing: the whole store is asked about."""
    if asked.models or asked.tasks:
        raise InputError("this is about the whole store: it takes no model and no task")
    return {}


def every_model(config: Config, asked: Asked) -> Fields:
    """Nothing: every model is asked about, of a task at most."""
    if asked.models:
        raise InputError("this is about every model: it takes a task alone")
    return {}


def one_model(asked: Asked) -> str | None:
    """The model that was named, if any. Raises: InputError for several."""
    if len(asked.models) > 1:
        raise InputError(f"this is about one model; {len(asked.models)} were named")
    return asked.models[0] if asked.models else None


def targets(config: Config, asked: Asked) -> Fields:
    """Tasks to rank models for; None for the usual ones."""
    return {"targets": asked.tasks or None}


def asked_texts(config: Config, asked: Asked) -> Fields:
    """Models, and the task whose texts they read."""
    return {"models": asked.models or EXAMPLE, "task": (asked.tasks or (FIRST_TASK,))[0]}


def example_size(config: Config, asked: Asked) -> Fields:
    """Of the bundled answer."""
    return {"n": EXAMPLE_RUN.n, "max_length": EXAMPLE_RUN.max_length}


def one_task(config: Config, asked: Asked) -> Fields:
    """The first task that was named, if any."""
    return {"task": asked.tasks[0]} if asked.tasks else {}


def scored(config: Config, asked: Asked) -> Fields:
    """One model and the tasks that it was scored on."""
    return {"model": one_model(asked), "tasks": asked.tasks}


def pruned(config: Config, asked: Asked) -> Fields:
    """One model and the tasks that it is pruned on."""
    model = one_model(asked) or pruning.choices(config).model
    if model is None:
        raise InputError("no model is here to prune; `models fetch` gets one")
    return {"model": model, "tasks": asked.tasks or pruning.task_choices(config, model).first}
