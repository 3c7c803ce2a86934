"""Mixtures of metrics: every one is there once, and picks what its weighed ranks are highest at."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.combination import STEPS, is_mixture, mixed_picks, weights_of

LAYERS = 8
ONE, OTHER, UPWARD = "dime", "infonce", "infonce_normalised"


def near(place: float) -> "pd.Series[float]":
    """Values that are lowest, which is what these metrics pick, at a place."""
    return pd.Series(np.abs(np.arange(LAYERS) - place))


def test_the_layer_that_both_put_second_is_picked_together():
    profiles = {
        ONE: pd.Series([3, 0, 2, 1, 4, 7, 6, 5]),
        OTHER: pd.Series([5, 6, 4, 1, 2, 0, 3, 7]),
    }
    assert (profiles[ONE].idxmin(), profiles[OTHER].idxmin()) == (1, 5)
    assert set(mixed_picks(profiles).values()) == {3}


def test_what_two_agree_on_every_mixture_picks():
    picks = mixed_picks({ONE: near(5), OTHER: near(5)})
    assert set(picks.values()) == {5} and len(picks) == STEPS - 1


def test_picks_are_those_of_the_ranks_weighed_one_by_one():
    draw = np.random.default_rng(3)
    profiles = {
        name: pd.Series(draw.normal(size=LAYERS)) for name in (ONE, OTHER, "dataset_entropy")
    }
    picks = mixed_picks(profiles)
    assert len(picks) == 12  # of 15 ways to share four quarters among three, three are single
    for way, layer in picks.items():
        weights = weights_of(way)
        assert sum(weights.values()) == 1 and len(weights) > 1
        total = np.zeros(LAYERS)
        for name, weight in weights.items():
            total += weight * (-profiles[name]).rank().to_numpy() / LAYERS
        assert total[layer] == pytest.approx(total.max())


def test_a_metric_that_picks_its_highest_value_is_mixed_as_such():
    turned = mixed_picks({ONE: near(2), UPWARD: -near(6)})
    assert list(turned.values()) == list(mixed_picks({ONE: near(2), OTHER: near(6)}).values())


def test_the_order_of_metrics_and_the_place_of_layers_change_nothing():
    profiles = {ONE: near(2), OTHER: near(6)}
    turned = dict(reversed(profiles.items()))
    assert mixed_picks(profiles) == mixed_picks(turned)
    moved = {name: one.set_axis(range(10, 10 + LAYERS)) for name, one in profiles.items()}
    assert mixed_picks(moved) == {way: 10 + one for way, one in mixed_picks(profiles).items()}


def test_one_metric_is_no_mixture():
    assert mixed_picks({ONE: near(2)}) == mixed_picks({}) == {}
    assert not any(map(is_mixture, ("dime", "last", "average")))
