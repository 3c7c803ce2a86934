"""What was stored before runs had a tail is found again, as runs of pooled states."""

import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import run_record, write_run

from lrd_core.config import Config
from lrd_core.settings import RunIdentity, RunSettings
from lrd_core.store import connect, connection, migrations
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.keys import content_key, run_key
from lrd_core.store.metric_values import read_profiles
from lrd_core.store.migrations import MIGRATIONS
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS, save_run

IDENTITY = RunIdentity(
    model="tiny",
    model_id="org/tiny",
    revision="r1",
    task="verses",
    task_revision="1",
    split="test",
    n=10,
    seed=0,
    max_length=64,
    pooling="mean",
    dtype="float32",
)
BEFORE = next(number for number, step in enumerate(MIGRATIONS) if "COLUMN tail" in step)


def test_keys_of_before_hold_and_a_tail_changes_them() -> None:
    assert run_key(IDENTITY) == "084d7bc60422e33edf8140cc624967ff"
    assert content_key(RunSettings().described()) == "b1d40dc21c7af3934f5549c2d55bdbaa"
    assert run_key(replace(IDENTITY, tail="all")) != run_key(IDENTITY)
    assert RunSettings(tail="all").described()["tail"] == "all"


def test_runs_of_before_are_of_pooled_states(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_current", {})
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:BEFORE])
    with connect(config) as opened:
        columns = {name for name, *_ in opened.execute("DESCRIBE runs").fetchall()}
        now = vars(run_record("old")) | {"engine_version": "0.2.0", "created_at": "2025-01-01"}
        row = {name: value for name, value in now.items() if name in columns}
        assert "tail" not in row
        marks = ", ".join("?" for _ in row)
        opened.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    monkeypatch.setattr(connection, "_current", {})
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    with connect(config) as opened:
        save_run(opened, replace(run_record("new"), tail="all"))
        stored = read_table(opened, RUNS).set_index("run_key")["tail"]
        assert stored.to_dict() == {"old": "none", "new": "all"}
        assert list(read_table(opened, RUNS, tail="none")["run_key"]) == ["old"]


def test_a_bundle_of_before_comes_in_as_pooled_states(config: Config, tmp_path: Path) -> None:
    with connect(Config(tmp_path / "source")) as opened:
        write_run(opened, "old")
        export_bundle(opened, tmp_path / "bundle")
    file = tmp_path / "bundle" / "runs.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["tail"]), file)
    with connect(config) as opened:
        import_bundle(opened, tmp_path / "bundle", source="import:old")
        assert set(read_profiles(opened)["tail"]) == {"none"}
