"""Every question that has a figure, by name: what it is asked with and who answers.

The command line draws any of them (`show --figure FILE --view NAME`), a notebook may too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.views import coverage, enough, overview, stored, text_sample
from lrd_core.views import question_fields as fields
from lrd_core.views.ask import AskRequest, ask_view
from lrd_core.views.ask_beyond import smaller_view
from lrd_core.views.asking import build, option_fields
from lrd_core.views.best_layer import LayerRequest, best_layer, follow
from lrd_core.views.claims import ClaimRequest, ClaimsRequest, claim, claims
from lrd_core.views.correlations import CorrelationRequest, correlations
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.evidence_cell import CellRequest, evidence_cell
from lrd_core.views.families import FamilyRequest, families
from lrd_core.views.group_profile import group_profile
from lrd_core.views.layer_pairs import CkaRequest, cka
from lrd_core.views.lifelines import LifelineRequest, lifeline
from lrd_core.views.neighbourhoods import MapRequest, maps, trust
from lrd_core.views.pairs import PairRequest, pair
from lrd_core.views.panel_models import PanelRequest, panel_models
from lrd_core.views.placed import PlacedRequest, placed
from lrd_core.views.pruning_costs import CostRequest, costs
from lrd_core.views.pruning_frontier import frontier
from lrd_core.views.pruning_language import language
from lrd_core.views.pruning_plans import PlanRequest, plan, plans
from lrd_core.views.pruning_results import (
    MarginRequest,
    RegretRequest,
    ResultRequest,
    margins,
    regret,
    results,
)
from lrd_core.views.pruning_trials import TrialsRequest
from lrd_core.views.recommendation import RankingRequest, ranking
from lrd_core.views.story import StoryRequest, story
from lrd_core.views.story_maps import StoryMapsRequest, StoryMapsView, story_maps
from lrd_core.views.strips import StripsRequest, strips
from lrd_core.views.token_view import TokenRequest, TokenView, token_view
from lrd_core.views.trajectories import TrajectoryRequest, trajectories
from lrd_core.views.view import Selection, View


@dataclass(frozen=True)
class Question:
    """request: a frozen class whose fields say what may be asked. answer: gives the view.

    given: fields of the request that models and tasks tell. usual: values of others, where an
    option says nothing and the request has none of its own.
    """

    name: str
    summary: str
    request: type
    answer: Callable[[Config, Any], View]
    given: Callable[[Config, fields.Asked], fields.Fields] = fields.selected
    usual: Callable[[Config, fields.Asked], fields.Fields] = lambda config, asked: {}


@dataclass(frozen=True)
class HereRequest:
    """What is here of the selection."""

    selection: Selection


@dataclass(frozen=True)
class TextsRequest:
    """How texts differ in a series, over the selected runs."""

    selection: Selection
    series: str


@dataclass(frozen=True)
class CurveRequest:
    """A series of the whole data set on fewer texts, at a layer of the first selected run.

    layer: None for the last one.
    """

    selection: Selection
    series: str
    layer: int | None = None


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
    Raises: UnknownNameError for a question, model, task or option that does not exist; InputError
    for a value that does not fit, or a store that has nothing to ask about.
    """
    known = {question.name: question for question in QUESTIONS}
    if name not in known:
        raise UnknownNameError("view", name, known)
    question = known[name]
    asked = fields.Asked(tuple(models), tuple(tasks))
    request = build(
        question.request,
        question.given(config, asked),
        question.usual(config, asked),
        options or {},
    )
    return question.answer(config, request)


def option_names(question: Question) -> dict[str, str]:
    """What a question can be asked with beside models and tasks, and how a value is written."""
    told = dict.fromkeys(("selection", "model", "tasks", "targets"))
    return option_fields(question.request, told)


def known_models(config: Config) -> tuple[str, ...]:
    """Every model of the store in the order that colours follow."""
    return coverage.model_order(stored.runs(config), stored.scores(config))


def _coverage(config: Config, request: HereRequest) -> View:
    shown = overview.overview(config, request.selection)
    if shown is None:
        raise InputError("the store is empty; run a model or import results first")
    return shown.coverage


def _around(config: Config, request: StoryMapsRequest) -> StoryMapsView:
    found = story_maps(config, request)
    if found is None:
        raise InputError(f"run {request.run_key} has no maps; compute them first")
    return found


def _spread(config: Config, request: TextsRequest) -> View:
    return text_sample.spread(config, fields.run_keys(config, request.selection), request.series)


def _sample(config: Config, request: TextsRequest) -> View:
    return text_sample.sample(config, fields.run_keys(config, request.selection)[0], request.series)


def _curve(config: Config, request: CurveRequest) -> View:
    key = fields.run_keys(config, request.selection)[0]
    last = int(stored.runs_of(config, [key])["num_blocks"].iloc[0])
    layer = last if request.layer is None else request.layer
    found = enough.enough(config, key, (request.series,), layer)
    if not found.curves:
        raise InputError(f"no curve of {request.series} is stored for it; compute: {found.command}")
    return found.curves[0]


