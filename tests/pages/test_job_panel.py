"""The job panel: a start button, live state, cancel, retry, log."""

import sqlite3
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import JobState
from lrd_core.views import runs as service


def page() -> None:
    from pages._shared.jobs import job_panel

    job_panel("prune", {"budget": 0.15}, "Run the trial", estimate="about 40 s", key="trial")


@pytest.fixture
def queue(config, monkeypatch) -> JobQueue:
    monkeypatch.setattr("lrd_core.actions.work.ensure_worker", lambda config: True)
    return JobQueue(config)


def captions(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def test_nothing_starts_by_itself(queue):
    app = AppTest.from_function(page, default_timeout=60).run()
    assert captions(app) == ["Run the trial"]
    assert queue.jobs() == []


def test_start_then_cancel(queue):
    app = AppTest.from_function(page, default_timeout=60).run()
    app.button(key="start_trial").click().run()
    assert not app.exception
    (job,) = queue.jobs()
    assert (job.kind, job.payload, job.state) == ("prune", {"budget": 0.15}, JobState.WAITING)
    assert captions(app) == ["Cancel"]
    app.button(key=f"cancel_trial_{job.id}").click().run()
    assert queue.get(job.id).state is JobState.CANCELLED
    assert captions(app) == ["Run the trial again", "Retry"]


def test_progress_is_shown_to_every_visitor(queue, config):
    job = queue.enqueue("prune", {"budget": 0.15})
    claimed = queue.claim("w1", "cpu")
    assert queue.observe(claimed, 2.0, 300 * 2**20) is JobState.RUNNING
    first = AppTest.from_function(page, default_timeout=60).run()
    second = AppTest.from_function(page, default_timeout=60).run()
    assert captions(first) == captions(second) == ["Cancel"]
    line = service.describe(queue.get(job.id))
    assert line == "Starting · cpu · 300 MiB of memory"


def test_failed_job_says_why_and_can_be_retried(queue):
    queue.enqueue("prune", {"budget": 0.15})
    queue.release(queue.claim("w1", "cpu"), JobState.FAILED, "NaN in layer 2; try float32")
    app = AppTest.from_function(page, default_timeout=60).run()
    assert "NaN in layer 2" in app.error[0].value
    job = queue.jobs()[0]
    app.button(key=f"retry_trial_{job.id}").click().run()
    assert queue.get(job.id).state is JobState.WAITING


@pytest.mark.parametrize("way", ["elsewhere", "upwards", "link"])
def test_a_forged_path_of_a_log_opens_no_other_file(queue, tmp_path, way):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    logs = queue.config.logs_dir
    logs.mkdir(parents=True, exist_ok=True)
    forged = {"elsewhere": secret, "upwards": logs / ".." / ".." / "secret.txt"}
    if way == "link":
        forged["link"] = logs / "job-9.log"
        forged["link"].symlink_to(secret)
    job = queue.enqueue("prune", {"budget": 0.15})
    with sqlite3.connect(queue.config.jobs_database) as connection:
        connection.execute("UPDATE jobs SET log_path = ?", (str(forged[way]),))
    connection.close()
    job = service.job(queue.config, job.id)
    assert Path(job.log_path).read_text() == "secret"
    assert service.log_tail(job) == ""
    assert "secret" not in str(AppTest.from_function(page, default_timeout=60).run())


def test_an_old_result_is_found_behind_many_newer_jobs(queue):
    queue.enqueue("prune", {"budget": 0.15})
    queue.release(queue.claim("w1", "cpu"), JobState.COMPLETE)
    for number in range(201):
        queue.enqueue("run", {"number": number})
    app = AppTest.from_function(page, default_timeout=60).run()
    assert captions(app) == ["Run the trial again"]


def test_the_log_is_read_where_the_job_says(queue):
    job = queue.enqueue("prune", {"budget": 0.15})
    assert service.log_tail(job) == ""
    log = queue.config.logs_dir / f"job-{job.id}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("one\ntwo\rthree\n")
    assert service.log_tail(job, lines=2) == "two\nthree"
    app = AppTest.from_function(page, default_timeout=60).run()
    assert app.code[0].value == "one\ntwo\nthree"


def test_read_only_app_offers_no_start(queue, config, monkeypatch):
    monkeypatch.setenv("LRD_READ_ONLY", "1")
    from lrd_core.config import load_config

    load_config.cache_clear()
    app = AppTest.from_function(page, default_timeout=60).run()
    assert app.button(key="start_trial").disabled
    assert "no work can be started" in app.caption[0].value
