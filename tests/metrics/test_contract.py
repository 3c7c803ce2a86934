"""What every registered metric must keep; a new metric is covered as soon as it is registered."""

import dataclasses
import inspect
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import lrd_core.metrics
from lrd_core.errors import MetricError
from lrd_core.metrics import Metric, Series, all_metrics, to_matrices, to_rows
from tests.metrics.examples import (
    attention_weights,
    augmented_views,
    drifting_layers,
    padded,
    token_texts,
)

METRICS = all_metrics()
BLOCKS = 5

each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


def example(metric: Metric) -> tuple[np.ndarray, ...]:
    """Arrays of one call: all layers, one layer, tokens, or the views the metric asks for."""
    if metric.inputs == "embeddings":
        return tuple(drifting_layers(layers=BLOCKS + 1))
    if metric.inputs == "layer":
        return (drifting_layers(layers=1)[0],)
    if metric.inputs == "tokens":
        tokens, mask = padded(token_texts())
        return ((tokens * mask[..., None]).astype(np.float32), mask)
    if metric.inputs == "attention":
        weights, mask = attention_weights()
        return weights.astype(np.float32), mask
    views = augmented_views().astype(np.float32)
    return (views[:, 0], views[:, 1]) if metric.sampling["q"] == 2 else (views,)


def call(metric: Metric, arrays: tuple[Any, ...], **options: Any) -> Any:
    options = dict(metric.parameters) | options
    return (
        metric(list(arrays), **options)
        if metric.inputs == "embeddings"
        else metric(*arrays, **options)
    )


def numbers(result: Any) -> np.ndarray:
    """All numbers of a result in one flat array; fails on anything that is not a plain number."""
    if dataclasses.is_dataclass(result):
        fields = [getattr(result, f.name) for f in dataclasses.fields(result)]
        return np.concatenate([numbers(value) for value in fields])
    assert isinstance(result, (float, int, tuple, np.ndarray)), type(result)
    return np.asarray(result, dtype=np.float64).ravel()


@each_metric
def test_described_in_full(metric):
    assert metric.version >= 1 and metric.source
    assert metric.series
    for series in metric.series:
        assert series.label and series.unit
        for text in dataclasses.astuple(series.card):
            assert len(text) > 5 and text.strip() == text and text.endswith(".")


def test_names_are_unique():
    names = [series.name for metric in METRICS for series in metric.series]
    assert len(names) == len(set(names))


def test_the_series_that_stores_hold_are_still_there():
    stored = """speed curvature distances d_0L arc_length straightness rank nrs nrs_first_last
        nrs_trend nrs_mean gfmi gfmi_normalised gfmi_curve gfmi_peak gfmi_peak_percentile gfmi_mean
        gfmi_late gfmi_slope dataset_entropy effective_rank rankme prompt_entropy token_curvature
        infonce infonce_normalised dime lidar twonn anisotropy participation_ratio"""
    assert {s.name for m in METRICS for s in m.series} >= set(stored.split())


@each_metric
def test_parameters_are_the_functions_own_with_its_defaults_or_named(metric):
    accepted = inspect.signature(metric.function).parameters
    for name in metric.parameters:
        assert name in accepted or name in metric.sampling
    assert ("mode" in accepted) == (len(metric.modes) > 1)
    assert metric.modes[0] == "exact"


@each_metric
def test_result_holds_plain_finite_numbers(metric):
    for mode in metric.modes:
        options = {"mode": mode} if len(metric.modes) > 1 else {}
        result = call(metric, example(metric), **options)
        absent = [s.attribute for s in metric.series if s.absent != Series.absent]
        for attribute in absent:
            result = dataclasses.replace(result, **{attribute: np.zeros(1)})
        assert np.isfinite(numbers(result)).all()


