"""The Pruning page: empty, filled, every control, and what each part says."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.jobs.queue import JobQueue
from lrd_core.pruning.profile import Profile
from lrd_core.store import connect
from lrd_core.store.calibrations import save_calibration
from lrd_core.store.latencies import save_latency
from lrd_core.store.trials import save_trials
from lrd_core.views import pruning, pruning_findings
from lrd_core.views.pruning_work import TrialEstimate
from pages._shared import widgets
from tests.pruning.trial_table import calibration, example_trials, latency

Open = Callable[..., AppTest]


@pytest.fixture
def pruned_store(empty_store: Config, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A 4-block model `small` with a calibration, trials on two tasks and a latency."""
    profile = Profile(
        (0, 1, 2, 3),
        {"gfmi": np.array([1.0, 5, 3, 2, 9]), "token_cosine": np.array([0.1, 0.2, 0.9, 0.3])},
    )
    with connect(empty_store) as connection:
        save_trials(connection, example_trials())
        save_latency(connection, latency(1, 1.25))
        save_calibration(connection, calibration(profile))
    # The model exists only in the store; what estimating its cost needs is not looked up.
    short = TrialEstimate(40, 20, 80, "6 variants of small on 2 tasks", "the CPU", "a guess")
    monkeypatch.setattr("lrd_core.views.pruning_work.estimate", lambda *_: short)
    return empty_store


