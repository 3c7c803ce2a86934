"""`select models`, `select layer` and `select evidence`."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.config import Config
from lrd_core.metrics.registry import chosen_first
from lrd_core.metrics.series import Listing


def add_to(commands: Any) -> None:
    """Add `select` with its three questions to the command line."""
    select = commands.add_parser("select", help="choose a model or a layer without labels")
    actions = select.add_subparsers(required=True, metavar="QUESTION")
    models = add_command(actions, "models", _models, "rank models for tasks without labels")
    models.add_argument("--task", action="append", required=True, help="a task without labels")
    models.add_argument("--model", action="append", help="a candidate (default: all)")
    models.add_argument("--metric", action="append", help=_default("models"))
    models.add_argument("--max-parameters", type=float, help="largest model, in parameters")
    layer = add_command(actions, "layer", _layer, "what each way to choose a layer gives")
    layer.add_argument("--model", required=True, help="as named by the scores in the store")
    layer.add_argument("--task", action="append", default=[], help="default: all that it can")
    layer.add_argument("--metric", action="append", help=_default("picks"))
    layer.add_argument("--subsets", choices=("english", "mean", "first"), default="english")
    evidence = add_command(actions, "evidence", _evidence, "which metric goes with which score")
    for parser in (models, evidence):
        parser.add_argument("--values", choices=("exact", "published"), default="exact")
        parser.add_argument("--at", choices=("last", "best"), default="last", help="which layer")


def _models(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.views import recommendation
    from lrd_core.views.evidence import model_evidence

    evidence = model_evidence(config, _request(arguments))
    found = recommendation.recommend_models(
        evidence,
        targets=arguments.task,
        candidates=arguments.model or list(evidence.facts.index),
        metrics=arguments.metric or _first("models"),
        most_parameters=arguments.max_parameters,
    )
    table = recommendation.candidate_table(found)
    return table.assign(evidence="; ".join(found.thin) or "firm")


def _layer(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.views.layer_choice import compare_layers
    from lrd_core.views.layer_tables import strategy_table
    from lrd_core.views.score_tables import score_table

    compared = compare_layers(
        config,
        score_table(config, arguments.subsets),
        arguments.model,
        metrics=arguments.metric or _first("picks"),
        tasks=arguments.task,
    )
    return strategy_table(compared.choice)


def _evidence(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.views.correlations import median_table
    from lrd_core.views.evidence import model_evidence

    return median_table(model_evidence(config, _request(arguments)))


def _request(arguments: argparse.Namespace) -> Any:
    from lrd_core.views.evidence import EvidenceRequest

    return EvidenceRequest(values=arguments.values, at=arguments.at)


def _default(listing: Listing) -> str:
    return f"default {', '.join(_first(listing))}"


def _first(listing: Listing) -> list[str]:
    return [series.name for series in chosen_first(listing)]
