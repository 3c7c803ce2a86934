"""Distance correlation against the definition written out, and block resamples of layers."""

import numpy as np
import pytest
from scipy import stats

from lrd_core.analysis.dependence import compare_profiles, distance_correlation, moving_blocks

GENERATOR = np.random.default_rng(5)


def written_out(x, y):
    """Szekely, Rizzo & Bakirov 2007, definitions 3 to 5, as loops."""
    n = len(x)
    a = [[abs(x[i] - x[j]) for j in range(n)] for i in range(n)]
    b = [[abs(y[i] - y[j]) for j in range(n)] for i in range(n)]

    def centred(m, i, j):
        row, column = sum(m[i]) / n, sum(m[k][j] for k in range(n)) / n
        return m[i][j] - row - column + sum(map(sum, m)) / n**2

    pairs = [(i, j) for i in range(n) for j in range(n)]
    covariance = sum(centred(a, *p) * centred(b, *p) for p in pairs)
    variances = [sum(centred(m, *p) ** 2 for p in pairs) for m in (a, b)]
    return np.sqrt(covariance / np.sqrt(variances[0] * variances[1]))


def test_distance_correlation_is_its_definition():
    x, y = GENERATOR.normal(size=(2, 9))
    assert distance_correlation(x, y) == pytest.approx(written_out(x, y), abs=1e-12)


def test_known_answers():
    x = np.arange(10.0)
    assert distance_correlation(x, -3 * x + 1) == pytest.approx(1, abs=1e-12)
    assert distance_correlation(
        np.array([0.0, 0, 1, 1]), np.array([0.0, 1, 0, 1])
    ) == pytest.approx(0, abs=1e-12)
    assert np.isnan(distance_correlation(x, np.ones(10)))


def test_it_sees_what_rank_correlation_misses():
    """Positive control: a parabola has no rank correlation and much distance correlation."""
    x = np.arange(-12.0, 13)
    assert abs(stats.spearmanr(x, x**2).statistic) < 1e-9
    assert distance_correlation(x, x**2) > 0.4


def test_it_ignores_shift_and_scale_and_is_symmetric():
    x, y = GENERATOR.normal(size=(2, 12))
    value = distance_correlation(x, y)
    assert distance_correlation(y, x) == pytest.approx(value, abs=1e-12)
    assert distance_correlation(5 * x - 2, y / 3) == pytest.approx(value, abs=1e-12)


def test_it_works_along_the_last_axis():
    x, y = GENERATOR.normal(size=(2, 4, 9))
    single = [float(distance_correlation(a, b)) for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(distance_correlation(x, y), single, atol=1e-12)


def test_blocks_are_runs_of_neighbours():
    drawn = moving_blocks(25, 40, seed=0)
    assert drawn.shape == (40, 25)
    assert drawn.min() >= 0 and drawn.max() <= 24
    steps = np.diff(drawn[:, :4], axis=1)
    assert (steps == 1).all()


def test_neighbouring_layers_make_wider_intervals_than_single_draws():
    """Autocorrelated profiles: drawing layers one by one would overstate how much is known."""
    layers = np.arange(25)
    x = np.sin(layers / 4) + 0.05 * GENERATOR.normal(size=25)
    y = np.sin(layers / 4 + 0.9) + 0.05 * GENERATOR.normal(size=25)
    found = compare_profiles(x, y)
    single = np.random.default_rng(0).integers(0, 25, (500, 25))
    drawn = [stats.spearmanr(x[d], y[d]).statistic for d in single]
    assert found.rho_high - found.rho_low > np.percentile(drawn, 97.5) - np.percentile(drawn, 2.5)


def test_shifted_profiles_show_how_alike_smooth_curves_are_anyway():
    layers = np.arange(25)
    found = compare_profiles(np.sin(layers / 5), np.sin(layers / 5) ** 3)
    assert found.distance_correlation > 0.9
    assert 0.2 < found.shifted < found.distance_correlation


def test_gaps_are_left_out_and_few_layers_say_so():
    x, y = GENERATOR.normal(size=(2, 13))
    x[3] = np.nan
    assert compare_profiles(x, y).n_layers == 12
    few = compare_profiles(x[:8], y[:8])
    assert np.isnan(few.distance_correlation)
    assert "7 layers; 8 are needed" in few.reason
    assert "flat" in compare_profiles(np.ones(12), np.arange(12.0)).reason
