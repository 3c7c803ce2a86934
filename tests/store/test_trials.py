"""What is asked of trials and runs without reading them: models in their order, block counts."""

from lrd_core.config import Config
from lrd_core.store import connect
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.trials import TRIALS, models_seen, save_trials, stored_block_count
from tests.example_store import fill
from tests.pruning.trial_table import example_trials


def test_models_come_in_the_order_of_their_first_row(config: Config) -> None:
    fill(config)
    with connect(config) as connection:
        save_trials(connection, example_trials())
        runs, trials = read_table(connection, RUNS), read_table(connection, TRIALS)
        expected = [*trials["model"].unique(), *runs["model"].unique()]
        assert models_seen(connection) == expected
        assert len(expected) > 2


def test_block_counts_come_from_trials_first_then_runs(config: Config) -> None:
    fill(config)
    with connect(config) as connection:
        run = read_table(connection, RUNS).iloc[0]
        assert stored_block_count(connection, run["model"]) == run["num_blocks"]
        assert stored_block_count(connection, "small") is None
        save_trials(connection, example_trials())
        assert stored_block_count(connection, "small") == 4


def test_an_empty_store_knows_no_model(config: Config) -> None:
    with connect(config) as connection:
        assert models_seen(connection) == []
        assert stored_block_count(connection, "small") is None
