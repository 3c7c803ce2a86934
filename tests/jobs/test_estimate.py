"""Estimates: known work, ranges from measurements, the panel spread over GPUs."""

import pytest

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.jobs import estimate
from lrd_core.jobs.estimate import (
    duration_text,
    estimate_run,
    measured_rates,
    panel_estimate,
    record_rates,
    work_of,
)
from lrd_core.metrics.registry import UNASKED, all_metrics, find_metric
from lrd_core.models.specs import find_model
from lrd_core.runs import RunReport, RunRequest
from lrd_core.settings import RunSettings

MINILM = "all-MiniLM-L6-v2"


def report(seconds: float, forward: float, n: int = 1000) -> RunReport:
    return RunReport("k", MINILM, "bbc-news", n, 2000, ("frenet",), (), (), seconds, forward)


def test_work_of_a_forward_pass_is_two_operations_a_block_parameter_and_token():
    work = work_of(find_model(MINILM), RunSettings(n=100, max_length=32))
    assert work.tokens == 3200
    assert work.forward == 2 * (12 * 6 * 384**2) * 3200
    assert work.metrics == 7 * 2 * 100**2 * 384


def test_views_add_texts_and_token_metrics_add_work():
    spec, settings = find_model(MINILM), RunSettings(n=100)
    plain, views = work_of(spec, settings, ["nrs"]), work_of(spec, settings, ["lidar"])
    assert views.tokens == plain.tokens * 17
    assert work_of(spec, settings, ["prompt_entropy"]).forward > plain.forward


def test_pooled_metrics_count_by_what_they_cost():
    spec, settings = find_model(MINILM), RunSettings(n=100)
    plain = work_of(spec, settings).metrics
    assert work_of(spec, settings, UNASKED).metrics == pytest.approx(plain)
    cheap, dear = (work_of(spec, settings, [name]).metrics for name in ("nrs", "effective_rank"))
    ratio = find_metric("effective_rank").cost / find_metric("nrs").cost
    assert ratio > 10 and dear / cheap == pytest.approx(ratio)
    assert work_of(spec, settings, ["prompt_entropy"]).metrics == 0


@pytest.mark.parametrize("reads", ["pooled", "tokens", "views"])
def test_costs_are_shares_of_the_costliest_that_reads_the_same(reads):
    costs = [entry.cost for entry in all_metrics() if entry.reads == reads]
    assert max(costs) == 1.0 and min(costs) > 0 and len(set(costs)) > 1


def test_what_no_pooled_metric_was_asked_of_teaches_nothing_of_them(config):
    request = RunRequest(MINILM, "bbc-news", ("prompt_entropy",))
    done = RunReport("k", MINILM, "bbc-news", 1000, 2000, request.metrics, (), (), 11.0, 10.0)
    record_rates(config, "cpu", request, done)
    rates = measured_rates(config, "cpu")
    assert len(rates["forward"]) == 1 and rates["metrics"] == []


def test_measured_rate_replaces_the_guess(config):
    guess = estimate_run(config, [MINILM], ["bbc-news"], ["frenet"], RunSettings())
    assert guess.measurements == 0
    assert "nothing was measured" in guess.sentence
    for seconds in (40.0, 50.0, 60.0):
        record_rates(
            config, "cpu", RunRequest(MINILM, "bbc-news", ("frenet",)), report(seconds + 1, seconds)
        )
    found = estimate_run(config, [MINILM], ["bbc-news"], ["frenet"], RunSettings())
    assert found.measurements == 3
    assert found.low < 50 < found.seconds < found.high < 75
    assert found.seconds == pytest.approx(50 + 1 + estimate.START_SECONDS, abs=2)
    twice = estimate_run(config, [MINILM], ["bbc-news", "sts"], ["frenet"], RunSettings())
    assert twice.seconds > 1.8 * (found.seconds - estimate.START_SECONDS)


def test_one_short_run_does_not_make_a_long_one_look_slow(config):
    asked = ([MINILM], ["bbc-news"], UNASKED, RunSettings())
    guess = estimate_run(config, *asked)
    short = RunRequest(MINILM, "bbc-news", UNASKED, RunSettings(n=60))
    done = RunReport("k", MINILM, "bbc-news", 60, 60, tuple(UNASKED), (), (), 22.0, 12.0)
    record_rates(config, "cpu", short, done)
    assert estimate_run(config, *asked).seconds < 2 * guess.seconds


def test_runs_from_the_cache_teach_nothing(config):
    cached = RunReport("k", MINILM, "bbc-news", 10, 20, (), ("frenet",), (), 0.1, 0.0)
    record_rates(config, "cpu", RunRequest(MINILM, "bbc-news"), cached)
    assert measured_rates(config, "cpu")["forward"] == []


def test_panel_is_31_models_by_30_tasks_and_shrinks_with_gpus(config):
    one, eight = panel_estimate(config, 1), panel_estimate(config, 8)
    assert one.units == 31 * 30
    assert one.seconds / 8 <= eight.seconds < one.seconds / 7
    assert one.low < one.seconds < one.high
    with pytest.raises(InputError, match="cannot run on 0 GPUs; give 1 or more"):
        panel_estimate(config, 0)


def test_unknown_model_and_metric_are_named(config):
    with pytest.raises(UnknownNameError, match="did you mean gpt2"):
        estimate_run(config, ["gpt3"], ["bbc-news"], ["frenet"], RunSettings())
    with pytest.raises(UnknownNameError, match="no metric"):
        estimate_run(config, ["gpt2"], ["bbc-news"], ["frenett"], RunSettings())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (89, "89 s"),
        (600, "10 min"),
        (7200, "2 h"),
        (12000, "3 h 20 min"),
        (190_000, "2 days 4 h"),
    ],
)
def test_durations_in_words(seconds, text):
    assert duration_text(seconds) == text
