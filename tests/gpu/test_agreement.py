"""Every metric of a real model, computed on a GPU, against the same on the CPU, both in float32."""

import numpy as np
import pytest

from lrd_core.metrics.registry import UNASKED, all_metrics
from lrd_core.runs.in_memory import measure_items
from lrd_core.runs.request import parse_metrics
from lrd_core.settings import RunSettings
from tests.gpu.subject import minilm, news

TEXTS = 96
TOLERANCE = 1e-4
NAMES = [metric.name for metric in all_metrics()]


@pytest.fixture(scope="module")
def measured():
    """By device, then metric: what every metric gave."""
    requests = parse_metrics((*UNASKED, *NAMES))
    found = {}
    for device in ("cpu", "cuda"):
        results = measure_items(minilm(device), news(TEXTS), RunSettings(), requests)
        found[device] = {request.metric.name: values for request, values in results.measured}
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_the_same_on_both(measured, name):
    here, there = (measured[device][name] for device in ("cpu", "cuda"))
    assert len(here.values) == len(there.values) > 0
    for mine, other in zip(here.values, there.values, strict=True):
        assert (mine.series, mine.position, mine.n) == (other.series, other.position, other.n)
        _assert_close(mine.value, other.value, f"{mine.series} at {mine.position}")
    for mine, other in zip(here.matrices, there.matrices, strict=True):
        _assert_close(mine.cells, other.cells, mine.series)


def _assert_close(mine, other, what):
    if mine is None or other is None:
        assert mine is other, what
        return
    np.testing.assert_allclose(other, mine, rtol=TOLERANCE, atol=TOLERANCE, err_msg=what)
