"""The job kinds: units that resume, failures that are noted, exports that stay in their folder."""

import json
from types import SimpleNamespace

import pytest

from lrd_core.errors import InputError, JobError, PruningError
from lrd_core.jobs import pruning as kinds
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.handlers import load_handler
from lrd_core.jobs.queue import JobQueue
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.settings import TrialSettings


@pytest.fixture
def context(config) -> JobContext:
    queue = JobQueue(config)
    queue.enqueue("prune", PAYLOAD)
    return JobContext(queue.claim("w", "cpu"), config, "cpu")


PAYLOAD = {
    "models": ["a", "b"],
    "tasks": ["news"],
    "settings": TrialSettings(rules=("last",), seeds=3).to_json(),
}


def test_kinds_are_registered():
    assert load_handler("prune") is kinds.run_prune
    assert load_handler("prune-plan") is kinds.run_plan
    assert load_handler("prune-export") is kinds.run_export


def test_every_pair_is_a_unit_and_finished_ones_are_not_run_again(context, monkeypatch):
    ran = []

    def execute(model, task, settings, **options):
        ran.append((model, task, settings.seeds))
        return SimpleNamespace(scored=4, known=1)

    monkeypatch.setattr(kinds, "execute_trials", execute)
    context.finish_unit("a on news", 1.0)
    kinds.run_prune(PAYLOAD, context)
    assert ran == [("b", "news", 3)]
    assert context.units()[-1].note == "4 variants scored, 1 were there"


def test_a_model_that_cannot_be_pruned_fails_the_job_by_name(context, monkeypatch):
    def execute(model, task, settings, **options):
        if model == "a":
            raise PruningError("shared layers")
        return SimpleNamespace(scored=1, known=0)

    monkeypatch.setattr(kinds, "execute_trials", execute)
    with pytest.raises(JobError, match="1 of 2 failed; first: a on news: shared layers"):
        kinds.run_prune(PAYLOAD, context)


def test_settings_that_do_not_exist(context):
    with pytest.raises(InputError, match="no settings of a trial"):
        kinds.run_prune(PAYLOAD | {"settings": {"rulez": []}}, context)


def test_an_export_never_leaves_its_folder(context):
    payload = {
        "model": "all-MiniLM-L6-v2",
        "task": "lee-sts",
        "settings": TrialSettings(n=20).to_json(),
        "plan": plan_by_hand("all-MiniLM-L6-v2", 6, [2]).to_json(),
        "folder": "../outside",
    }
    with pytest.raises(InputError, match="is no folder name"):
        kinds.run_export(payload, context)


def test_an_export_is_written_once_it_is_complete(context, config):
    plan = plan_by_hand("all-MiniLM-L6-v2", 6, [2, 3])
    payload = {
        "model": "all-MiniLM-L6-v2",
        "task": "lee-sts",
        "settings": TrialSettings(n=20, max_length=16).to_json(),
        "plan": plan.to_json(),
        "folder": "small",
    }
    kinds.run_export(payload, context)
    record = json.loads((config.exports_dir / "small" / "pruning.json").read_text())
    assert record["kept_blocks"] == [0, 1, 4, 5]
    assert record["max_length"] == 256  # the model's own, not the trial's
    assert context.units()[0].note.endswith("small")
