"""Finished work on disk: whole or not at all, taken in once, by whoever comes."""

import datetime
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, VALUES, run_record

from lrd_core.config import Config
from lrd_core.errors import UnwritableError
from lrd_core.store import connect, tables
from lrd_core.store.matrices import Matrix
from lrd_core.store.metric_values import METRIC_VALUES, Value
from lrd_core.store.metrics import metric_writes
from lrd_core.store.neighbours import neighbour_writes
from lrd_core.store.per_text import PerText
from lrd_core.store.projections import LayerMap, ProjectionId, map_writes
from lrd_core.store.reading import doubles, read_table
from lrd_core.store.runs import RUNS, run_writes
from lrd_core.store.scores import score_writes
from lrd_core.store.spool import keep, kept, kept_rows, refused, take_in
from lrd_core.store.subsamples import SubsampleCurve, subsample_writes
from lrd_core.store.table import Big, Table
from lrd_core.store.tables import all_tables
from lrd_core.store.token_maps import token_map_writes
from lrd_core.store.trials import TRIALS, detail_writes, trial_writes
from lrd_core.store.writes import Write, apply
from tests.example_store import layer_scores
from tests.pruning.trial_table import example_trials
from tests.token_store import token_map

METRIC = metric_writes(
    "one",
    SPEED,
    [*VALUES, Value("d_0L", None, None, 10, reason="undefined")],
    [PerText("speed", 0.5, np.arange(3), np.array([0.1, math.nan, 0.3]))],
    [Matrix("distances", np.array([[0.0, math.nan], [1.0, 0.0]]))],
)
RANDOM = np.random.default_rng(0).random((4, 2))
EVERYTHING = {
    "run": run_writes(run_record("one"), "asked"),
    "metric": METRIC,
    "scores": score_writes(layer_scores(run_record("one"), 1)),
    "neighbours": neighbour_writes("one", 0, np.array([[1], [0]]), np.array([[0.5], [0.5]])),
    "map": map_writes("one", ProjectionId.of("m", {}), LayerMap(0, np.arange(4), RANDOM, None, 1)),
    "subsamples": subsample_writes(
        "one", SPEED, "{}", [SubsampleCurve("speed", 0.5, [2], [0], [math.nan], None, None, None)]
    ),
    "tokens": token_map_writes(token_map("one")),
    "trials": trial_writes(example_trials()),
    "details": detail_writes(example_trials()[0].key, '{"noted": "later"}'),
}


def content(connection) -> dict[str, str]:
    """Every row of every table as text, whenever it was written."""
    found = {}
    for table in all_tables():
        rows = read_table(connection, table).drop(columns=["created_at"], errors="ignore")
        found[table.name] = "\n".join(
            sorted(str([str(cell) for cell in row]) for row in rows.values)
        )
    return found


@pytest.fixture
def direct(tmp_path) -> dict[str, str]:
    """What the store holds where everything is written at once."""
    with connect(Config(tmp_path / "direct")) as connection:
        for writes in EVERYTHING.values():
            apply(connection, writes)
        return content(connection)


def test_what_waited_on_disk_is_what_would_have_been_written(config, direct):
    for writes in EVERYTHING.values():
        keep(config, writes)
    assert len(kept(config)) == len(EVERYTHING)
    with connect(config) as connection:
        assert content(connection) == direct
    assert kept(config) == []


def test_taking_in_twice_is_taking_in_once(config, direct):
    for writes in EVERYTHING.values():
        keep(config, writes)
    copies = {path: path.read_bytes() for path in kept(config)}
    for _ in range(2):  # as if the process had been killed before it could delete the files
        for path, written in copies.items():
            path.write_bytes(written)
        with connect(config) as connection:
            assert content(connection) == direct
            assert sum(doubles(connection, table) for table in all_tables()) == 0


def test_equal_work_is_kept_once(config):
    assert keep(config, METRIC) == keep(config, METRIC)
    assert len(kept(config)) == 1


def test_pieces_stay_in_order_when_the_clock_goes_back(config, monkeypatch):
    moments = iter([2_000, 1_000])
    monkeypatch.setattr("lrd_core.store.spool.time.time_ns", lambda: next(moments))
    first, second = keep(config, EVERYTHING["trials"]), keep(config, EVERYTHING["details"])
    assert kept(config) == [first, second]
    with connect(config) as connection:
        changed = read_table(connection, TRIALS, trial_key=example_trials()[0].key)
    assert changed.details.tolist() == ['{"noted": "later"}']


@dataclass(frozen=True)
class Odd:
    """A row of a table that holds one of everything."""

    run_key: str
    text: str
    whole: Big
    part: float
    none: float | None
    yes: bool
    list: tuple[int, ...]
    numbers: tuple[float, ...]
    empty: tuple[int, ...]
    when: datetime.datetime


def test_values_come_back_as_they_went(config, monkeypatch):
    odd = Table("odd", Odd, key=("run_key",))
    monkeypatch.setattr(tables, "_TABLES", [odd])
    row = {
        "text": "é\x00",
        "whole": 2**40,
        "part": 0.1,
        "none": None,
        "yes": True,
        "list": [1, 2],
        "numbers": [0.5, math.inf],
        "empty": [],
        "when": datetime.datetime(2026, 1, 2, 3, 4, 5, 6),
    }
    keep(config, [Write(odd, [row, row | {"none": 1.5}], "replace", {"run_key": "a"})])
    first, second = kept_rows(config, odd)
    assert first == row | {"run_key": "a"}
    assert second["none"] == 1.5


@dataclass(frozen=True)
class Coloured:
    """A run of another version."""

    colour: str


def test_a_piece_that_fits_no_store_is_kept_aside_and_stops_nobody(config, caplog):
    with connect(config):
        pass
    of_another_version = Table("runs", Coloured, key=("colour",))
    keep(config, [Write(of_another_version, [{"colour": "blue"}])])
    damaged = keep(config, METRIC)
    damaged.write_bytes(damaged.read_bytes()[:-100])
    keep(config, run_writes(run_record("one")))
    with connect(config) as connection:
        assert read_table(connection, RUNS).run_key.tolist() == ["one"]
        assert take_in(connection, config) == 0
    assert len(refused(config)) == 2
    assert "colour" in caplog.text and "is damaged" in caplog.text


def test_a_full_disk_says_so_and_leaves_no_half_of_a_piece(config, monkeypatch):
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UnwritableError, match=r"the disk is full .*run the same command again"):
        keep(config, METRIC)
    assert list(config.spool_dir.iterdir()) == []


def test_a_read_only_installation_takes_nothing_in(config):
    keep(config, METRIC)
    with connect(config):
        pass
    keep(config, METRIC)
    locked = Config(config.data_dir, read_only=True)
    with connect(locked, read_only=True) as connection:
        assert len(read_table(connection, METRIC_VALUES)) == 3
    assert len(kept(config)) == 1
