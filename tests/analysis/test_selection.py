"""Layer choice: picks, regret and gain by hand; gaps leave tasks out and say so."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.analysis.selection import choose_layers, mean_curve, picked_at
from lrd_core.errors import InputError, UnknownNameError

SCORES = pd.DataFrame(
    [[0.1, 0.5, 0.3], [0.2, 0.3, 0.4], [0.0, 0.9, 0.6]], index=["a", "b", "c"], columns=[0, 1, 2]
)
DIME = pd.DataFrame(
    [[3.0, 1.0, 2.0], [3.0, 1.0, 2.0], [1.0, 2.0, 3.0]], index=["a", "b", "c"], columns=[0, 1, 2]
)


def test_picks_regret_and_gain_by_hand():
    choice = choose_layers(SCORES, {"dime": DIME})
    dime = choice.strategy("dime")
    assert dime.layers.tolist() == [1, 1, 0]
    assert dime.scores.tolist() == [0.5, 0.3, 0.0]
    assert dime.mean == pytest.approx(0.8 / 3)
    assert dime.regret == pytest.approx((0 + 0.1 + 0.9) / 3)
    assert dime.gain == pytest.approx((0.2 - 0.1 - 0.6) / 3)
    assert dime.low <= dime.mean <= dime.high


def test_the_yardsticks_by_hand():
    choice = choose_layers(SCORES, {"dime": DIME})
    assert choice.best_layer == 1
    assert choice.mean_by_layer.tolist() == pytest.approx([0.1, 1.7 / 3, 1.3 / 3])
    assert choice.strategy("best").layers.tolist() == [1, 2, 1]
    assert choice.strategy("best").regret == 0
    assert choice.strategy("best").needs_labels and not choice.strategy("last").needs_labels
    assert choice.strategy("last").gain == 0
    assert choice.strategy("average").mean == pytest.approx(np.mean(SCORES.to_numpy()))


def test_no_strategy_beats_hindsight():
    generator = np.random.default_rng(1)
    scores = pd.DataFrame(generator.random((20, 9)))
    choice = choose_layers(scores, {"dime": pd.DataFrame(generator.random((20, 9)))})
    assert all(entry.regret >= 0 for entry in choice.strategies)
    assert max(entry.mean for entry in choice.strategies) == choice.strategy("best").mean


def test_a_metric_that_is_minus_the_score_has_no_regret():
    """Positive control."""
    choice = choose_layers(SCORES, {"dime": -SCORES, "infonce": SCORES})
    assert choice.strategy("dime").regret == 0
    assert choice.strategy("infonce").regret > 0.3


def test_tasks_with_gaps_leave_every_strategy_and_are_named():
    scores = SCORES.copy()
    scores.loc["a", 2] = np.nan
    dime = DIME.copy()
    dime.loc["b", 0] = np.nan
    choice = choose_layers(scores, {"dime": dime})
    assert choice.tasks == ("c",)
    assert choice.dropped == {"a": "no score at some layer", "b": "no dime at some layer"}
    assert choice.mean_by_layer.tolist() == [0.0, 0.9, 0.6]
    assert np.isnan(choice.strategy("dime").low)


def test_nothing_in_common_says_what_to_do():
    with pytest.raises(InputError, match="no task has scores and dime at every layer; leave out"):
        choose_layers(SCORES, {"dime": DIME.iloc[:0]})


def test_a_series_without_direction_picks_nothing():
    assert picked_at("speed") is None
    assert picked_at("dime") == "lowest"
    with pytest.raises(InputError, match="'speed' has no direction"):
        choose_layers(SCORES, {"speed": DIME})
    with pytest.raises(UnknownNameError, match="did you mean"):
        picked_at("spead")


def test_mean_curve_takes_the_tasks_that_all_layers_have():
    scores = SCORES.copy()
    scores.loc["b", 1] = np.nan
    assert mean_curve(scores).tolist() == pytest.approx([0.05, 0.7, 0.45])
    assert mean_curve(scores, ("c",)).tolist() == [0.0, 0.9, 0.6]
    with pytest.raises(InputError, match="'b' has no score at some layer"):
        mean_curve(scores, ("a", "b"))
