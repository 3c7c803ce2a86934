"""From what a metric gave to rows: intervals, counts, and gaps instead of invented numbers."""

import numpy as np
import pytest

from lrd_core.runs.measure import measure_embeddings, measure_layers, measure_tokens
from lrd_core.runs.request import MetricRequest, parse_metrics


def request(name: str) -> MetricRequest:
    return parse_metrics((name,))[0]


def test_a_layer_mean_has_an_interval_and_counts_only_known_texts() -> None:
    per_text = {"token_curvature": np.array([[1.0, 2.0, 3.0, np.nan]])}
    (value,) = measure_tokens(request("token_curvature"), per_text, np.arange(4)).values
    assert (value.value, value.n) == (2.0, 3)
    half = 1.959964 * 1.0 / np.sqrt(3)
    assert value.high == pytest.approx(2 + half)
    assert value.low == pytest.approx(2 - half)


def test_a_layer_without_any_known_text_is_a_gap_with_its_reason() -> None:
    unknown = {"token_curvature": np.full((1, 2), np.nan)}
    measured = measure_tokens(request("token_curvature"), unknown, np.arange(2))
    assert measured.values[0].value is None
    assert measured.values[0].reason == "no item is long enough"


def test_an_undefined_layer_is_a_gap_and_the_others_are_kept() -> None:
    generator = np.random.default_rng(0)
    layers = [(generator.normal(size=(20, 4)),), (np.full((20, 4), np.nan),)]
    good, bad = measure_layers(request("anisotropy"), layers).values
    assert good.value is not None
    assert bad.value is None
    assert "NaN" in str(bad.reason)


def test_retention_has_an_interval_over_anchors_and_a_value_each() -> None:
    generator = np.random.default_rng(0)
    layers = [generator.normal(size=(40, 8)) for _ in range(3)]
    measured = measure_embeddings(request("nrs"), layers, None, np.arange(100, 140))
    profile = [value for value in measured.values if value.series == "nrs"]
    assert [value.position for value in profile] == [0.5, 1.5]
    for value, row in zip(profile, measured.per_item, strict=True):
        assert value.low is not None and value.high is not None
        assert value.low < value.value < value.high  # type: ignore[operator]
        assert value.value == pytest.approx(float(row.text_values.mean()))
        assert row.text_index.min() >= 100


def test_frenet_gives_profiles_scalars_and_its_matrix() -> None:
    generator = np.random.default_rng(0)
    layers = [generator.normal(size=(60, 6)) for _ in range(4)]
    measured = measure_embeddings(request("frenet"), layers, None, np.arange(60))
    positions = {v.position for v in measured.values if v.series == "speed"}
    assert positions == {0.5, 1.5, 2.5}
    assert [m.cells.shape for m in measured.matrices] == [(4, 4)]
    assert [v.position for v in measured.values if v.series == "d_0L"] == [None]


def test_a_layer_without_variance_leaves_gaps_with_a_reason() -> None:
    generator = np.random.default_rng(0)
    layers = [np.ones((40, 6)), *(generator.normal(size=(40, 6)) for _ in range(2))]
    measured = measure_embeddings(request("frenet"), layers, None, np.arange(40))
    speed = {v.position: v for v in measured.values if v.series == "speed"}
    assert speed[0.5].value is None
    assert "do not vary" in str(speed[0.5].reason)
    assert speed[1.5].value is not None
