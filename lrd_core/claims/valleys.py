"""L3, L4, L10 and S1: the fall of entropy inside a model."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from lrd_core.analysis.profiles import valley_depth
from lrd_core.claims.held import Held
from lrd_core.claims.intervals import difference_of, mean_of
from lrd_core.claims.registry import LBL, SINKS, claim
from lrd_core.claims.verdicts import Finding, Number, not_testable, side_of
from lrd_core.numbers import counted, whole
from lrd_core.settings import BASE_LM, DECODER, ENCODER, STATE_SPACE

ENTROPY = "prompt_entropy"
WITHOUT = "prompt_entropy_without"
"""The same without dominating tokens."""

NORMS = "norm_ratio"
EVEN = 0.05
"""A fall of normalised entropy up to this is called even."""

LEAST_IN_GROUP = 3


def _depths(held: Held, series: str) -> dict[str, pd.Series]:
    """By model: the depth of the valley on each task with a complete profile."""
    return {
        model: pd.Series(valley_depth(table.cells), index=list(table.tasks))
        for model, table in held.tables.get(series, {}).items()
        if table.cells.shape[1] > 3
    }


def shared_tasks(
    depths: Mapping[str, pd.Series], groups: Sequence[Collection[str]]
) -> tuple[list[str], list[str]]:
    """The models of both groups and the tasks that all of them have, most models first.

    The task that the smaller group has most models on decides, then the one with most models, so
    that no choice by outcome is made; all tasks that the same models share are averaged.
    """
    by_task: dict[str, set[str]] = {}
    for model, values in depths.items():
        for task in values.index:
            by_task.setdefault(str(task), set()).add(model)
    if not by_task:
        return [], []

    def reach(task: str) -> tuple[int, int]:
        sizes = [len(by_task[task] & set(group)) for group in groups]
        return min(sizes), sum(sizes)

    first = max(sorted(by_task), key=reach)
    both = {model for group in groups for model in group}
    models = by_task[first] & both
    tasks = [task for task in sorted(by_task) if models <= by_task[task]]
    return [model for model in depths if model in models], tasks


def _falls(
    depths: Mapping[str, pd.Series], *groups: Collection[str]
) -> tuple[list[str], list[str], dict[str, float]]:
    """Of `shared_tasks` of two groups: its models, its tasks, and each model's mean over these."""
    models, tasks = shared_tasks(depths, groups)
    return models, tasks, {model: float(depths[model].loc[tasks].mean()) for model in models}


def _numbers(
    depths: Mapping[str, pd.Series], models: Collection[str], tasks: list[str]
) -> list[Number]:
    """One a model: the mean over these tasks."""
    found = []
    for model in models:
        values = depths[model].loc[tasks]
        found.append(mean_of(model, list(values), "tasks"))
    return found


@claim(
    "L3",
    "Decoders have an entropy valley at mid depth; BERT-like encoders stay even.",
    LBL,
    "figure 1 and the workshop paper",
    statistic="depth of the valley of prompt entropy (lower end less the lowest inner layer), "
    "decoders less encoders",
    rule="Holds where the interval of the difference lies above zero, with three models of each "
    "kind at least.",
    series=(ENTROPY,),
)
def decoders_have_it(held: Held) -> Finding:
    """Mean valley of decoders less that of encoders, on the tasks that most of both share."""
    family = held.families
    depths = _depths(held, ENTROPY)
    decoders = [m for m in depths if family[m] in (BASE_LM, DECODER)]
    encoders = [m for m in depths if family[m] == ENCODER]
    if not decoders or not encoders:
        return not_testable(
            f"Prompt entropy is known of {counted(len(decoders), 'decoder')} and "
            f"{counted(len(encoders), 'encoder')}.",
            "Measure prompt entropy of models of both kinds on the same texts.",
        )
    models, tasks, falls = _falls(depths, decoders, encoders)
    first, second = ([falls[m] for m in models if m in group] for group in (decoders, encoders))
    main = difference_of("decoders less encoders", first, second)
    groups = [mean_of("decoders", first), mean_of("encoders", second)]
    states = [m for m in depths if family[m] == STATE_SPACE and set(tasks) <= set(depths[m].index)]
    groups += [mean_of("state-space", [float(depths[m].loc[tasks].mean()) for m in states])] * bool(
        states
    )
    groups += _without(held, models, tasks, decoders)
    verdict, why = side_of(main, LEAST_IN_GROUP)
    told = (
        f"{why} On {counted(len(tasks), 'task')} that {counted(len(first), 'decoder')} and "
        f"{counted(len(second), 'encoder')} share."
    )
    return Finding(
        verdict,
        told,
        "of normalised entropy",
        (
            main,
            *(one.called(one.label, "baseline") for one in groups),
            *_numbers(depths, models, tasks),
        ),
        "" if verdict == "holds" else "More models of both kinds, measured on the same texts.",
    )


