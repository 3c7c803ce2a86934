"""Rank correlations against scipy and known answers, intervals that never claim too much."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lrd_core.analysis import correlation
from lrd_core.analysis.correlation import (
    associate,
    average_ranks,
    fisher_interval,
    median_of_known,
    partial_spearman,
    percentile_of_known,
    resampled_rows,
    resampled_spearman,
    spearman,
    wider_interval,
)

GENERATOR = np.random.default_rng(7)


def associate_one(x, y, control=None, **options):
    """A single cell of `associate`."""
    control = None if control is None else control[None]
    (found,) = associate(x[None], y[None], control, **options)
    return found


def with_gaps(cells, n):
    """(metric, score, control) of many cells: ties, missing models and constant rows among them."""
    x, y, z = GENERATOR.integers(0, n, size=(3, cells, n)).astype(float)
    x[::3] += GENERATOR.normal(size=x[::3].shape)
    y[1::4, : n // 3] = np.nan
    x[2::5, -1] = np.nan
    x[4] = 1.0
    z[::7] = 2.0
    z[3::6, 0] = np.nan
    return x, y, z


def test_spearman_agrees_with_scipy_on_ties_too():
    x = GENERATOR.integers(0, 5, 30).astype(float)
    y = x + GENERATOR.integers(0, 4, 30)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_spearman_works_along_the_last_axis():
    x, y = GENERATOR.normal(size=(2, 3, 12))
    rows = [stats.spearmanr(a, b).statistic for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(spearman(x, y), rows, atol=1e-12)


@settings(max_examples=30)
@given(st.lists(st.integers(-50, 50), min_size=5, max_size=20, unique=True))
def test_spearman_sees_order_alone(values):
    x = np.array(values, dtype=float)
    y = np.roll(x, 1)
    assert spearman(np.exp(x / 50), y) == pytest.approx(spearman(x, y), abs=1e-12)
    assert spearman(-x, y) == pytest.approx(-spearman(x, y), abs=1e-12)


def test_partial_spearman_is_the_correlation_of_residual_ranks():
    """Known answer: regress both rank vectors on the control's ranks and correlate the rest."""
    x, y, z = GENERATOR.normal(size=(3, 40))
    y = y + x + 2 * z
    x = x + z
    ranks = [stats.rankdata(v) for v in (x, y, z)]
    design = np.column_stack([np.ones(40), ranks[2]])
    rest = [r - design @ np.linalg.lstsq(design, r, rcond=None)[0] for r in ranks[:2]]
    expected = np.corrcoef(*rest)[0, 1]
    assert partial_spearman(x, y, z) == pytest.approx(expected, abs=1e-12)


def test_a_control_that_makes_the_link_takes_it_away():
    """Positive control: two numbers that share nothing but model size."""
    size = np.linspace(1, 5, 400)
    x, y = size + GENERATOR.normal(size=(2, 400))
    assert spearman(x, y) > 0.5
    assert abs(partial_spearman(x, y, size)) < 0.15


def test_a_constant_control_takes_nothing_away():
    x, y = GENERATOR.normal(size=(2, 9))
    assert partial_spearman(x, y, np.full(9, 3.0)) == pytest.approx(spearman(x, y), abs=1e-12)


def test_a_control_that_explains_everything_leaves_nothing():
    x = np.arange(6.0)
    found = associate_one(x, np.array([2.0, 1, 4, 3, 6, 5]), x)
    assert np.isnan(found.rho)
    assert "control" in found.reason


def test_models_that_lack_a_number_are_left_out_and_not_counted():
    x = np.array([1.0, 2, 3, 4, 5, np.nan, 7])
    y = np.array([1.0, 2, 3, 4, np.nan, 6, 7])
    found = associate_one(x, y)
    assert found.n == 5
    assert found.rho == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [
        ([1.0, 2, 3], [1.0, 2, 3], "3 models; 4 are needed"),
        ([1.0, 1, 1, 1], [1.0, 2, 3, 4], "metric is the same"),
        ([1.0, 2, 3, 4], [5.0, 5, 5, 5], "score is the same"),
    ],
)
def test_what_is_undefined_says_why(x, y, reason):
    found = associate_one(np.array(x), np.array(y))
    assert np.isnan(found.rho) and np.isnan(found.low)
    assert reason in found.reason


def test_perfect_order_of_six_models_is_not_certainty():
    """Every resample of a perfect order is in perfect order: the bootstrap alone gives [1, 1]."""
    found = associate_one(np.arange(6.0), np.arange(6.0) ** 2)
    assert found.rho == pytest.approx(1)
    assert found.low < 0.75


def test_fisher_interval_by_hand():
    """n = 12, rho = 0.5: tanh(atanh(0.5) +- 1.96 sqrt(1.125 / 9))."""
    half = 1.959963984540054 * np.sqrt(1.125 / 9)
    low, high = fisher_interval(0.5, 12)
    assert low == pytest.approx(np.tanh(np.arctanh(0.5) - half), abs=1e-12)
    assert high == pytest.approx(np.tanh(np.arctanh(0.5) + half), abs=1e-12)
    assert fisher_interval(0.5, 4, controls=1) == (-1, 1)


