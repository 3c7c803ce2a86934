"""The Runs page: nothing starts by itself, one press queues, everyone sees the same queue."""

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import PROJECT_DIR, load_config
from lrd_core.errors import JobError
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import JobState
from lrd_core.services import jobs as service


@pytest.fixture
def queue(config, monkeypatch) -> JobQueue:
    monkeypatch.setattr(service, "ensure_worker", lambda config: True)
    return JobQueue(config)


def open_page() -> AppTest:
    app = AppTest.from_file(str(PROJECT_DIR / "app.py"), default_timeout=30).run()
    app.switch_page("pages/runs.py").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    parts = [*app.caption, *app.markdown, *app.error, *app.expander]
    return "\n".join(str(getattr(part, "value", "") or part.label) for part in parts)


def test_opening_the_page_starts_nothing_and_says_what_it_would_take(queue):
    app = open_page()
    assert queue.jobs() == []
    assert "Nothing is running" in texts(app)
    assert "nothing was measured on this machine yet" in texts(app)
    assert "run --model all-MiniLM-L6-v2 --task bbc-news --metrics lrd,lbl" in app.code[0].value


def test_start_queues_one_job_with_the_chosen_settings(queue):
    app = open_page()
    app.multiselect(key="run_metrics").set_value(["nrs"]).run()
    app.number_input(key="run_seed").set_value(7).run()
    app.button(key="start_run").click().run()
    app.button(key="start_run").click().run()
    assert not app.exception
    (job,) = queue.jobs()
    assert job.payload["models"] == ["all-MiniLM-L6-v2"]
    assert job.payload["metrics"] == ["nrs"]
    assert (job.payload["settings"]["seed"], job.payload["settings"]["n"]) == (7, 1000)
    assert job.estimate_seconds > 0


def test_two_visitors_see_the_same_queue_and_either_may_cancel(queue):
    queue.enqueue("run", {"models": []}, label="MiniLM on verses")
    first, second = open_page(), open_page()
    assert "MiniLM on verses" in texts(first)
    assert "MiniLM on verses" in texts(second)
    second.button(key="cancel_queue_1").click().run()
    assert queue.get(1).state is JobState.CANCELLED
    assert "Nothing is running" in texts(first.run())


def test_failed_job_shows_its_reason_and_can_be_retried(queue):
    queue.enqueue("run", {"models": []}, label="broken <b>model</b>")
    queue.release(queue.claim("w", "cpu"), JobState.FAILED, "NaN in layer 2 of text 7")
    app = open_page()
    assert "NaN in layer 2 of text 7" in texts(app)
    app.button(key="retry_past_1").click().run()
    assert queue.get(1).state is JobState.WAITING


def test_unknown_setting_is_explained_not_thrown(queue, monkeypatch):
    def refuse(*args, **kwargs):
        raise JobError("the queue is closed; open it")

    monkeypatch.setattr(service, "start_run", refuse)
    app = open_page()
    app.button(key="start_run").click().run()
    assert not app.exception
    assert "the queue is closed; open it" in app.error[0].value


def test_read_only_app_cannot_start(queue, monkeypatch):
    monkeypatch.setenv("LRD_READ_ONLY", "1")
    load_config.cache_clear()
    app = open_page()
    assert app.button(key="start_run").disabled
    assert "no work can be started here" in texts(app)
