"""Pruning work ahead: how long it takes, and where an exported model lies."""

from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.settings import TrialSettings
from lrd_core.views import pruning_work

MINILM = "all-MiniLM-L6-v2"


def test_the_estimate_says_where_and_what_it_rests_on(config):
    told = pruning_work.estimate(config, MINILM, ["lee-sts"], TrialSettings(), 6)
    assert told.sentence.startswith(f"6 variants of {MINILM} on 1 task: about ")
    assert told.sentence.endswith("a guess, nothing was measured here")
    assert told.low < told.seconds < told.high
    more = pruning_work.estimate(config, MINILM, ["lee-sts"], TrialSettings(), 600)
    assert more.seconds > told.seconds


def test_work_of_more_than_a_minute_is_asked_about(config):
    settings = TrialSettings(n=20, max_length=32, latency=False)
    short = pruning_work.estimate(config, MINILM, ["lee-sts"], settings, 1)
    assert short.seconds < 60 and short.question == ""
    long = pruning_work.estimate(config, MINILM, ["lee-sts"], TrialSettings(n=1000), 600)
    assert long.question.startswith(f"600 variants of {MINILM} on 1 task: about ")
    assert long.where in long.question and long.question.endswith("Start it?")


def test_the_estimate_takes_a_model_that_no_registry_knows(config):
    told = pruning_work.estimate(config, "../my-model", ["lee-sts"], TrialSettings(), 6)
    assert told.seconds > 0


def test_an_export_is_offered_once_it_is_complete(config):
    plan = plan_by_hand("org/we ird", 4, [1])
    payload = pruning_work.export_payload("org/we ird", "t", TrialSettings(), plan)
    assert payload["folder"] == "org-we-ird-minus-1"
    assert pruning_work.exported_folder(config, payload) is None
    folder = config.exports_dir / payload["folder"]
    folder.mkdir(parents=True)
    (folder / "pruning.json").write_text("{}")
    assert pruning_work.exported_folder(config, payload) == folder