@pytest.mark.parametrize("true_rho", [0.0, 0.7])
def test_the_interval_covers_the_truth_for_eight_models(true_rho):
    """Of 200 seeded draws of eight models, at least 90% of the intervals hold the true value."""
    generator = np.random.default_rng(3)
    spearman_rho = 6 / np.pi * np.arcsin(true_rho / 2)
    covered = 0
    for _ in range(200):
        x, noise = generator.normal(size=(2, 8))
        y = true_rho * x + np.sqrt(1 - true_rho**2) * noise
        found = associate_one(x, y, resamples=200)
        covered += found.low <= spearman_rho <= found.high
    assert covered >= 180


def test_the_same_seed_gives_the_same_interval():
    x, y = GENERATOR.normal(size=(2, 9))
    assert associate_one(x, y, seed=1) == associate_one(x, y, seed=1)


def test_ranks_agree_with_scipy_along_any_axis():
    values = GENERATOR.integers(0, 4, size=(3, 7, 5)).astype(float)
    values[0, 0, 0] = np.inf
    values[1, 2, 3] = np.nan
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(
            average_ranks(values, axis), stats.rankdata(values, axis=axis)
        )


@pytest.mark.parametrize("given_size", [False, True])
def test_counting_ranks_equals_ranking_every_resample(given_size, monkeypatch):
    """Bit for bit, ties and undefined resamples included, however many cells go at a time."""
    monkeypatch.setattr(correlation, "MOST_NUMBERS", 4000)
    x, y, z = GENERATOR.integers(0, 4, size=(3, 9, 5)).astype(float)
    x[:6], z[:] = x[5], z[0]  # some cells are alike, as those of one task are
    rows = resampled_rows(5, 200, seed=3)
    drawn = resampled_spearman(x, y, rows, z if given_size else None)
    for cell in range(9):
        a, b, c = x[cell][rows], y[cell][rows], z[cell][rows]
        expected = partial_spearman(a, b, c) if given_size else spearman(a, b)
        np.testing.assert_array_equal(drawn[cell], expected)
    assert np.isnan(drawn).any() and not np.isnan(drawn).all()


@pytest.mark.parametrize("n", [correlation.MOST_EXACT, correlation.MOST_EXACT + 1])
def test_sums_of_many_ranks_are_exact_too(n):
    x, y, z = np.stack([GENERATOR.permutation(n) for _ in range(3)])[:, None].astype(float)
    rows = np.vstack([resampled_rows(n, 20, seed=3), np.arange(n), np.repeat([0, n - 1], n)[::2]])
    drawn = resampled_spearman(x, y, rows, z)
    np.testing.assert_array_equal(drawn[0], partial_spearman(x[0][rows], y[0][rows], z[0][rows]))


@pytest.mark.parametrize("given_size", [False, True])
def test_many_cells_at_once_are_what_each_is_alone(given_size):
    """One cell at a time, ranked anew in each resample, as numpy and scipy would do it."""
    x, y, z = with_gaps(cells=40, n=11)
    found = associate(x, y, z if given_size else None, resamples=300, seed=5)
    assert len({entry.n for entry in found}) > 2
    for entry, *numbers in zip(found, x, y, z, strict=True):
        used = numbers if given_size else numbers[:2]
        known = ~np.isnan(used).any(axis=0)
        used = [each[known] for each in used]
        assert entry.n == known.sum()
        rank = partial_spearman if given_size else spearman
        rho = rank(*used)
        np.testing.assert_equal(entry.rho, float(rho))
        if np.isnan(rho):
            assert entry.reason and np.isnan(entry.low)
            continue
        draws = np.random.default_rng(5).integers(0, entry.n, size=(300, entry.n))
        drawn = rank(*(each[draws] for each in used))
        low, high = fisher_interval(rho, entry.n, controls=int(given_size))
        low = min(low, np.nanpercentile(drawn, 2.5))
        high = max(high, np.nanpercentile(drawn, 97.5))
        assert (entry.low, entry.high) == pytest.approx((low, high), abs=1e-12)


def test_medians_and_percentiles_leave_out_what_is_unknown():
    values = GENERATOR.normal(size=(6, 9))
    values[1, :3] = np.nan
    values[2, 1:] = np.nan
    known = values[:5]
    values[5] = np.nan
    np.testing.assert_array_equal(median_of_known(known), np.nanmedian(known, axis=1))
    for percent in (0, 2.5, 50, 97.5, 100):
        expected = np.nanpercentile(known, percent, axis=1)
        np.testing.assert_allclose(percentile_of_known(known, percent), expected, atol=1e-14)
    assert np.isnan(median_of_known(values)[5]) and np.isnan(percentile_of_known(values, 2.5)[5])


def test_without_a_defined_resample_fishers_interval_stands():
    low, high = wider_interval(0.5, np.full(20, np.nan), 12)
    assert (low, high) == fisher_interval(0.5, 12)


def test_no_cell_gives_no_association():
    assert associate(np.empty((0, 5)), np.empty((0, 5))) == []
