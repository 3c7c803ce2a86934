"""What a series says of itself is true: bounds, invariances, marks, picks, ranks, costs."""

import dataclasses
from collections.abc import Callable
from typing import get_args

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.selection import choose_layers
from lrd_core.metrics import Metric, Series, all_metrics, all_series, nearest_neighbours
from lrd_core.metrics.registry import GROUPS, chosen_first, owner_of, ranked
from lrd_core.metrics.score import MEASURED, declared
from lrd_core.metrics.series import Change, Direction, Listing
from lrd_core.metrics.subsample import judge, subsample_curve
from tests.metrics.examples import attention_weights, augmented_views, drifting_layers, token_texts

METRICS, SERIES = all_metrics(), all_series()
ROUNDING = 1e-9

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
each_series = pytest.mark.parametrize("series", SERIES, ids=lambda series: series.name)
each_listing = pytest.mark.parametrize("listing", get_args(Listing))


def example(metric: Metric, seed: int = 7) -> list[np.ndarray]:
    """The vectors that the metric reads, float64: layers, one layer, texts of tokens, or views.

    Layers have more texts than there are anchors, so that an order that matters is seen.
    """
    if metric.inputs == "embeddings":
        return [z.astype(np.float64) for z in drifting_layers(n=520, layers=4, seed=seed)]
    if metric.inputs == "layer":
        return [drifting_layers(layers=1, seed=seed)[0].astype(np.float64)]
    if metric.inputs == "tokens":
        tokens = np.stack(token_texts((20, 20, 20), seed=seed))
        # One token dominates its text, with massive entries; one does until all are shifted; one is
        # the largest and the last.
        tokens[2, -1] *= 2 * np.linalg.norm(tokens[2], axis=1).max() / np.linalg.norm(tokens[2, -1])
        tokens[0, 5] *= 3000
        norms = np.linalg.norm(tokens[1], axis=1)
        tokens[1, 5] *= 10.5 * np.median(norms) / norms[5]
        return [tokens]
    if metric.inputs == "attention":
        return [attention_weights(seed=seed)[0]]
    views = augmented_views(q=metric.sampling["q"], seed=seed)
    return [views[:, 0], views[:, 1]] if metric.compares_pairs else [views]


def values(metric: Metric, arrays: list[np.ndarray]) -> dict[str, np.ndarray]:
    """What the metric gives, in exact mode with its own parameters, by series."""
    called = [arrays] if metric.inputs == "embeddings" else arrays
    result = metric(*called, **metric.parameters)
    return {
        series.name: np.asarray(getattr(result, series.attribute, result), dtype=np.float64)
        for series in metric.series
    }


def turned(arrays: list[np.ndarray]) -> list[np.ndarray]:
    d = arrays[0].shape[-1]
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((d, d)))[0]
    return [z @ turn for z in arrays]


def each_lengthened(arrays: list[np.ndarray]) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [z * rng.uniform(0.2, 5, (*z.shape[:-1], 1)) for z in arrays]


def shifted(arrays: list[np.ndarray]) -> list[np.ndarray]:
    offset = np.random.default_rng(3).standard_normal(arrays[0].shape[-1])
    return [z + 3 * offset for z in arrays]


def reordered(metric: Metric, arrays: list[np.ndarray]) -> list[np.ndarray]:
    axes = {"tokens": (1,), "attention": (2, 3)}.get(metric.inputs, (0,))
    order = np.random.default_rng(4).permutation(arrays[0].shape[axes[0]])
    for axis in axes:
        arrays = [np.take(z, order, axis=axis) for z in arrays]
    return arrays


def changed(change: Change, metric: Metric, arrays: list[np.ndarray]) -> list[np.ndarray]:
    ways: dict[Change, Callable[[], list[np.ndarray]]] = {
        "scale": lambda: [8.0 * z for z in arrays],
        "lengths": lambda: each_lengthened(arrays),
        "turn": lambda: turned(arrays),
        "shift": lambda: shifted(arrays),
        "order": lambda: reordered(metric, arrays),
    }
    return ways[change]()


@each_metric
@pytest.mark.parametrize("change", get_args(Change))
def test_what_a_series_ignores_leaves_it_as_it_is_and_anything_else_does_not(
    metric: Metric, change: Change
) -> None:
    arrays = example(metric)
    before, after = values(metric, arrays), values(metric, changed(change, metric, arrays))
    for series in metric.series:
        if change in series.ignores:
            np.testing.assert_allclose(
                after[series.name], before[series.name], rtol=1e-6, atol=1e-9, err_msg=series.name
            )
    others = [series for series in metric.series if change not in series.ignores]
    moved = [not np.allclose(after[s.name], before[s.name], rtol=1e-6) for s in others]
    assert any(moved) or not others


@each_metric
@pytest.mark.parametrize("seed", range(3))
def test_values_lie_within_the_declared_bounds(metric: Metric, seed: int) -> None:
    arrays = example(metric, seed)
    found = values(metric, arrays)
    n, d = arrays[0].shape[0], arrays[0].shape[-1]
    for series in metric.series:
        low, high = series.bounds
        assert low < high
        known = found[series.name][~np.isnan(found[series.name])]
        assert (known >= low - ROUNDING).all(), series.name
        assert (known <= high + ROUNDING).all(), series.name
        most = {"directions": min(n, d), "nats": np.log(min(n, d)), "share": 1.0}
        if series.counts:
            assert (known <= most[series.counts] + ROUNDING).all(), series.name


