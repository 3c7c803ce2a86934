"""A layer to take: the evidence that goes with it, the job that writes it, where it lies."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.numbers import counted, decimals, points, signed_points, whole
from lrd_core.settings import RunSettings, changed_options
from lrd_core.store.keys import content_key
from lrd_core.taking.settings import READ_BY, TakeSettings, layer_words
from lrd_core.views import stored
from lrd_core.views.best_layer import BestLayer
from lrd_core.views.command_text import command
from lrd_core.views.item_words import item_noun, loaded_by
from lrd_core.views.layer_choice import Scored, compare_layers, default_metrics
from lrd_core.views.layer_words import strategy_name
from lrd_core.views.score_tables import OWN, score_table
from lrd_core.views.written_folders import folder_name, written_folder

RECORD = "lrd.json"
MOST_TASKS = 12
"""Scores that a card lists one by one; the means are over all of them."""


def take_evidence(
    config: Config, model: str, layers: Sequence[int], tasks: Sequence[str] = ()
) -> tuple[str, ...]:
    """What the store says for or against a layer, a sentence each; none where it says nothing.

    model: as scores name it. tasks: only these; none means all with a score at every layer.
    """
    table = score_table(config)
    if len(layers) != 1:
        return ()
    try:
        compared = compare_layers(
            config, table, model, metrics=default_metrics(), tasks=list(tasks)
        )
    except LrdError:
        try:
            compared = compare_layers(config, table, model, tasks=list(tasks))
        except LrdError:
            return ()
    (layer,) = layers
    if layer not in compared.choice.layers:
        return ()
    scores = compared.scores.loc[list(compared.choice.tasks)]
    picked = [way for way in compared.choice.strategies if way.name in compared.metrics]
    return (
        _mean_words(scores, layer, compared.scored.source),
        *_way_words(scored_by(config, compared.scored), compared.scored.model),
        *_task_words(scores, layer),
        *(
            f"{strategy_name(way.name)}, without labels, is layers "
            f"{_spread(way.layers.tolist())} on these tasks: {points(100 * way.regret)} points "
            f"below each task's best layer on average."
            for way in picked
        ),
    )


def _mean_words(scores: pd.DataFrame, layer: int, source: str) -> str:
    mean = scores.mean(axis=0)
    best, last = int(mean.idxmax()), int(scores.columns[-1])
    origin = "computed by LRD Explorer" if source in OWN else source
    return (
        f"Mean score over {counted(len(scores), 'task')} ({origin}): "
        f"{points(100 * mean[layer])} at layer {layer}, {points(100 * mean[last])} at the last "
        f"layer ({last}), {points(100 * mean[best])} at the best one ({best})."
    )


def scored_by(config: Config, scored: Scored) -> Mapping[str, Any]:
    """The settings with which a subject was scored, as its newest score has them."""
    rows = stored.scores(config)
    own = rows[
        (rows["model"] == scored.model)
        & (rows["revision"].fillna("") == scored.revision)
        & (rows["source"] == scored.source)
    ]
    found = [json.loads(text or "{}") for text in own["settings"].unique()]
    alike = [one for one in found if str(one.get("pooling", "")) == scored.pooling]
    return alike[-1] if alike else {}


def _way_words(settings: Mapping[str, Any], model: str) -> list[str]:
    if "max_length" not in settings:
        return []
    scaled = "scaled to length 1" if settings.get("normalised") else "not scaled"
    of_texts = item_noun(model) == "text"
    length = f", of at most {whole(settings['max_length'])} tokens a text" if of_texts else ""
    return [f"Scored with {settings['pooling']} pooling, {scaled}{length}."]


def _task_words(scores: pd.DataFrame, layer: int) -> list[str]:
    last = int(scores.columns[-1])
    said = [
        f"{task}: {points(100 * row[layer])} at layer {layer}, {points(100 * row[last])} at the "
        f"last layer, {points(100 * row.max())} at its best layer ({int(row.idxmax())})."
        for task, row in scores.head(MOST_TASKS).iterrows()
    ]
    more = len(scores) - MOST_TASKS
    return [*said, f"{whole(more)} more tasks are in the mean."] if more > 0 else said


def _spread(layers: list[int]) -> str:
    low, high = min(layers), max(layers)
    return str(low) if low == high else f"{low} to {high}"


def take_payload(
    config: Config,
    model: str,
    settings: TakeSettings,
    *,
    task: str = "",
    run: RunSettings | None = None,
    said: Sequence[str] = (),
) -> dict[str, Any]:
    """What a job of kind "take" is given; the folder's name says what is in it.

    It ends on a mark of everything that changes its vectors, so that a folder of this name that is
    there already is this one.
    """
    named = "-".join(map(str, dict.fromkeys(settings.layers)))
    reduced = f"-pca-{settings.pca}" if settings.pca else ""
    asked = {
        "model": model,
        "task": task,
        "settings": settings.to_json(),
        "run": (run or RunSettings()).described(),
    }
    return asked | {
        "evidence": [*said, *take_evidence(config, model, settings.layers)],
        "folder": folder_name(model, f"layer-{named}{reduced}-{content_key(asked)[:8]}"),
    }


@dataclass(frozen=True)
class LayerSet:
    """Layers whose mean was scored, each as often as it weighs; said: how well it did."""

    layers: tuple[int, ...]
    said: str


@dataclass(frozen=True)
class Offer:
    """A model whose layers can be taken. best: its best layer over `tasks`, as scored.

    said: evidence for that layer beside what the store says. sets: several layers, by how they
    were chosen.
    """

    model: str
    num_blocks: int
    best: int
    pooling: str
    tasks: tuple[str, ...]
    run: RunSettings
    said: tuple[str, ...] = ()
    sets: Mapping[str, LayerSet] = field(default_factory=dict)


def take_offer(config: Config, found: BestLayer) -> Offer | None:
    """None for a model of which only numbers are here.

    It is read as it was scored, but for the length of texts, which is the model's own.
    """
    scored = found.scored
    if scored.source not in OWN:
        return None
    curve = found.curve.table
    best = int(curve.loc[curve["score"].idxmax(), "layer"])
    as_scored = scored_by(config, scored)
    names = [name for name in READ_BY if name in as_scored and name not in ("max_length", "n")]
    run = RunSettings(**{name: as_scored[name] for name in names})
    return Offer(scored.model, scored.num_blocks, best, scored.pooling, scored.tasks, run)


def offer_of(
    best: tuple[str, int],
    table: pd.DataFrame,
    task: str,
    run: RunSettings,
    several: Sequence[Mapping[str, Any]] = (),
) -> Offer:
    """The offer of the best layer of an answer. table: of AskView. several: of the answer."""
    model, layer = best
    rows = table[table["model"] == model]
    blocks = int(rows["num_blocks"].iloc[0])
    own_length = replace(run, max_length=None, n=RunSettings.n)
    row = rows[rows["layer"] == layer].iloc[0]
    said = (
        f"Asked on {task}: score {decimals(row['score'])} at layer {layer} (95% interval "
        f"{decimals(row['low'])} to {decimals(row['high'])}), the best of "
        f"{counted(len(table), 'layer')} of {counted(table['model'].nunique(), 'model')}."
        if pd.notna(row["score"])
        else f"Picked on {task} without labels."
    )
    return Offer(
        model,
        blocks,
        layer,
        run.pooling or "",
        (task,),
        own_length,
        (said,),
        _sets(several, model, task),
    )


def _sets(several: Sequence[Mapping[str, Any]], model: str, task: str) -> dict[str, LayerSet]:
    return {
        str(one["way"]): LayerSet(
            tuple(one["layers"]),
            f"Asked on {task}: {layer_words(one['layers'])} scores {decimals(one['score'])} on "
            f"{whole(one['n'])} rows that had no say in it, {signed_points(100 * one['gain'])} "
            f"points beside one layer ({signed_points(100 * one['gain_low'])} to "
            f"{signed_points(100 * one['gain_high'])}).",
        )
        for one in several
        if one["model"] == model and len(set(one["layers"])) > 1
    }


def offered_payload(
    config: Config, offer: Offer, layers: tuple[int, ...], components: int
) -> dict[str, Any]:
    """What the job is given for these layers; components are learnt from the first scored task."""
    return take_payload(
        config,
        offer.model,
        TakeSettings(layers, pca=components),
        task=offer.tasks[0] if components else "",
        run=offer.run,
        said=_said(offer, layers),
    )


def _said(offer: Offer, layers: tuple[int, ...]) -> tuple[str, ...]:
    if layers == (offer.best,):
        return offer.said
    return tuple(one.said for one in offer.sets.values() if one.layers == layers)


def offer_words(offer: Offer, layers: tuple[int, ...], components: int) -> str:
    """What the folder will be."""
    learnt = (
        f", turned to {counted(components, 'principal component')} of the texts of {offer.tasks[0]}"
        if components
        else ""
    )
    return (
        f"{offer.model} cut after layer {max(layers)} of {offer.num_blocks}"
        f"{f', read as {layer_words(layers)}' if len(layers) > 1 else ''}"
        f"{f', {offer.pooling} pooling as it was scored' if offer.pooling else ''}{learnt}: loads "
        f"in {loaded_by(offer.model)}. Its model card holds these scores and what it costs beside "
        "the whole model, timed when it is written."
    )


def job_label(offer: Offer, layers: tuple[int, ...]) -> str:
    """What the job is called."""
    return f"Take {layer_words(layers)} of {offer.model}"


def take_command(payload: Mapping[str, Any]) -> str:
    """The command that writes the same folder."""
    run = changed_options(RunSettings(**payload["run"]))
    asked = changed_options(TakeSettings.from_json(payload["settings"]))
    return command(
        "take", model=payload["model"], task=payload["task"], **asked, **run, out=payload["folder"]
    )


def taken_folder(config: Config, payload: Mapping[str, Any]) -> Path | None:
    """Where a taken layer lies, once it is complete."""
    return written_folder(config, payload, RECORD)