def _without(held: Held, models: list[str], tasks: list[str], decoders: list[str]) -> list[Number]:
    """The decoders' valley without dominating tokens, where that is stored for all of them."""
    other = _depths(held, WITHOUT)
    mine = [m for m in models if m in decoders]
    if not mine or any(m not in other or not set(tasks) <= set(other[m].index) for m in mine):
        return []
    values = [float(other[m].loc[tasks].mean()) for m in mine]
    return [mean_of("decoders, without dominating tokens", values)]


@claim(
    "L4",
    "The best layer lies at the entropy valley.",
    LBL,
    statistic="depth between the lowest entropy and the best score, turned profiles less the "
    "model's own",
    rule="Holds where the own distance is smaller than that of profiles turned by every number of "
    "layers, with its interval over four models at least.",
    series=(ENTROPY, "score"),
)
def best_at_the_valley(held: Held) -> Finding:
    """How much nearer the valley is to the best layer than a turned profile's would be."""
    nearer, own, parts = [], [], []
    for model, curves in held.curves.items():
        table = held.table(model, ENTROPY)
        tasks = curves.shared(table)
        if not tasks:
            continue
        score = curves.of(tasks).mean(axis=0)
        turned, distance = distances(table.of(tasks).mean(axis=0), score)
        own.append(100 * distance)
        nearer.append(100 * (turned - distance))
        parts.append(Number.alone(model, nearer[-1], len(tasks), "tasks"))
    if not nearer:
        return not_testable(
            "No model has prompt entropy and scores at every layer of the same tasks.",
            "Score models at every layer on tasks whose prompt entropy is stored.",
        )
    main = mean_of("turned less own", nearer, kind="main")
    verdict, why = side_of(main, 4)
    distance = float(np.mean(own))
    return Finding(
        verdict,
        f"{why} The two are {whole(distance)}% of depth apart in the mean.",
        "% of depth",
        (main, mean_of("own distance", own, kind="baseline"), *parts),
        "" if verdict == "holds" else "More models with scores and entropy at every layer.",
    )


def distances(entropy: np.ndarray, score: np.ndarray) -> tuple[float, float]:
    """Depth between lowest entropy (inner layers) and best score: of turned profiles, and own.

    Shape: both (L + 1,). Turned: the mean over all turns of the entropy profile.
    """
    last = len(entropy) - 1
    turns = [np.roll(entropy, by) for by in range(last + 1)]
    places = np.array([1 + int(np.argmin(turn[1:-1])) for turn in turns])
    apart = np.abs(places - int(np.argmax(score))) / last
    return float(apart[1:].mean()), float(apart[0])


