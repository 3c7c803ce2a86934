"""Reading metric values with their runs: filtered in the database, newest version only."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from rows import SPEED, write_run

from lrd_core.store import connect
from lrd_core.store.metric_id import MetricId
from lrd_core.store.metric_values import METRIC_VALUES, Value, read_profiles
from lrd_core.store.metrics import save_metric
from lrd_core.store.reading import read_newest


@pytest.fixture
def connection(config):
    with connect(config) as connection:
        write_run(connection, "one")
        write_run(connection, "two")
        newer = MetricId(SPEED.metric, SPEED.version + 1, "published")
        save_metric(connection, "one", newer, [Value("speed", 0.5, 9.0, 10)])
        yield connection


def test_filters_on_the_run_and_on_the_value(connection):
    everything = read_profiles(connection)
    for where in (
        {"run_key": "two"},
        {"run_key": ["one"]},
        {"metric": SPEED.metric},
        {"series": ["speed"], "run_key": ("one", "two")},
    ):
        found = read_profiles(connection, **where)
        expected = everything
        for column, wanted in where.items():
            wanted = [wanted] if isinstance(wanted, str) else list(wanted)
            expected = expected[expected[column].isin(wanted)]
        assert len(found) == len(expected) > 0
        assert found["value"].tolist() == expected["value"].tolist()


def test_a_filter_never_brings_back_an_older_version(connection):
    where = {"run_key": "one", "metric": SPEED.metric}
    assert read_profiles(connection, **where)["value"].tolist() == [9.0]
    assert read_profiles(connection, **where, mode="exact").empty


def test_values_are_bound_and_never_part_of_the_query(connection):
    assert read_profiles(connection, model="' OR 1=1 --").empty


def test_the_newest_values_come_in_the_order_in_which_they_were_stored(config):
    keys = [f"run-{place}" for place in range(40)]
    with connect(config) as connection:
        for key in keys:
            write_run(connection, key)
        found = read_newest(connection, METRIC_VALUES, run_key=keys[::-1], series="speed")
    assert list(dict.fromkeys(found["run_key"])) == keys
