"""Every question that has a figure, by name: what it is asked with and who answers.

The command line draws any of them (`show --figure FILE --view NAME`), a notebook may too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.views import coverage, depth, overview, stored
from lrd_core.views.asking import Question, asked_for, build, holds_selection, parsed
from lrd_core.views.layer_pairs import CkaRequest, cka
from lrd_core.views.lifelines import LifelineRequest, lifeline
from lrd_core.views.neighbourhoods import MapRequest, maps, trust
from lrd_core.views.pruning_questions import PRUNING_QUESTIONS
from lrd_core.views.selection_questions import SELECTION_QUESTIONS
from lrd_core.views.trajectories import TrajectoryRequest, trajectories
from lrd_core.views.view import Selection, View


def _coverage(config: Config, selection: Selection) -> View:
    shown = overview.overview(config, selection)
    if shown is None:
        raise InputError("the store is empty; run a model or import results first")
    return shown.coverage


PATHS = {
    "paths": "each model's way through its layers",
    "motion": "speed and curvature of the paths",
    "distances": "distance between every pair of layers",
    "thresholds": "what paths come to at other variance thresholds",
}
"""Parts of trajectories.Trajectories, and what they show."""


def _trajectories(part: str) -> Callable[[Config, TrajectoryRequest], View]:
    def answer(config: Config, request: TrajectoryRequest) -> View:
        view: View = getattr(trajectories(config, request), part)
        return view

    return answer


def _trust(config: Config, request: MapRequest) -> View:
    return trust(maps(config, request).shown[0])


QUESTIONS: tuple[Question, ...] = (
    Question("depth", "profiles over depth", depth.DepthRequest, depth.depth),
    *(Question(part, told, TrajectoryRequest, _trajectories(part)) for part, told in PATHS.items()),
    Question("cka", "two models, layer by layer", CkaRequest, cka),
    Question("maps", "the same texts at every layer", MapRequest, maps),
    Question("trust", "how far the map of every layer can be trusted", MapRequest, _trust),
    Question("lifeline", "one text's neighbours at every layer", LifelineRequest, lifeline),
    Question("coverage", "what the store holds of every model and task", Selection, _coverage),
    *SELECTION_QUESTIONS,
    *PRUNING_QUESTIONS,
)


def ask(
    config: Config,
    name: str,
    models: Sequence[str] = (),
    tasks: Sequence[str] = (),
    options: Mapping[str, str] | None = None,
) -> View:
    """The view that answers a question by name.

    models, tasks: those that a first visitor sees where none is given. options: other fields of
    its request, as text; lists by commas.
    Raises: UnknownNameError for a question or an option that does not exist; InputError for a
    value that does not fit.
    """
    known = {question.name: question for question in QUESTIONS}
    if name not in known:
        raise UnknownNameError("view", name, known)
    question = known[name]
    fields = asked_for(question.request)
    values: dict[str, Any] = {}
    for option, text in (options or {}).items():
        if option not in fields:
            raise UnknownNameError("option", option, sorted(fields))
        values[option] = parsed(option, fields[option].hint, text)
    selection = Selection()
    if holds_selection(question.request):
        selection = _selection(config, models, tasks)
    else:
        values = {**question.named(config, models, tasks), **values}
    return question.answer(config, build(question.request, selection, values))


def known_models(config: Config) -> tuple[str, ...]:
    """Every model of the store in the order that colours follow."""
    return coverage.model_order(stored.runs(config), stored.scores(config))


def option_names(question: Question) -> dict[str, str]:
    """What a question can be asked with beside models and tasks, and how a value is written."""
    return {name: field.written for name, field in asked_for(question.request).items()}


def _selection(config: Config, models: Sequence[str], tasks: Sequence[str]) -> Selection:
    runs, scores = stored.runs(config), stored.scores(config)
    order = coverage.model_order(runs, scores)
    chosen_tasks = list(tasks) or coverage.default_tasks(runs, scores)
    chosen = list(models) or coverage.default_models(runs, chosen_tasks, order)
    for kind, names, present in (
        ("model", models, order),
        ("task", tasks, sorted({*runs["task"], *scores["task"]})),
    ):
        for name in names:
            if name not in present:
                raise UnknownNameError(kind, name, present)
    return Selection(tuple(chosen), tuple(chosen_tasks), {}, order)