@claim(
    "L10",
    "Autoregressive vision models have the valley, other vision models do not.",
    LBL,
    "figure 14",
    statistic="depth of the valley of prompt entropy, AIM less the others; and how many others "
    "fall",
    rule="Holds where the interval of the difference lies above zero and no other falls by more "
    "than 0.05; contradicted where another falls further than the median of AIM.",
    series=(ENTROPY,),
    reads="image",
)
def autoregressive_vision(held: Held) -> Finding:
    """AIM against ViT, MAE, BEiT, DINOv2 and CLIP: objective or modality?"""
    family = held.families
    depths = _depths(held, ENTROPY)
    causal = [m for m in depths if family[m] in (DECODER, BASE_LM)]
    others = [m for m in depths if family[m] not in (DECODER, BASE_LM)]
    if not causal or not others:
        return not_testable(
            f"There are {len(causal)} autoregressive and {len(others)} other vision models with "
            "prompt entropy.",
            "Measure prompt entropy of vision models of both kinds on the same images.",
        )
    models, tasks, falls = _falls(depths, causal, others)
    first, second = ([falls[m] for m in models if m in group] for group in (causal, others))
    main = difference_of("autoregressive less others", first, second)
    verdict, why = side_of(main, LEAST_IN_GROUP)
    further = [m for m in models if m in others and falls[m] > float(np.median(first))]
    uneven = [m for m in models if m in others and falls[m] > EVEN]
    if further:
        verdict = "contradicted"
        why = f"{', '.join(further)} fall further than the median of the autoregressive ones."
    elif verdict == "holds" and uneven:
        verdict, why = "open", f"{', '.join(uneven)} fall by more than {EVEN} too."
    return Finding(
        verdict,
        why,
        "of normalised entropy",
        (
            main,
            mean_of("autoregressive", first, kind="baseline"),
            mean_of("others", second, kind="baseline"),
            *(Number.alone(m, falls[m], len(tasks), "tasks") for m in models),
        ),
        "" if verdict == "holds" else "Token norms of these models: a few patches may make it.",
    )


@claim(
    "S1",
    "The valley comes from a few tokens of huge norm.",
    SINKS,
    statistic="share of the valley's depth that goes when dominating tokens are left out; layers "
    "between the norm's rise and the entropy's fall",
    rule="Holds where more than half of the depth goes, with the interval over four models at "
    "least.",
    series=(ENTROPY, WITHOUT, NORMS),
)
def from_a_few_tokens(held: Held) -> Finding:
    """Of every model with a valley: how much of it dominating tokens make."""
    plain, without = _depths(held, ENTROPY), _depths(held, WITHOUT)
    shares, parts, lags = [], [], []
    for model, depths in plain.items():
        if model not in without:
            continue
        tasks = depths.index.intersection(without[model].index)
        deep = depths.loc[tasks]
        deep = deep[deep > EVEN]
        if not len(deep):
            continue
        gone = 100 * (1 - without[model].loc[deep.index].clip(lower=0) / deep)
        shares.append(float(gone.mean()))
        parts.append(mean_of(model, list(gone), "tasks"))
        lags += _lags(held, model, list(deep.index))
    if not shares:
        return not_testable(
            "No model with a valley has prompt entropy both with and without dominating tokens.",
            f"Measure {WITHOUT} and {NORMS} of decoders.",
        )
    main = mean_of("share that goes", shares, kind="main")
    verdict, why = side_of(main, 4, above=50)
    lag = f" The norm rises {_lag_words(float(np.median(lags)))}." if lags else ""
    return Finding(
        verdict,
        why + lag,
        "% of the valley",
        (main, *parts),
        "" if verdict == "holds" else "More models that have a valley, measured both ways.",
    )


def _lag_words(layers: float) -> str:
    if layers == 0:
        return "in the layer in which the entropy falls"
    count, when = whole(abs(layers)), "after" if layers > 0 else "before"
    return f"{count} {'layer' if count == '1' else 'layers'} {when} the fall"


def _lags(held: Held, model: str, tasks: list[str]) -> list[float]:
    """Layers from the steepest fall of entropy to the steepest rise of the largest norm."""
    norms, entropy = held.table(model, NORMS), held.table(model, ENTROPY)
    both = [task for task in norms.shared(entropy) if task in tasks]
    if not both:
        return []
    rises = np.diff(np.log(norms.of(both)), axis=1).argmax(axis=1)
    falls = np.diff(entropy.of(both), axis=1).argmin(axis=1)
    return [float(lag) for lag in rises - falls]