@each_metric
def test_rerun_is_bitwise_equal_and_leaves_the_input_alone(metric):
    arrays = example(metric)
    before = [array.copy() for array in arrays]
    first, second = (numbers(call(metric, arrays)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for array, copy in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, copy)


@each_metric
def test_tensors_read_only_and_strided_arrays_give_the_same(metric):
    arrays = example(metric)
    expected = numbers(call(metric, arrays))
    tensors = tuple(torch.from_numpy(array) for array in arrays)
    np.testing.assert_array_equal(numbers(call(metric, tensors)), expected)
    fixed = tuple(array.copy() for array in arrays)
    for array in fixed:
        array.flags.writeable = False
    np.testing.assert_array_equal(numbers(call(metric, fixed)), expected)
    strided = tuple(np.asfortranarray(array) for array in arrays)
    np.testing.assert_allclose(numbers(call(metric, strided)), expected, rtol=1e-5, atol=1e-9)


def as_field(array: np.ndarray) -> np.ndarray:
    """The same values as a field of records, whose strides are no multiple of the item size."""
    records = np.zeros(array.shape, dtype=[("mark", "u1"), ("value", array.dtype)])
    records["value"] = array
    return records["value"]


@each_metric
@pytest.mark.parametrize("form", [np.ndarray.tolist, as_field, lambda a: a.astype(np.longdouble)])
def test_lists_fields_and_long_doubles_give_the_same(metric, form):
    arrays = tuple(a.astype(np.float64) if a.dtype == np.float32 else a for a in example(metric))
    expected = numbers(call(metric, arrays))
    np.testing.assert_array_equal(numbers(call(metric, tuple(form(a) for a in arrays))), expected)


@each_metric
@pytest.mark.parametrize("kind", [object, complex, str])
def test_what_is_no_real_number_is_refused(metric, kind):
    first, *others = example(metric)
    with pytest.raises(MetricError, match=r"has dtype .*; metrics take real numbers"):
        call(metric, (first.astype(kind), *others))
    if kind is complex:
        with pytest.raises(MetricError, match=r"has dtype torch.complex64; metrics take real"):
            call(metric, (torch.from_numpy(first).to(torch.complex64), *others))


@each_metric
def test_uneven_lists_are_refused(metric):
    first, *others = example(metric)
    rows = first.tolist()
    rows[0] = rows[0][:-1]
    with pytest.raises(MetricError, match="is no array; give rows of equal length of numbers"):
        call(metric, (rows, *others))


@pytest.mark.parametrize(
    "metric", [m for m in METRICS if m.inputs == "embeddings"], ids=lambda metric: metric.name
)
def test_layers_may_come_from_a_generator(metric):
    layers = example(metric)
    found = metric((z for z in layers), **metric.parameters)
    np.testing.assert_array_equal(numbers(found), numbers(call(metric, layers)))


@pytest.mark.parametrize(
    ("dtype", "exponent"), [(np.float32, -100), (np.float32, 63), (np.float64, -660), (float, 660)]
)
@pytest.mark.parametrize(
    "metric",
    [m for m in METRICS if all("scale" in series.ignores for series in m.series)],
    ids=lambda metric: metric.name,
)
def test_extreme_scales_change_nothing(metric, dtype, exponent):
    arrays = tuple(a.astype(dtype) if a.dtype == np.float32 else a for a in example(metric))
    scaled = tuple(np.ldexp(a, exponent) if a.dtype == dtype else a for a in arrays)
    np.testing.assert_array_equal(numbers(call(metric, scaled)), numbers(call(metric, arrays)))


@each_metric
def test_float32_and_float64_agree(metric):
    arrays = example(metric)
    wide = tuple(a.astype(np.float64) if a.dtype == np.float32 else a for a in arrays)
    np.testing.assert_allclose(
        numbers(call(metric, arrays)), numbers(call(metric, wide)), rtol=1e-4, atol=1e-9
    )


@each_metric
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_non_finite_input_is_refused(metric, value):
    arrays = example(metric)
    target = 2 if metric.inputs == "embeddings" else 0
    arrays[target][1, 0] = value
    named = "layer 2 holds NaN or Inf, first in row 1" if metric.inputs == "embeddings" else "row 1"
    with pytest.raises(MetricError, match=named):
        call(metric, arrays)


@each_metric
def test_rows_and_matrices_cover_every_series(metric):
    result = call(metric, example(metric))
    if metric.inputs in ("tokens", "attention"):
        attributes = [series.attribute for series in metric.series]
        means = {name: float(getattr(result, name, result).mean()) for name in attributes}
        result = SimpleNamespace(**means)
    num_places = BLOCKS + (metric.series[0].at == "layer")
    by_layer = result if metric.inputs == "embeddings" else [result] * num_places
    rows = to_rows(metric, by_layer, BLOCKS)
    matrices = dict(to_matrices(metric, result))
    assert {name for name, _, _ in rows} | set(matrices) == {s.name for s in metric.series}
    assert all(isinstance(value, float) for _, _, value in rows)
    assert all(len(matrix) == BLOCKS + 1 for matrix in matrices.values())


def test_importing_the_metrics_leaves_torch_out():
    code = "import sys, lrd_core.metrics; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_exported_name_exists():
    for name in lrd_core.metrics.__all__:
        assert hasattr(lrd_core.metrics, name)
    assert lrd_core.metrics.__all__ == sorted(lrd_core.metrics.__all__)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine")
@each_metric
def test_cuda_agrees_with_cpu(metric):
    arrays = example(metric)
    on_device = tuple(torch.from_numpy(array).cuda() for array in arrays)
    expected = numbers(call(metric, arrays))
    np.testing.assert_allclose(numbers(call(metric, on_device)), expected, rtol=1e-4, atol=1e-6)
