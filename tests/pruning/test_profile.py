"""Profiles on blocks: z-scores, both indexings, and the way to the store and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.pruning.profile import (
    Profile,
    interior_to_layers,
    z_at_layers,
    z_at_transitions,
    z_score,
)
from lrd_core.pruning.rules import Question, find_rule

finite = arrays(np.float64, st.integers(2, 40), elements=st.floats(-100, 100))


@given(finite)
def test_z_score_has_mean_zero_and_population_deviation_one(values):
    scored = z_score(values)
    if np.ptp(values) > 1e-6:
        assert abs(scored.mean()) < 1e-6
        assert scored.std() == pytest.approx(1.0, abs=1e-6)


@given(finite, st.floats(0.1, 10), st.floats(-5, 5))
def test_z_score_ignores_scale_and_shift(values, scale, shift):
    if np.ptp(values) > 1e-3:
        np.testing.assert_allclose(z_score(values * scale + shift), z_score(values), atol=1e-6)


def test_a_constant_profile_gives_zeros():
    assert z_score(np.full(7, 0.1 + 0.2)).tolist() == [0.0] * 7


def test_undefined_entries_stay_undefined_and_count_for_nothing():
    scored = z_score(np.array([np.nan, 1.0, 3.0]))
    assert np.isnan(scored[0])
    assert scored[1:].tolist() == [-1.0, 1.0]
    assert np.isnan(z_score(np.array([np.nan]))).all()


def test_transitions_onto_blocks():
    speed = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(z_at_transitions(speed, "block"), z_score([1.0, 2.0, 4.0]))
    by_layer = z_score([1.0, 1.5, 3.0, 4.0])
    np.testing.assert_allclose(z_at_transitions(speed, "published"), by_layer[:3])


def test_layers_onto_blocks():
    gfmi = np.array([1.0, 2.0, 4.0, 8.0])
    np.testing.assert_allclose(z_at_layers(gfmi, "block"), z_score([1.5, 3.0, 6.0]))
    np.testing.assert_allclose(z_at_layers(gfmi, "published"), z_score(gfmi)[:3])


def test_curvature_is_undefined_at_both_ends_and_blocks_there_take_the_end_they_have():
    layers = interior_to_layers(np.array([2.0, 4.0]))
    np.testing.assert_allclose(z_at_layers(layers, "block"), z_score([2.0, 3.0, 4.0]))
    assert np.isnan(z_at_layers(layers, "published")[0])


def published_lrd(speed, curvature, nrs, gfmi):
    """The contract, word by word: onto layers 0..L, z within each profile, summed, by layer id."""
    count = len(speed) + 1

    def onto_layers(values):
        beside = [
            [values[t] for t in (layer - 1, layer) if 0 <= t < count - 1] for layer in range(count)
        ]
        return np.array([np.mean(near) for near in beside])

    def z(values):
        known = [value for value in values if not np.isnan(value)]
        return (values - np.mean(known)) / np.std(known)

    layers = np.array([np.nan, *curvature, np.nan])
    total = -z(onto_layers(speed)) - z(layers) + z(onto_layers(nrs)) + z(np.array(gfmi))
    return {layer: total[layer] for layer in range(count)}


def test_published_scores_are_those_of_the_layers_and_the_last_layer_counts():
    draw = np.random.default_rng(5)
    known = Profile(
        tuple(range(8)),
        {
            "speed": draw.random(8),
            "curvature": draw.random(7),
            "nrs": draw.random(8),
            "gfmi": np.append(draw.random(8), 9.0),
        },
    )
    question = Question(tuple(range(8)), tuple(range(1, 7)), 2, known, "published")
    literal = published_lrd(**known.measured)
    found = find_rule("lrd")(question)
    np.testing.assert_allclose(found[1:], [literal[layer] for layer in range(1, 8)])
    assert np.isnan(found[0])


def test_lrd_is_the_sum_of_the_three():
    draw = np.random.default_rng(3)
    known = Profile(
        tuple(range(8)),
        {
            "speed": draw.random(8),
            "curvature": draw.random(7),
            "nrs": draw.random(8),
            "gfmi": draw.random(9),
        },
    )
    question = Question(tuple(range(8)), tuple(range(1, 7)), 2, known)
    parts = sum(find_rule(name)(question) for name in ("frenet", "nrs", "gfmi"))
    np.testing.assert_allclose(find_rule("lrd")(question), parts)


def test_json_round_trip():
    before = Profile((0, 2), {"speed": np.array([0.5, 1.0]), "gfmi": np.array([1.0, 2.0, 3.0])})
    after = Profile.from_json(before.to_json())
    assert after.blocks == (0, 2)
    assert after.measured["gfmi"].tolist() == [1.0, 2.0, 3.0]
    assert "nrs" not in after.measured
    assert after.fixed is None


def test_blocks_that_stay_are_kept_with_their_reasons():
    before = Profile((0, 2), fixed={0: "it holds the position bias"})
    assert Profile.from_json(before.to_json()) == before
    assert Profile.from_json(Profile((0,), fixed={}).to_json()).fixed == {}


def test_wrong_length_is_refused():
    with pytest.raises(InputError, match="gfmi has 2 values where 2 blocks need 3"):
        Profile((0, 1), {"gfmi": np.zeros(2)})


def test_an_unknown_quantity_is_refused():
    with pytest.raises(UnknownNameError, match="no calibration quantity is called 'gfmj'"):
        Profile((0, 1), {"gfmj": np.zeros(2)})