@pytest.mark.parametrize(
    "name", sorted({owner_of(series.name).name for series in SERIES if series.counts})
)
def test_a_series_that_counts_directions_is_capped_by_few_texts(name: str) -> None:
    metric = next(entry for entry in METRICS if entry.name == name)
    noise = np.random.default_rng(0).standard_normal((60, 2, 300))
    layers = [noise + 0.01] if metric.reads == "views" else [noise[:, 0], noise[:, 1]]
    verdicts = {one.series: one.capped for one in judge(subsample_curve(metric, layers, [60]), 300)}
    for series in metric.series:
        if series.counts:
            assert verdicts[series.name], series.name


@each_metric
def test_values_by_text_are_what_the_profile_averages(metric: Metric) -> None:
    wanted = [series for series in metric.series if series.per_text]
    if not wanted:
        return
    result = metric(example(metric), **metric.parameters)
    for series in wanted:
        by_text = getattr(result, series.per_text)
        assert by_text.shape[1] == len(result.anchors)
        np.testing.assert_allclose(by_text.mean(axis=1), getattr(result, series.attribute))


@each_metric
def test_shared_neighbours_give_what_the_metric_computes_alone(metric: Metric) -> None:
    if not metric.shares_neighbours:
        return
    layers = example(metric)
    lists = [nearest_neighbours(z, 40) for z in layers]
    shared = metric(layers, **metric.parameters, neighbours=lists)
    alone = values(metric, layers)
    for series in metric.series:
        np.testing.assert_array_equal(getattr(shared, series.attribute), alone[series.name])


@each_series
def test_a_last_layer_that_meets_itself_is_as_near_as_can_be(series: Series) -> None:
    if series.self_term and "peaks" in series.ranks:
        metric = owner_of(series.name)
        profile = values(metric, example(metric))[series.name]
        assert profile.argmax() == len(profile) - 1


@each_series
def test_reading_and_use_of_a_series_fit_each_other(series: Series) -> None:
    assert series.direction in get_args(Direction)
    if series.pick:
        assert series.at == "layer"  # a layer cannot be taken between two
        assert {"lower": "lowest", "higher": "highest"}.get(series.direction) in (None, series.pick)
    if series.mark is not None:
        assert series.is_profile and series.mark.kind in ("valley", "peak")
        assert series.mark.words == series.mark.words.strip().lower()
    if series.spare:
        assert series.is_profile
    if series.self_term:
        assert series.at == "layer" and owner_of(series.name).inputs == "embeddings"
    if "peaks" in series.ranks and series.is_profile:
        assert series.names.peak.startswith("Where ")
    assert series.short
    assert set(series.chosen) <= set(series.ranks)
    assert all(rank >= 1 for rank in series.ranks.values())


@each_series
def test_an_end_that_is_picked_is_the_layer_that_is_taken(series: Series) -> None:
    scores = pd.DataFrame([[0.1, 0.2, 0.3, 0.4]], index=["task"], columns=range(4))
    profile = pd.DataFrame([[2.0, 1.0, 4.0, 3.0]], index=["task"], columns=range(4))
    if series.picked_at:
        choice = choose_layers(scores, {series.name: profile})
        expected = 1 if series.picked_at == "lowest" else 2
        assert choice.strategy(series.name).layers.tolist() == [expected]
        assert not series.pick or series.picked_at == series.pick
    else:
        with pytest.raises(Exception, match="has no direction, so it picks no layer"):
            choose_layers(scores, {series.name: profile})


@each_listing
def test_ranks_of_a_list_are_all_different_and_give_its_order(listing: Listing) -> None:
    found = ranked(listing)
    ranks = [series.ranks[listing] for series in found]
    assert found and ranks == sorted(set(ranks))
    assert [s for s in found if listing in s.chosen] == list(chosen_first(listing))


def test_series_of_a_list_can_stand_in_it() -> None:
    profile_lists: tuple[Listing, ...] = ("depth", "shape", "change")
    assert all(series.is_profile for listing in profile_lists for series in ranked(listing))
    assert all(series.at == "model" for series in ranked("models"))
    assert all(series.at == "layer" for series in ranked("means"))
    assert all(series.pick for series in ranked("picks"))
    for listing in ("enough", "subsamples"):
        assert all(owner_of(series.name).reads == "pooled" for series in ranked(listing))


def test_short_and_published_names_are_unique() -> None:
    shorts = [series.short for series in SERIES]
    published = [series.published for series in SERIES if series.published]
    assert len(shorts) == len(set(shorts)) and len(published) == len(set(published))


@each_metric
def test_the_cost_is_known(metric: Metric) -> None:
    assert metric.group in GROUPS
    pooled = metric.inputs in ("embeddings", "layer")
    assert metric.reads == ("pooled" if pooled else metric.inputs)
    assert 0 < metric.cost <= 1
    assert (metric.reads in ("views", "attention")) == bool(metric.sampling)


def test_the_measured_score_is_declared_like_a_series_and_registered_nowhere() -> None:
    assert declared(MEASURED.name) is MEASURED
    assert MEASURED.name not in {series.name for series in SERIES}
    assert declared("nobody") is None
    for text in dataclasses.astuple(MEASURED.card):
        assert text.endswith(".")
