"""The kinds "ask" and "take": resumed without doing work again, refused in words, cancelled."""

import json
from dataclasses import replace

import pytest

from lrd_core.asking.answers import Answer, read_answer, write_answer
from lrd_core.errors import InputError, JobCancelled, LrdError
from lrd_core.jobs import asking, child, taking
from lrd_core.jobs.context import JobContext
from lrd_core.jobs.records import JobState
from lrd_core.settings import RunSettings
from lrd_core.taking.settings import TakeSettings
from lrd_core.views.ask import AskRequest, question_of
from lrd_core.views.take import take_payload
from tests.tiny import tiny_model, tiny_tokenizer

ASKED = AskRequest(models=("all-MiniLM-L6-v2",), task="lee-sts")
ANSWER = Answer("lee-sts", "r", "sts", "", 0, 0, {}, [], [], [], {"m": "r"})


@pytest.fixture
def claim(queue, config):
    """A job's context, as a worker has it; a second call is the attempt after a crash."""
    job = queue.enqueue("take", {})

    def attempt() -> JobContext:
        return JobContext(queue.claim("w", "cpu") or queue.get(job.id), config, "cpu")

    return attempt


@pytest.fixture
def question():
    return question_of(ASKED.models, ASKED.task, ASKED.settings, ASKED.run)


def test_an_answer_that_is_kept_is_not_asked_again(claim, config, question, monkeypatch, capsys):
    write_answer(config, question, ANSWER)
    monkeypatch.setattr(asking, "ask", lambda *_, **__: pytest.fail("asked again"))
    asking.run_ask(question, claim())
    assert "the answer was there" in capsys.readouterr().out


def test_a_question_that_cannot_be_answered_fails_in_words(claim, config, question, capsys):
    for change, why in (
        ({"models": []}, "no model to ask about"),
        ({"task": "lee-news"}, "has no label for each text or pair"),
        ({"models": ["nobody-knows-it"]}, "nobody-knows-it"),
    ):
        job = replace(claim().job, kind="ask", payload=question | change)
        outcome, said = child._run(config, job, lambda _: asking.run_ask)
        assert outcome is JobState.FAILED
        assert why in said
        assert "Error:" not in said  # of a class of ours: no name of an exception in it
        assert read_answer(config, question | change) is None
    capsys.readouterr()


def test_a_cancelled_question_leaves_no_answer(claim, config, queue, question):
    context = claim()
    queue.cancel(context.job.id)
    with pytest.raises(JobCancelled):
        asking.run_ask(question, context)
    assert read_answer(config, question) is None


@pytest.fixture
def taken(config, tmp_path):
    """The payload that takes layer 1 of a model in a folder."""
    folder = tmp_path / "parent"
    tiny_model("bert").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return take_payload(config, str(folder), TakeSettings((1,)), run=RunSettings(max_length=16))


def test_a_folder_is_written_once(claim, config, queue, taken, monkeypatch):
    context = claim()
    taking.run_take(taken, context)
    folder = config.exports_dir / taken["folder"]
    assert json.loads((folder / "lrd.json").read_text())["layers"] == [1]
    (unit,) = queue.units(context.job.id)
    assert (unit.name, unit.note) == (taken["folder"], str(folder))
    monkeypatch.setattr(taking, "take_model", lambda *_, **__: pytest.fail("written again"))
    taking.run_take(taken, claim())
    # A worker that was killed between the folder and the mark in the queue.
    queue.release(context.job, JobState.COMPLETE)
    queue.enqueue("take", taken)
    other = queue.claim("w", "cpu")
    taking.run_take(taken, JobContext(other, config, "cpu"))
    assert [one.note for one in queue.units(other.id)] == [str(folder)]


def test_other_settings_are_another_folder(config, taken):
    changed = take_payload(config, taken["model"], TakeSettings((1,)), run=RunSettings())
    assert changed["folder"] != taken["folder"]


def test_what_cannot_be_taken_fails_in_words_and_leaves_nothing(claim, config, taken):
    with pytest.raises(InputError, match="is no folder name"):
        taking.run_take(taken | {"folder": "../elsewhere"}, claim())
    many = TakeSettings((99,)).to_json()
    with pytest.raises(LrdError, match="there is no layer 99"):
        taking.run_take(taken | {"settings": many}, claim())
    busy = config.exports_dir / taken["folder"]
    busy.mkdir(parents=True)
    (busy / "mine.txt").write_text("kept")
    with pytest.raises(InputError, match="exists and is not empty"):
        taking.run_take(taken, claim())
    assert [path.name for path in config.exports_dir.iterdir()] == [taken["folder"]]
