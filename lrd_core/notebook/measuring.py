"""Measure a model on texts, or arrays that are there already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.extraction.inputs import refuse_other_items
from lrd_core.extraction.pooling import refuse_unknown
from lrd_core.metrics.arrays import Array
from lrd_core.metrics.registry import GROUPS
from lrd_core.models.load import LoadedModel, load_model
from lrd_core.models.resolve import resolve_max_length
from lrd_core.notebook.in_memory import check_pair, loaded_pair
from lrd_core.notebook.profiles import Profiles
from lrd_core.progress import Progress, silent
from lrd_core.runs.given_arrays import checked_layers, record_of_arrays
from lrd_core.runs.given_items import as_sample
from lrd_core.runs.identity import identity_of, record_of
from lrd_core.runs.in_memory import measure_given, measure_items
from lrd_core.runs.request import MetricRequest, parse_metrics
from lrd_core.settings import RunSettings
from lrd_core.store.keys import run_key
from lrd_core.tasks import TaskItems
from lrd_core.tasks.conditions import Condition

if TYPE_CHECKING:
    from torch import nn


def measure(
    model: str | Path | LoadedModel | tuple[nn.Module, Any],
    texts: Iterable[str] | TaskItems,
    metrics: str | Sequence[str] = "lrd",
    *,
    name: str | None = None,
    task: str = "texts",
    progress: Progress = silent,
    **settings: Any,
) -> Profiles:
    """Read texts at every layer of a model in one pass, and measure what the layers do to them.

    model: a name of `models list` or of the hub, a model's folder, what `load_model` gave, or a
        pair (model, tokenizer) of transformers in memory. A pair is read where it is, in eval mode
        and without gradients, and is afterwards as it was: modes of all modules, gradients, device.
    texts: a list of n strings, or what `load_task` gave.
    metrics: names or groups (lrd, lbl, companion, all) with a mode or parameters after a colon:
        "nrs", ["lrd", "prompt_entropy:published", "dataset_entropy:alpha=2"].
    name: what a pair is called where it is kept and drawn; by default its own path or class.
    task: what a list of texts is called.
    progress: called as progress(stage, done, total) while it works.
    settings: how texts are read, as options of `run`: pooling ("mean", "cls", "lasttoken", ...),
        max_length (tokens), final_norm ("hf", "raw", "all"), capture ("block", "attention"), tail,
        prompt, condition, seed; dtype where the model is loaded here. By default the model's own.

    Returns: values at num_blocks + 1 layers, in the units that each metric's card names; the very
        numbers that `run` stores for the same model, texts and settings.

    A pair can be saved, because its weights, configuration and tokenizer are hashed, up to 4 GiB
    of weights; a larger one only under a `name`, which then stands for its content.

    Raises: UnknownNameError for a model, metric or setting that does not exist, with the closest;
        InputError for no texts, for what is no text, and for a pair that is none; ModelError for a
        model that cannot be read layer by layer; NonFiniteError for NaN in a hidden state.

    Example:
        >>> import lrd_core
        >>> texts = [f"The {a} {b}." for a in ("cat", "dog") for b in ("sleeps", "runs", "eats")]
        >>> found = lrd_core.measure("all-MiniLM-L6-v2", texts, "effective_rank", max_length=16)
        >>> found.num_blocks, found.n, found.pooling
        (6, 6, 'mean')
        >>> bool(found.table().query("series == 'effective_rank'").value.between(1, 6).all())
        True
    """
    wanted = asked_metrics(metrics)
    modality = model.modality if isinstance(model, LoadedModel) else "text"
    sample = as_sample(texts, task, modality)
    # The seed that drew the items also draws their views, as in a run.
    asked = asked_settings(settings, sample.seed)
    with loaded(model, name, asked) as ready:
        refuse_other_items(ready.spec, sample.spec)
        results = measure_items(ready, sample, asked, wanted, progress)
        identity = identity_of(ready, sample, asked)
        record = record_of(ready, sample, identity, run_key(identity))
    return Profiles(
        model=record.model,
        task=record.task,
        n=sample.n,
        num_blocks=record.num_blocks,
        pooling=str(record.pooling),
        notes=tuple(note for note in record.model_note.split("; ") if note),
        _results=results,
        _record=record,
        _sample=sample,
        _unsaved="" if record.revision else too_large(record.model),
    )


def measure_arrays(
    layers: Iterable[Array],
    metrics: str | Sequence[str] = "lrd",
    *,
    name: str | None = None,
    task: str = "arrays",
) -> Profiles:
    """Measure arrays that exist already: one vector an item at every layer.

    layers: L + 1 arrays of shape (n, d), NumPy or torch on any device, first the embedding layer;
        all of the same n items in one order; d may differ.
    metrics: as in `measure`. Of a group, those that pooled vectors are enough for; a metric of
        tokens or of augmented views is refused when it is named.
    name, task: what the arrays and their items are called; `save` needs a name.

    Returns: what the functions of `lrd_core.metrics` give for the same arrays.

    Raises: UnknownNameError for a metric that does not exist, with the closest; InputError for one
        that arrays are not enough for; MetricError for fewer than 2 layers, arrays of another
        shape or of different n, and NaN or Inf, naming the layer and the row.

    Example:
        >>> import numpy as np, lrd_core
        >>> rng = np.random.default_rng(0)
        >>> layers = [rng.normal(size=(40, 16)) for _ in range(5)]
        >>> found = lrd_core.measure_arrays(layers, "frenet")
        >>> speed = found.table().query("series == 'speed'").value.to_numpy()
        >>> bool((speed == lrd_core.metrics.frenet(layers).speed).all())
        True
    """
    wanted = asked_metrics(metrics, pooled=True)
    given = checked_layers(layers)
    results = measure_given(given, wanted)
    record = record_of_arrays(given, name or "arrays", task)
    unsaved = "" if name else "arrays have no name of their own; give measure_arrays(..., name=...)"
    return Profiles(
        model=record.model,
        task=task,
        n=record.n or 0,
        num_blocks=record.num_blocks,
        pooling=str(record.pooling),
        _results=results,
        _record=record,
        _unsaved=unsaved,
    )


def asked_metrics(metrics: str | Sequence[str], pooled: bool = False) -> tuple[MetricRequest, ...]:
    """Metrics by their names; pooled: those alone that need no tokens and no views.

    Raises: UnknownNameError; InputError for no metric, or for one named that needs more.
    """
    names = metrics.split(",") if isinstance(metrics, str) else list(metrics)
    wanted = parse_metrics(names)
    if not pooled:
        found = wanted
    else:
        found = tuple(one for one in wanted if one.metric.reads == "pooled")
        named = {name.strip().partition(":")[0] for name in names} - {*GROUPS, "all"}
        for one in wanted:
            if one.metric.name in named and one not in found:
                raise InputError(
                    f"{one.label} reads {one.metric.reads}, which pooled arrays do not have; "
                    "measure the model itself with measure(model, texts, ...)"
                )
    if not found:
        raise InputError("no metric to compute; name one, or a group: lrd, lbl, companion, all")
    return found


def asked_settings(given: dict[str, Any], seed: int = 0) -> RunSettings:
    """Settings by their names, checked as far as they can be without a model.

    Raises: UnknownNameError, InputError.
    """
    known = {one.name for one in fields(RunSettings)} - {"n"}
    if "n" in given:
        raise InputError("n is how many texts there are; give fewer, or load_task(name, n=...)")
    for unknown in set(given) - known:
        raise UnknownNameError("setting", unknown, known)
    settings = RunSettings(**{"seed": seed} | given)
    Condition.parse(settings.condition)
    if settings.pooling:
        refuse_unknown(settings.pooling)
    return settings


@contextmanager
def loaded(
    model: str | Path | LoadedModel | tuple[nn.Module, Any], name: str | None, settings: RunSettings
) -> Iterator[LoadedModel]:
    """Within, the model that was given in one of four ways. Raises: as `measure`."""
    most = settings.max_length
    if isinstance(model, (str, Path)):
        yield load_model(str(model), dtype=settings.dtype, max_length=most)
        return
    if settings.dtype != "auto":
        raise InputError("a model in memory has its number format; leave dtype out")
    if isinstance(model, LoadedModel):
        parts = model.spec, model.model, model.tokenizer, model.pipeline
        yield model if most is None else replace(model, max_length=resolve_max_length(*parts, most))
    elif isinstance(model, (tuple, list)):
        whole, tokenizer = check_pair(model)
        with loaded_pair(whole, tokenizer, name, most) as ready:
            yield ready
    else:
        raise InputError(
            f"a {type(model).__name__} is no model to measure; give a name, a folder, what "
            "load_model gave, or a pair (model, tokenizer) of transformers"
        )


def too_large(model: str) -> str:
    return (
        f"{model} has over 4 GiB of weights, which are not hashed, so nothing tells its numbers "
        "from another model's; give it a name of its own: measure(..., name=...)"
    )
