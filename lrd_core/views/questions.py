"""Every question that has a figure, by name: what it is asked with and who answers.

The command line draws any of them (`show --figure FILE --view NAME`), a notebook may too.
"""

import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, Literal, Union, get_args, get_origin

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.views import coverage, depth, overview, stored
from lrd_core.views.layer_pairs import CkaRequest, cka
from lrd_core.views.lifelines import LifelineRequest, lifeline
from lrd_core.views.neighbourhoods import MapRequest, maps, trust
from lrd_core.views.trajectories import TrajectoryRequest, trajectories
from lrd_core.views.view import Selection, View


@dataclass(frozen=True)
class Question:
    """request: a frozen class whose fields say what may be asked. answer: gives the view."""

    name: str
    summary: str
    request: type
    answer: Callable[[Config, Any], View]


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
    selection = _selection(config, models, tasks)
    if question.request is Selection:
        return question.answer(config, selection)
    request = question.request(**_values(question.request, selection, options or {}))
    return question.answer(config, request)


def known_models(config: Config) -> tuple[str, ...]:
    """Every model of the store in the order that colours follow."""
    return coverage.model_order(stored.runs(config), stored.scores(config))


def option_names(question: Question) -> dict[str, str]:
    """What a question can be asked with beside models and tasks, and how a value is written."""
    if question.request is Selection:
        return {}
    hints = typing.get_type_hints(question.request)
    named = (f for f in fields(question.request) if hints[f.name] is not Selection)
    return {field.name: _written(hints[field.name], field) for field in named}


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


def _values(request: type, selection: Selection, options: Mapping[str, str]) -> dict[str, Any]:
    hints = typing.get_type_hints(request)
    allowed = {f.name for f in fields(request) if hints[f.name] is not Selection}
    values: dict[str, Any] = {
        f.name: selection for f in fields(request) if hints[f.name] is Selection
    }
    for name, text in options.items():
        if name not in allowed:
            raise UnknownNameError("option", name, sorted(allowed))
        values[name] = _parsed(name, hints[name], text)
    return values


def _parsed(name: str, hint: Any, text: str) -> Any:
    """The text as a value of the field's type. Raises: InputError."""
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return _parsed(name, kinds[0], text) if text else None
    if get_origin(hint) is tuple:
        return tuple(_parsed(name, get_args(hint)[0], part) for part in text.split(",") if part)
    if get_origin(hint) is Literal:
        choices = {str(choice): choice for choice in get_args(hint)}
        if text not in choices:
            raise InputError(f"{name} {text!r} is none of {', '.join(choices)}")
        return choices[text]
    if hint is bool:
        if text not in ("true", "false"):
            raise InputError(f"{name} {text!r} is neither true nor false")
        return text == "true"
    try:
        return hint(text)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} {text!r} is no {hint.__name__}") from error


def _written(hint: Any, field: "Field[Any]") -> str:
    if get_origin(hint) is Literal:
        words = "|".join(map(str, get_args(hint)))
    elif hint is bool:
        words = "true|false"
    elif get_origin(hint) is tuple or "tuple" in str(hint):
        words = "a,b,..."
    else:
        words = "..."
    if field.default is MISSING or field.default in (None, (), ""):
        return words
    return f"{words} ({str(field.default).lower()})"
