"""Share of heads that look at the first token."""

import numpy as np
import pytest

from lrd_core.errors import MetricError
from lrd_core.metrics import sink_rate
from tests.metrics.examples import attention_weights


def test_heads_that_look_at_the_first_token_are_counted() -> None:
    uniform = np.full((1, 4, 10, 10), 0.1)
    uniform[0, :3] = 0.0
    uniform[0, :3, :, 0] = 1.0
    assert sink_rate(uniform).tolist() == [0.75]


def test_the_mean_over_queries_is_compared_with_the_threshold() -> None:
    weights = np.zeros((1, 2, 10, 10))
    weights[..., 5] = 1.0
    weights[0, 0, :4] = weights[0, 1, :2] = np.eye(10)[0]
    assert sink_rate(weights).tolist() == [0.5]
    assert sink_rate(weights, threshold=0.1).tolist() == [1.0]
    assert sink_rate(weights, threshold=0.5).tolist() == [0.0]


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_never_counts(side: str) -> None:
    (weights, _), tokens = attention_weights(tokens=6), 9
    wide = np.full((3, 8, tokens, tokens), np.nan)
    part = slice(0, 6) if side == "right" else slice(3, 9)
    wide[:, :, part, part] = weights
    mask = np.zeros((3, tokens), dtype=np.int64)
    mask[:, part] = 1
    np.testing.assert_array_equal(sink_rate(wide, mask), sink_rate(weights))


@pytest.mark.parametrize("threshold", [0, 1, -1, float("nan")])
def test_a_threshold_outside_0_and_1_is_refused(threshold: float) -> None:
    with pytest.raises(MetricError, match="must lie between 0 and 1"):
        sink_rate(attention_weights()[0], threshold=threshold)


def test_shapes_that_are_no_attention_are_refused() -> None:
    with pytest.raises(MetricError, match=r"attention must have shape"):
        sink_rate(np.ones((2, 3, 4)))
    with pytest.raises(MetricError, match=r"attention_mask has shape \(3, 2\)"):
        sink_rate(attention_weights()[0], np.ones((3, 2)))
    with pytest.raises(MetricError, match="no attended token"):
        sink_rate(attention_weights()[0], np.zeros((3, 12)))