def texts(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_an_empty_store_offers_the_model_that_is_here(empty_store: Config, open_page: Open) -> None:
    app = open_page("pruning")
    assert not app.exception
    assert app.selectbox(key="prune_model").value == "all-MiniLM-L6-v2"
    assert "No trial of a rule in this selection yet" in texts(app)
    assert any("No trial of this model" in header.value for header in [*app.header, *app.subheader])
    assert "Run the trial" in [button.label for button in app.button]
    assert not JobQueue(empty_store).jobs()


def test_the_plan_is_shown_before_anything_runs(pruned_store: Config, open_page: Open) -> None:
    app = open_page("pruning", rules=["GFMI: close to the output"], budgets=["10%"])
    assert not app.exception
    assert app.selectbox(key="plan").value == "GFMI: close to the output, 10% (1 of 4)"
    assert "Block 1 would go" in texts(app)
    assert "Calibrated on 128 texts of news" in texts(app)
    assert len(app.get("plotly_chart")) == 4
    assert widgets.plain("1.25 times as fast") in " ".join(one.value for one in app.markdown)
    assert not JobQueue(pruned_store).jobs()


def test_the_sentence_and_the_provenance_are_computed(
    pruned_store: Config, open_page: Open
) -> None:
    text = texts(open_page("pruning")).replace("&#x27;", "'")
    assert "the rule 'GFMI: close to the output' does best against chance" in text
    assert "small@main · news, pairs · n=100" in text


def test_by_hand_shows_its_plan_like_a_rule(pruned_store: Config, open_page: Open) -> None:
    app = open_page("pruning", remove=["block 0", "block 3"])
    assert not app.exception
    assert app.selectbox(key="plan").value == "By hand (2 of 4)"
    assert "Blocks 0, 3 would go" in texts(app)


def test_a_plan_made_by_hand_is_the_one_that_is_looked_at(
    pruned_store: Config, open_page: Open
) -> None:
    app = open_page("pruning")
    assert app.selectbox(key="plan").value.startswith("GFMI")
    app.multiselect(key="remove").set_value([2]).run()
    assert app.selectbox(key="plan").value == "By hand (1 of 4)"
    gfmi = app.selectbox(key="plan").options[0]
    app.selectbox(key="plan").set_value(gfmi).run()
    assert app.selectbox(key="plan").value == gfmi
    app.multiselect(key="remove").set_value([1, 2]).run()
    assert app.selectbox(key="plan").value == "By hand (2 of 4)"


def test_long_work_is_asked_about_and_starts_only_after_yes(
    pruned_store: Config, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrd_core.actions.work.ensure_worker", lambda config: False)
    long = TrialEstimate(900, 300, 2700, "6 variants of small on 2 tasks", "the CPU", "a guess")
    monkeypatch.setattr("lrd_core.views.pruning_work.estimate", lambda *_: long)
    app = open_page("pruning")

    def press(label: str) -> None:
        next(button for button in app.button if button.label == label).click().run()

    press("Run the trial")
    asked = "6 variants of small on 2 tasks: about 15 min (5 min to 45 min) on the CPU"
    assert any(widgets.plain(asked) in one.value for one in app.markdown)
    press("Not now")
    assert not JobQueue(pruned_store).jobs()
    press("Run the trial")
    press("Start it")
    (job,) = JobQueue(pruned_store).jobs()
    assert job.kind == "prune"


def test_rules_without_a_calibration_ask_for_one(pruned_store: Config, open_page: Open) -> None:
    app = open_page("pruning", rules=["Frenet: slow and straight"])
    assert not app.exception
    assert "Calibrate only" in [button.label for button in app.button]
    assert any("Planned once the model was asked" in caption.value for caption in app.caption)


def test_starting_queues_one_job_with_the_settings_of_the_page(
    pruned_store: Config, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrd_core.actions.work.ensure_worker", lambda config: False)
    app = open_page("pruning", remove=["block 1"], budgets=["20%"], seeds="5")
    next(button for button in app.button if button.label == "Run the trial").click().run()
    (job,) = JobQueue(pruned_store).jobs()
    assert job.kind == "prune"
    assert job.payload["models"] == ["small"]
    assert job.payload["tasks"] == ["news", "pairs"]
    assert job.payload["settings"]["removed"] == [1]
    assert job.payload["settings"]["budgets"] == [0.2]


def test_noise_is_named_and_other_options_show_no_plan(
    pruned_store: Config, open_page: Open
) -> None:
    text = texts(open_page("pruning"))
    assert "repeatability on the same texts and seed, not sampling error" in text
    with connect(pruned_store) as connection:
        connection.execute("DELETE FROM trials WHERE rule = 'by hand'")
    app = open_page("pruning", indexing="published")
    assert not app.exception
    assert any("with these options yet" in head.value for head in [*app.header, *app.subheader])


def test_times_of_several_machines_are_chosen_between(
    pruned_store: Config, open_page: Open
) -> None:
    assert not [box for box in open_page("pruning").selectbox if box.label == "Timed on"]
    with connect(pruned_store) as connection:
        save_latency(connection, latency(1, 3.0, device="NVIDIA H100", dtype="bfloat16"))
    app = open_page("pruning", costs="true")
    assert not app.exception
    box = next(box for box in app.selectbox if box.label == "Timed on")
    assert box.options == ["NVIDIA H100, bfloat16, 8 x 64 tokens", "cpu, float32, 8 x 64 tokens"]
    assert "8 texts of 64 tokens, bfloat16, NVIDIA H100" in texts(app)


@pytest.mark.parametrize("part", ["summary", "regret", "costs", "trials", "export"])
def test_every_part_opens(pruned_store: Config, open_page: Open, part: str) -> None:
    app = open_page("pruning", **{part: "true"})
    assert not app.exception
    assert not app.error


def test_nothing_chosen_says_what_to_do(pruned_store: Config, open_page: Open) -> None:
    app = open_page("pruning", rules=[""], prune_tasks=[""])
    assert not app.exception


def test_words_used_by_the_page_are_those_of_the_views() -> None:
    assert pruning.rule_label("gfmi") == "GFMI: close to the output"
    assert pruning.rule_label("by hand") == "By hand"
    assert "random" not in pruning.rule_names()
    assert pruning_findings.trial_provenance(pd.DataFrame(), pd.DataFrame()) == ""
