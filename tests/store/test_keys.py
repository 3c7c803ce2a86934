"""Keys: what is in them, and that those of earlier versions stay."""

import pandas as pd

from lrd_core.config import PROJECT_DIR
from lrd_core.settings import SETTINGS, RunIdentity
from lrd_core.store import connect, connection, migrations
from lrd_core.store.keys import run_key
from lrd_core.store.migrations import MIGRATIONS

IDENTITY = RunIdentity(
    model="m",
    model_id="org/m",
    revision="r",
    task="t",
    task_revision="1",
    split="test",
    n=10,
    seed=0,
    max_length=64,
    pooling="mean",
    dtype="float32",
)


def test_a_key_of_an_ordinary_model_is_what_it_always_was() -> None:
    assert run_key(IDENTITY) == "20dd2d33d2c41b852e3c7a2c373b3179"


def test_what_was_added_later_is_in_no_key_where_it_is_plain() -> None:
    later = {setting.name: setting.plain for setting in SETTINGS if setting.added_later}
    assert {"tail": "none", "reading": ""}.items() <= later.items()
    assert later == {name: getattr(IDENTITY, name) for name in later}
    assert later.keys().isdisjoint(IDENTITY.described())


def test_the_keys_of_the_bundled_runs_hold() -> None:
    runs = pd.read_parquet(PROJECT_DIR / "data" / "demo" / "runs.parquet")
    stored = [setting.name for setting in SETTINGS if setting.name in runs]
    later = [setting for setting in SETTINGS if setting.name not in runs]
    assert all(setting.added_later for setting in later)
    made = [RunIdentity(**row) for row in runs[stored].to_dict("records")]
    assert [run_key(identity) for identity in made] == list(runs["run_key"])
    assert len(made) == 141


def test_runs_from_before_are_read_plainly(config, monkeypatch) -> None:
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS[:4])
    monkeypatch.setattr(connection, "_current", {})
    with connect(config) as opened:
        columns = [row[0] for row in opened.execute("DESCRIBE runs").fetchall()]
        assert "reading" not in columns
        values = ["r"] * len(columns)
        numbers = {"num_blocks", "hidden_size", "num_parameters", "n", "n_total", "seed"}
        for place, name in enumerate(columns):
            if name in numbers | {"max_length"}:
                values[place] = 1
            if name == "created_at":
                values[place] = "2026-01-01"
        marks = ", ".join("?" for _ in columns)
        opened.execute(f"INSERT INTO runs VALUES ({marks})", values)
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    monkeypatch.setattr(connection, "_current", {})
    with connect(config) as opened:
        assert opened.execute("SELECT run_key, reading FROM runs").fetchall() == [("r", "")]
