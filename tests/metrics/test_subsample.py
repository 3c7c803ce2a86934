"""Is n enough: seeded nested subsamples, gaps, and the two warnings."""

import math

import numpy as np
import pytest

from lrd_core.errors import InputError
from lrd_core.metrics import find_metric
from lrd_core.metrics.subsample import SubsamplePoint, drift, judge, subsample_curve
from tests.metrics.examples import augmented_views, drifting_layers


def test_a_curve_that_never_turns_drifts_however_small_its_last_step_is() -> None:
    """Entropy that falls from 0.94 to 0.88 by steps of under 2% is not done falling."""
    falling = {25: 0.940, 33: 0.935, 44: 0.924, 57: 0.914, 76: 0.901, 100: 0.886}
    assert drift(falling) == pytest.approx((0.924 - 0.886) / 0.886)
    assert drift(falling | {76: 0.880}) == 0.0  # it turns
    assert drift({40: 0.9, 50: 0.8}) == 0.0  # half of the items were not tried


def test_curve_holds_every_size_repeat_series_and_position():
    layers = drifting_layers(layers=4)
    points = subsample_curve(find_metric("frenet"), layers, [150, 60], repeats=3)
    assert {(p.size, p.repeat) for p in points} == {(60, 0), (60, 1), (60, 2), (150, 0)}
    at = [p.position for p in points if p.series == "speed" and (p.size, p.repeat) == (60, 1)]
    assert at == [0.5, 1.5, 2.5]
    whole = find_metric("frenet")(layers)
    found = [p.value for p in points if p.size == 150 and p.series == "speed"]
    np.testing.assert_array_equal(found, whole.speed)


def test_same_seed_same_points_and_progress_is_told():
    z = drifting_layers(layers=2)
    told = []
    metric = find_metric("effective_rank")
    first = subsample_curve(
        metric, z, [40, 80], 2, 1, lambda done, total: told.append((done, total))
    )
    assert first == subsample_curve(metric, z, [80, 40], 2, 1)
    assert first != subsample_curve(metric, z, [40, 80], 2, 2)
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4)]


def test_token_values_and_views():
    per_text = [np.array([1.0, np.nan, 3.0, 5.0]), np.full(4, np.nan)]
    points = subsample_curve(find_metric("token_curvature"), per_text, [4])
    assert points[0].value == 3.0 and math.isnan(points[1].value)
    views = [augmented_views()]
    [lidar] = subsample_curve(find_metric("lidar"), views, [40])
    assert lidar.value == find_metric("lidar")(views[0])
    pairs = subsample_curve(find_metric("infonce"), [views[0][:, :2]], [40])
    assert [p.series for p in pairs] == ["infonce", "infonce_normalised"]


def test_an_undefined_subsample_is_a_gap():
    points = subsample_curve(find_metric("nrs"), drifting_layers(layers=2), [15, 150], repeats=1)
    small = [p for p in points if p.size == 15]
    assert all(math.isnan(p.value) for p in small)
    assert all(math.isfinite(p.value) for p in points if p.size == 150)
    constant = [np.ones((30, 4)), drifting_layers(layers=1)[0][:30, :4]]
    points = subsample_curve(find_metric("effective_rank"), constant, [30])
    gaps = [math.isnan(p.value) for p in points if p.series == "effective_rank"]
    assert gaps == [True, False]


def test_rank_and_entropy_of_too_few_texts_are_capped():
    noise = [np.random.default_rng(0).standard_normal((100, 400))]
    for name in ("effective_rank", "dataset_entropy", "participation_ratio"):
        metric = find_metric(name)
        few = judge(subsample_curve(metric, noise, [50, 100], 2), 400)
        assert all(verdict.capped for verdict in few), name
    line = [np.random.default_rng(0).standard_normal((400, 3))]
    enough = judge(subsample_curve(find_metric("effective_rank"), line, [200, 400], 3), 3)
    assert not any(verdict.capped or verdict.moving for verdict in enough)


def test_a_value_that_grows_with_n_is_moving():
    noise = [np.random.default_rng(0).standard_normal((200, 400))]
    verdict = judge(subsample_curve(find_metric("effective_rank"), noise, [100, 200], 3), 400)[0]
    assert verdict.moving and 0.3 < verdict.change < 0.6


def test_a_change_within_the_spread_is_not_moving():
    def point(size, repeat, value):
        return SubsamplePoint(size, repeat, "d_0L", None, value)

    noisy = [point(50, 0, 1.0), point(50, 1, 3.0), point(100, 0, 2.3)]
    [verdict] = judge(noisy, 8)
    assert not verdict.moving and not verdict.capped
    [alone] = judge([point(100, 0, 2.3)], 8)
    assert math.isnan(alone.change) and not alone.moving
    assert judge([point(100, 0, math.nan)], 8) == ()


@pytest.mark.parametrize(("sizes", "repeats"), [([1], 1), ([151], 1), ([], 1), ([20], 0)])
def test_bad_sizes(sizes, repeats):
    with pytest.raises(InputError, match=r"must lie in 2\.\.150"):
        subsample_curve(find_metric("frenet"), drifting_layers(), sizes, repeats)
