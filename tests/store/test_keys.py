"""Keys: what is in them, and that those of earlier versions stay."""

from dataclasses import fields, replace

import pytest

from lrd_core.store import connect, connection, migrations
from lrd_core.store.keys import ADDED_LATER, RunIdentity
from lrd_core.store.migrations import MIGRATIONS

IDENTITY = RunIdentity("org/m", "r", "t", "1", "test", 10, 0, 64, "mean")


def test_a_key_of_an_ordinary_model_is_what_it_always_was() -> None:
    assert IDENTITY.key == "20dd2d33d2c41b852e3c7a2c373b3179"


@pytest.mark.parametrize("name", [field.name for field in fields(RunIdentity)])
def test_every_part_of_an_identity_changes_the_key(name: str) -> None:
    value = getattr(IDENTITY, name)
    changed = value + 1 if isinstance(value, int) else f"{value}x"
    assert replace(IDENTITY, **{name: changed}).key != IDENTITY.key


def test_what_was_added_later_has_a_plain_value() -> None:
    for name, plain in ADDED_LATER.items():
        assert getattr(IDENTITY, name) == plain


def test_runs_from_before_are_read_plainly(config, monkeypatch) -> None:
    for module in (migrations, connection):
        monkeypatch.setattr(module, "MIGRATIONS", MIGRATIONS[:4])
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
    for module in (migrations, connection):
        monkeypatch.setattr(module, "MIGRATIONS", MIGRATIONS)
    monkeypatch.setattr(connection, "_current", {})
    with connect(config) as opened:
        assert opened.execute("SELECT run_key, reading FROM runs").fetchall() == [("r", "")]
