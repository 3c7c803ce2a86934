"""What is newest has one answer, whatever is read: values, texts, matrices, curves."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import run_record

from lrd_core.config import PROJECT_DIR, Config
from lrd_core.store import connect
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import Value, newest_kinds, read_profiles, series_stored
from lrd_core.store.metrics import save_metric
from lrd_core.store.per_text import PerText, per_text_kinds, series_of_texts
from lrd_core.store.reading import read_newest
from lrd_core.store.runs import save_run
from lrd_core.store.subsamples import SUBSAMPLES, SubsampleCurve, read_subsamples, save_subsamples
from lrd_core.store.tables import all_tables
from lrd_core.store.writes import Write, apply
from lrd_core.views import layer_pairs, lines, map_colours, metrics, paths
from lrd_core.views.stored import runs

OLD, NEW = 1, 2


def save(opened, key: str, version: int, mode: str = "exact") -> None:
    """All that one version of a metric may give, each value the version itself."""
    for name, series in (("frenet", "distances"), ("cka", "cka:two"), ("cluster", "cluster")):
        metric = MetricId.of(name, version, mode, {"variance": 0.9} if name == "frenet" else {})
        values = [Value(name, place, float(version), 4) for place in (0.5, None)]
        texts = [PerText(series, 0.0, np.arange(4), np.full(4, version))]
        save_metric(opened, key, metric, values, texts, [Matrix(series, np.full((2, 2), version))])
        curve = SubsampleCurve(name, 0.5, [2], [0], [float(version)], False, False, 0.1)
        save_subsamples(opened, key, metric, "{}", [curve])


@pytest.fixture
def versions(config: Config) -> Config:
    """Run one: an older version in two modes, then a newer one in one. Run two: the older alone."""
    with connect(config) as opened:
        for key in ("one", "two"):
            save_run(opened, replace(run_record(key), task=f"task {key}"))
            save(opened, key, OLD)
        save(opened, "one", OLD, "published")
        old = read_newest(opened, SUBSAMPLES, run_key="one", mode="exact")
        save(opened, "one", NEW)
        # Curves replace older ones of the same metric; an import can bring such beside them.
        rows = [row | {"source": "import: x"} for row in old.to_dict("records")]
        apply(opened, [Write(SUBSAMPLES, rows)])
    return config


@pytest.mark.parametrize(
    "table",
    [t for t in all_tables() if {"version", "metric"} <= set(t.columns)],
    ids=lambda table: table.name,
)
def test_newest_hides_what_older_versions_gave_in_any_mode(versions, table):
    with connect(versions, read_only=True) as opened:
        rows = read_newest(opened, table)
        found = set(zip(rows["run_key"], rows["version"], rows["mode"], strict=True))
        assert found == {("one", NEW, "exact"), ("two", OLD, "exact")}
        assert read_newest(opened, table, run_key="one", mode="published").empty
        assert set(read_newest(opened, table, run_key=["two"]).version) == {OLD}


def test_every_read_of_what_there_is_gives_the_newest(versions):
    with connect(versions, read_only=True) as opened:
        assert {kind.mode for kind in newest_kinds(opened)} == {"exact"}
        stored = series_stored(opened)
        assert set(stored["mode"]) == {"exact"}
        assert stored.set_index("run_key")["version"].to_dict() == {"one": NEW, "two": OLD}
        assert set(stored["num_values"]) == {2}
        assert {kind.mode for kind in per_text_kinds(opened, "one")} == {"exact"}
        assert series_of_texts(opened, ["one"]) == ["cka:two", "cluster", "distances"]
        profiles = read_profiles(opened, run_key="one")
        assert set(profiles["value"]) == {NEW}
        assert set(read_subsamples(opened, "one")["value"]) == {NEW}


def test_every_view_shows_the_newest(versions):
    for key, version in (("one", NEW), ("two", OLD)):
        assert set(lines.read_values(versions, [key], ["frenet"])["value"]) == {version}
        (texts,) = lines.read_per_text(versions, key, "cka:two")["text_values"]
        assert set(texts) == {version}
        assert set(metrics.model_values(versions, [key], "cka")["value"]) == {version}
        (clusters,) = map_colours._cluster_rows(versions, key)["text_values"]
        assert set(clusters) == {version}
    assert layer_pairs.stored_cka(versions, "one", "two").tolist() == [[NEW, NEW]] * 2
    found = paths.read_paths(versions, runs(versions))
    assert {key: square[0, 0] for key, square in found.squares("radians", 0.9).items()} == {
        "one": NEW,
        "two": OLD,
    }


def test_only_one_place_says_what_is_newest():
    asks = re.compile(
        r"max\(\s*version|version\W+\]?\.(max|idxmax|transform)|sort_values\(.*version"
    )
    files = [*(PROJECT_DIR / "lrd_core").rglob("*.py"), *(PROJECT_DIR / "pages").rglob("*.py")]
    schema = "SELECT max(version) FROM schema_version"
    found = {
        path.name
        for path in files
        if asks.search(path.read_text(encoding="utf-8").replace(schema, ""))
    }
    assert found == {"reading.py"}
