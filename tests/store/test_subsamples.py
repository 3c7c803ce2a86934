"""Curves over subsamples go into the store and come back, gaps included; bundles carry them."""

import math
from dataclasses import replace
from pathlib import Path

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.metric_id import MetricId
from lrd_core.store.subsamples import (
    SubsampleCurve,
    finished_subsamples,
    read_subsamples,
    save_subsamples,
)

TWONN = MetricId.of("twonn", 1)
CURVE = SubsampleCurve(
    "twonn", 1.0, [10, 10, 20], [0, 1, 0], [math.nan, 3.0, 4.0], False, True, 0.25
)
UNKNOWN = SubsampleCurve("d_0L", None, [10], [0], [math.nan], None, None, None)


def test_what_is_saved_comes_back_and_replaces(config: Config) -> None:
    with connect(config) as connection:
        save_subsamples(
            connection, "a", TWONN, "{}", [replace(CURVE, subsample_values=[1.0, 1.0, 1.0])]
        )
        save_subsamples(connection, "a", TWONN, '{"seed":1}', [CURVE])
        save_subsamples(connection, "a", MetricId.of("frenet", 1), "{}", [UNKNOWN])
        found = read_subsamples(connection, "a", [TWONN])
        every = read_subsamples(connection, "a")
        finished = finished_subsamples(connection, "a")
    assert list(zip(found["size"], found["repeat"], strict=True)) == [(10, 0), (10, 1), (20, 0)]
    assert math.isnan(found["value"][0])
    assert list(found["value"][1:]) == [3.0, 4.0]
    assert set(found["moving"]) == {True}
    assert set(found["change"]) == {0.25}
    assert finished == {(TWONN, '{"seed":1}'), (MetricId.of("frenet", 1), "{}")}
    gap = every[every["series"] == "d_0L"]
    assert gap[["position", "value", "capped", "moving", "change"]].isna().all().all()


def test_a_bundle_adds_curves_that_are_missing(config: Config, tmp_path: Path) -> None:
    with connect(config) as connection:
        save_subsamples(connection, "a", TWONN, "{}", [CURVE])
        export_bundle(connection, tmp_path / "bundle")
        connection.execute("DELETE FROM subsamples")
        assert import_bundle(connection, tmp_path / "bundle")["subsamples"] == 1
        assert import_bundle(connection, tmp_path / "bundle")["subsamples"] == 0
