"""Trials on several samples: the first stays on show, others are said and can be looked at."""

import pandas as pd
import pytest

from lrd_core.config import Config
from lrd_core.pruning.settings import TrialSettings
from lrd_core.pruning.summary import compare
from lrd_core.store import connect
from lrd_core.store.calibrations import CalibrationRow, save_calibration
from lrd_core.store.trials import read_trials, save_trials
from lrd_core.views import pruning, pruning_samples
from tests.pruning.trial_table import example_trials, trial

LONG = '{"max_length":256,"n":200}'
SHORT = '{"max_length":128,"n":300}'


@pytest.fixture
def tried(config: Config) -> pd.DataFrame:
    """GFMI on news and pairs with 256 tokens, then again on news alone with 128."""
    with connect(config) as connection:
        for settings, task, change in (
            (LONG, "news", -1.0),
            (LONG, "pairs", -2.0),
            (SHORT, "news", -9.0),
        ):
            save_trials(
                connection, [trial("gfmi", (1,), change, budget=0.1, task=task, settings=settings)]
            )
        return read_trials(connection)


def test_a_later_sample_never_takes_the_place_of_the_first(tried: pd.DataFrame) -> None:
    shown = pruning.chosen_trials(tried, TrialSettings())
    assert dict(zip(shown["task"], shown["change"], strict=True)) == {"news": -1.0, "pairs": -2.0}
    later = tried.assign(
        created_at=tried["created_at"].max() - tried["created_at"].sub(tried["created_at"].min())
    )
    assert pruning.chosen_trials(later, TrialSettings())["change"].tolist() == [-2.0, -9.0]


def test_the_other_sample_is_said_and_can_be_chosen(tried: pd.DataFrame) -> None:
    assert pruning_samples.samples(tried) == ["200 rows, 256 tokens", "300 rows, 128 tokens"]
    shown = pruning.chosen_trials(tried, TrialSettings())
    assert pruning_samples.not_shown(tried, compare(shown)) == (
        "Also tried, not drawn here: news on 300 rows, 128 tokens."
    )
    other = pruning.chosen_trials(tried, TrialSettings(), "300 rows, 128 tokens")
    assert sorted(other["change"]) == [-9.0, -2.0]
    assert "news on 200 rows" in pruning_samples.not_shown(tried, compare(other))
    alone = tried[tried["task"] == "pairs"]
    assert pruning_samples.not_shown(alone, compare(alone)) == ""
    assert pruning_samples.sample_name('{"max_length":32,"n":null}') == "all rows, 32 tokens"


def test_plans_of_other_calibrations_are_said(config: Config) -> None:
    again = [trial("gfmi", gone, -1.0, budget=0.1, settings=LONG) for gone in ((1,), (2,))]
    with connect(config) as connection:
        save_trials(connection, again)
        trials = read_trials(connection)
    shown = compare(trials)
    assert len(shown) == 1
    assert "1 plan of these rules from other calibrations" in pruning_samples.not_shown(
        trials, shown
    )


def test_the_form_starts_with_the_settings_of_the_trials_on_show(
    config: Config, tried: pd.DataFrame
) -> None:
    row = CalibrationRow(
        "k", "small", "example/small", "main", 4, "news", "1", 120, 0, "{}", "h", "{}"
    )
    with connect(config) as connection:
        save_calibration(connection, row)
    shown = pruning_samples.one_sample(tried)
    assert pruning_samples.form_defaults(config, shown, "small") == (
        TrialSettings(n=200, calibration_n=120, max_length=256)
    )
    assert pruning_samples.form_defaults(config, tried.iloc[:0], "other") == (
        TrialSettings(n=300, calibration_n=128, max_length=128)
    )


def test_the_headline_of_the_store_stays_where_it_was(config: Config) -> None:
    from lrd_core.views.pruning_findings import headline

    with connect(config) as connection:
        save_trials(connection, example_trials())
    before = headline(config)
    assert before
    with connect(config) as connection:
        save_trials(connection, [trial("gfmi", (1,), -30.0, budget=0.1, settings=SHORT)])
    assert headline(config) == before