def _tokens(config: Config, request: TokenRequest) -> TokenView:
    found = token_view(config, request)
    if found.empty:
        raise InputError(f"no map of this text is stored; compute: {found.command}")
    return found


def _part(answer: Callable[[Config, Any], Any], part: str) -> Callable[[Config, Any], View]:
    """A question whose view is a part of an answer that has several."""

    def ask_part(config: Config, request: Any) -> View:
        view: View = getattr(answer(config, request), part)
        return view

    return ask_part


def _group(config: Config, request: MapRequest) -> View:
    return group_profile(maps(config, request))


def _trust(config: Config, request: MapRequest) -> View:
    return trust(maps(config, request).shown[0])


_PATHS = {
    "paths": "each model's way through its layers",
    "motion": "speed and curvature of the paths",
    "distances": "distance between every pair of layers",
    "thresholds": "what paths come to at other variance thresholds",
}
_LAYERS = {
    "curve": ("layer-score", "score of every layer, and what metrics would pick"),
    "strategies": ("layer-gain", "gain over the last layer of every way to choose one"),
    "checkpoints": ("layer-checkpoints", "score of every layer along training"),
}

QUESTIONS: tuple[Question, ...] = (
    Question("story", "the clearest bend of a profile", StoryRequest, story, usual=fields.shape),
    Question("event", "the texts around it", StoryMapsRequest, _around, fields.event),
    Question("depth", "profiles over depth", DepthRequest, depth),
    Question("strips", "a row a model, depth across", StripsRequest, strips),
    Question(
        "spread", "how texts differ at every layer", TextsRequest, _spread, usual=fields.per_text
    ),
    Question("sample", "a mean over fewer texts", TextsRequest, _sample, usual=fields.per_text),
    Question("curve", "a metric of fewer texts", CurveRequest, _curve, usual=fields.first_curve),
    Question(
        "tokens",
        "every token of a text at every layer",
        TokenRequest,
        _tokens,
        usual=fields.mapped_run,
    ),
    Question("coverage", "what the store holds", HereRequest, _coverage),
    *(
        Question(part, told, TrajectoryRequest, _part(trajectories, part))
        for part, told in _PATHS.items()
    ),
    Question("cka", "two models, layer by layer", CkaRequest, cka),
    Question("pair", "two models, number by number", PairRequest, pair, fields.two_models),
    Question("maps", "the same texts at every layer", MapRequest, maps),
    Question("placed", "where a text falls on the map of every layer", PlacedRequest, placed),
    Question("trust", "how far the map of every layer can be trusted", MapRequest, _trust),
    Question("group", "neighbours that picked texts keep, against the rest", MapRequest, _group),
    Question("lifeline", "one text's neighbours at every layer", LifelineRequest, lifeline),
    Question(
        *("evidence", "which metric goes with which task's score", CorrelationRequest),
        *(correlations, fields.everything),
    ),
    Question(
        *(
            "cell",
            "the models behind one correlation",
            CellRequest,
            evidence_cell,
            fields.every_model,
        ),
        usual=fields.one_task,
    ),
    Question(
        *(
            "ask",
            "every layer by a few labels, and without",
            AskRequest,
            ask_view,
            fields.asked_texts,
        ),
        usual=fields.example_size,
    ),
    Question(
        *(
            "smaller",
            "shorter and coarser vectors of layers",
            AskRequest,
            smaller_view,
            fields.asked_texts,
        ),
        usual=fields.example_size,
    ),
    Question("ranking", "models ranked without labels", RankingRequest, ranking, fields.targets),
    Question("panel", "what the panel has", PanelRequest, panel_models, fields.everything),
    Question("families", "where families peak", FamilyRequest, families, fields.everything),
    *(
        Question(name, told, LayerRequest, _part(best_layer, part), fields.scored)
        for part, (name, told) in _LAYERS.items()
    ),
    Question("follow", "whether metrics follow the score", LayerRequest, follow, fields.scored),
    Question("plans", "which blocks every rule removes", TrialsRequest, plans, fields.pruned),
    Question("plan", "one plan on the profile it came from", PlanRequest, plan, fields.pruned),
    Question("results", "change and speed-up", ResultRequest, results, fields.pruned),
    Question("frontier", "score kept against time saved", ResultRequest, frontier, fields.pruned),
    Question("margins", "rules against random plans", MarginRequest, margins, fields.pruned),
    Question("regret", "rules against the best subset", RegretRequest, regret, fields.pruned),
    Question(
        "language", "what plans do to a language model", TrialsRequest, language, fields.pruned
    ),
    Question("claims", "verdict on every claim", ClaimsRequest, claims, fields.everything),
    Question("claim", "what a verdict rests on", ClaimRequest, claim, fields.everything),
    Question("costs", "time and memory of pruned models", CostRequest, costs, fields.pruned),
)
"""In the order of the pages that show them."""
