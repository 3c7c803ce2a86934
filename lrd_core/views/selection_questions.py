"""The questions of the Selection page by name."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lrd_core.config import Config
from lrd_core.errors import InputError
from lrd_core.views.asking import Question, only
from lrd_core.views.best_layer import LayerRequest, best_layer, follow
from lrd_core.views.correlations import CorrelationRequest, correlations
from lrd_core.views.evidence_cell import CellRequest, evidence_cell
from lrd_core.views.families import FamilyRequest, families
from lrd_core.views.recommendation import RankingRequest, ranking
from lrd_core.views.view import View


def _cell(config: Config, models: Sequence[str], tasks: Sequence[str]) -> Mapping[str, Any]:
    if models:
        raise InputError("this view is of all models; it takes a task alone")
    return {"task": only(tasks, "task")}


def _ranking(config: Config, models: Sequence[str], tasks: Sequence[str]) -> Mapping[str, Any]:
    return {"candidates": tuple(models) or None, "targets": tuple(tasks) or None}


def _layers(config: Config, models: Sequence[str], tasks: Sequence[str]) -> Mapping[str, Any]:
    return {"model": only(models, "model"), "tasks": tuple(tasks)}


LAYERS = {
    "curve": ("best-layer", "mean score by layer, and where ways to choose one land"),
    "strategies": ("layer-choices", "what each way to choose a layer gives"),
    "checkpoints": ("checkpoints", "mean score by layer at every training step"),
}
"""Parts of best_layer.BestLayer, their names and what they show."""


def _best_layer(part: str) -> Callable[[Config, LayerRequest], View]:
    def answer(config: Config, request: LayerRequest) -> View:
        view: View = getattr(best_layer(config, request), part)
        return view

    return answer


SELECTION_QUESTIONS: tuple[Question, ...] = (
    Question(
        "correlations", "which metric goes with which score", CorrelationRequest, correlations
    ),
    Question("correlation", "the models behind one correlation", CellRequest, evidence_cell, _cell),
    Question("ranking", "models for tasks without labels", RankingRequest, ranking, _ranking),
    Question("families", "where families peak along depth", FamilyRequest, families),
    *(
        Question(name, told, LayerRequest, _best_layer(part), _layers)
        for part, (name, told) in LAYERS.items()
    ),
    Question("follow", "whether metrics follow the score by layer", LayerRequest, follow, _layers),
)
