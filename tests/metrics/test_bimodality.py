"""The dip test tells one hump from two, leaves missing texts out, and refuses too few."""

import numpy as np
import pytest

from lrd_core.errors import MetricError
from lrd_core.metrics.bimodality import Dip, dip_by_layer, dip_test


def humps(distance: float, n: int = 300) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(0, 1, n), rng.normal(distance, 1, n)])


def test_one_hump_and_two():
    one, two = dip_test(humps(0)), dip_test(humps(8))
    assert one.p_value > 0.5 and two.p_value < 0.001
    assert one.statistic < two.statistic <= 0.25


def test_two_points_have_the_largest_dip():
    assert dip_test(np.repeat([0.0, 1.0], 50)).statistic == pytest.approx(0.25)


def test_shift_scale_and_order_change_nothing():
    values = humps(3)
    expected = dip_test(values)
    moved = dip_test(-4 * values[::-1] + 7)
    assert moved.statistic == pytest.approx(expected.statistic)
    assert dip_test(values) == expected


def test_missing_texts_are_left_out_and_counted():
    values = humps(8)
    assert dip_test(np.append(values, [np.nan] * 5)) == dip_test(values)
    assert dip_test(np.append(values, np.nan)).n == 600


def test_equal_values_have_one_hump():
    assert dip_test(np.full(20, 0.1)) == Dip(0.0, 1.0, 20)


def test_layers_with_too_few_values_are_gaps():
    dips = dip_by_layer([humps(0), np.array([0.1, np.nan])])
    assert dips[0].n == 600
    assert np.isnan(dips[1].p_value) and dips[1].n == 1


def test_too_few_or_infinite_values():
    with pytest.raises(MetricError, match="needs 10 finite values, got 3"):
        dip_test(np.arange(3.0))
    with pytest.raises(MetricError, match="1 infinite"):
        dip_test(np.append(humps(0), np.inf))
