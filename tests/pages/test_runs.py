"""The Runs page: nothing starts by itself, one press queues, everyone sees the same queue."""

import re
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import load_config
from lrd_core.errors import JobError
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import JobState
from lrd_core.tasks import load_task
from lrd_core.views import runs as service
from tests.pages.conftest import start


@pytest.fixture
def queue(empty_store, monkeypatch) -> JobQueue:
    monkeypatch.setattr("lrd_core.actions.work.ensure_worker", lambda config: True)
    return JobQueue(empty_store)


def open_page() -> AppTest:
    app = start("runs").run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    parts = [*app.caption, *app.markdown, *app.error]
    return "\n".join(str(part.value) for part in parts)


def end_one(queue: JobQueue, label: str, state: JobState = JobState.COMPLETE, error: str = ""):
    """Queue a job and end it."""
    queue.enqueue("run", {"label": label}, label=label)
    queue.release(queue.claim("w", "cpu"), state, error or None)


def picker(app: AppTest):
    (box,) = [box for box in app.selectbox if box.label == "Details of"]
    return box


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
    app.selectbox(key="run_tail").set_value("all").run()
    assert "--tail all" in app.code[0].value
    app.button(key="start_run").click().run()
    app.button(key="start_run").click().run()
    assert not app.exception
    (job,) = queue.jobs()
    assert job.payload["models"] == ["all-MiniLM-L6-v2"]
    assert job.payload["metrics"] == ["nrs"]
    assert (job.payload["settings"]["seed"], job.payload["settings"]["n"]) == (7, 1000)
    assert job.payload["settings"]["tail"] == "all"
    assert job.estimate_seconds > 0


def test_each_task_is_a_job_so_that_one_can_be_cancelled_alone(queue):
    app = open_page()
    app.multiselect(key="run_tasks").set_value(["bbc-news", "lee-sts"]).run()
    app.button(key="start_run").click().run()
    app.button(key="yes_run").click().run()
    assert not app.exception
    second, first = queue.jobs()
    assert (first.payload["tasks"], second.payload["tasks"]) == (["bbc-news"], ["lee-sts"])
    app.run().button(key=f"cancel_queue_{first.id}").click().run()
    assert queue.get(first.id).state is JobState.CANCELLED
    assert queue.get(second.id).state is JobState.WAITING


def test_two_visitors_see_the_same_queue_and_either_may_cancel(queue):
    queue.enqueue("run", {"models": []}, label="MiniLM on verses")
    first, second = open_page(), open_page()
    assert "MiniLM on verses" in texts(first)
    assert "MiniLM on verses" in texts(second)
    second.button(key="cancel_queue_1").click().run()
    assert queue.get(1).state is JobState.CANCELLED
    assert "Nothing is running" in texts(first.run())


def test_failed_job_shows_its_reason_and_can_be_retried(queue):
    end_one(queue, "broken <b>model</b>", JobState.FAILED, "NaN in layer 2 of text 7")
    app = open_page()
    assert "NaN in layer 2 of text 7" in texts(app)
    assert "broken \\<b\\>model" in texts(app)
    app.button(key="retry_past_1").click().run()
    assert queue.get(1).state is JobState.WAITING


def test_history_is_one_table_with_the_details_of_one_job(queue, monkeypatch):
    for label in ("first", "second", "third"):
        end_one(queue, label)
    queue.enqueue("run", {}, label="still waiting")
    read = []
    tail = service.log_tail
    monkeypatch.setattr(service, "log_tail", lambda job: read.append(job.id) or tail(job))
    app = open_page()
    assert app.dataframe[0].value["label"].tolist() == ["third", "second", "first"]
    assert "**third** · job 3, complete" in texts(app)
    # The open job's log and that of the one past job that is looked at, no matter how many are.
    assert sorted(set(read)) == [3, 4]
    picker(app).set_value(1).run()
    assert "**first** · job 1, complete" in texts(app)


def test_a_finished_job_leads_to_what_it_made(queue):
    queue.enqueue("run", {"models": ["m"], "tasks": ["t"]}, label="m on t")
    queue.release(queue.claim("w", "cpu"), JobState.COMPLETE)
    job = queue.get(1)
    assert service.results_of(job) == ("pages/depth.py", {"models": ["m"], "tasks": ["t"]})
    assert service.results_of(replace(job, state=JobState.FAILED)) is None
    assert service.results_of(replace(job, kind="prune-export")) is None
    page, query = service.results_of(replace(job, kind="prune"))
    assert (page, query["prune_model"]) == ("pages/pruning.py", ["m"])
    assert any(button.label == "Open the results" for button in open_page().button)


def test_a_picked_job_stays_when_another_ends_and_else_the_newest_is_shown(queue):
    end_one(queue, "first")
    end_one(queue, "second")
    picking, waiting = open_page(), open_page()
    picker(picking).set_value(1).run()
    end_one(queue, "third")
    assert "**first** · job 1, complete" in texts(picking.run())
    assert "**third** · job 3, complete" in texts(waiting.run())


def test_a_picked_job_that_is_retried_leaves_the_history(queue):
    end_one(queue, "first", JobState.FAILED, "no memory")
    end_one(queue, "second")
    app = open_page()
    picker(app).set_value(1).run()
    app.button(key="retry_past_1").click().run()
    assert not app.exception
    assert "**second** · job 2, complete" in texts(app)
    queue.release(queue.claim("w", "cpu"), JobState.FAILED, "no memory again")
    assert "no memory again" in texts(app.run())


def test_the_page_is_drawn_anew_once_when_the_open_jobs_change(queue, monkeypatch):
    queue.enqueue("run", {}, label="ends meanwhile")
    looks, open_jobs = [], service.open_jobs

    def look(config):
        found = open_jobs(config)
        looks.append(len(found))
        if len(looks) == 1:
            queue.release(queue.claim("w", "cpu"), JobState.COMPLETE)
        return found

    monkeypatch.setattr(service, "open_jobs", look)
    app = start("runs").run()
    assert not app.exception
    # The page saw one open job, its fragment none; then both saw none.
    assert looks == [1, 0, 0, 0]
    assert "**ends meanwhile** · job 1, complete" in texts(app)


def test_unknown_setting_is_explained_not_thrown(queue, monkeypatch):
    def refuse(*args, **kwargs):
        raise JobError("the queue is closed; open it")

    monkeypatch.setattr("lrd_core.actions.work.start_run", refuse)
    app = open_page()
    app.button(key="start_run").click().run()
    app.button(key="yes_run").click().run()  # thought to take over a minute
    assert not app.exception
    assert "the queue is closed; open it" in app.error[0].value


def test_read_only_app_cannot_start(queue, monkeypatch):
    monkeypatch.setenv("LRD_READ_ONLY", "1")
    load_config.cache_clear()
    app = open_page()
    assert app.button(key="start_run").disabled
    assert "no work can be started here" in texts(app)


def own_page(name: str, content: bytes) -> AppTest:
    app = open_page()
    app.query_params["own"] = "true"
    app.run()
    app.file_uploader(key="own_file").upload(name, content).run()
    return app


def by_label(found, label: str):
    return next(one for one in found if one.label == label)


MAILS = b"when,body,queue\n1,first mail of some length,bills\n2,second mail of some length,tea\n"


def test_own_texts_are_looked_at_named_and_run_until_their_map(queue):
    app = own_page("My Mails.csv", MAILS)
    assert by_label(app.selectbox, "Text").value == "body"
    assert by_label(app.selectbox, "Label").value == "none"
    by_label(app.selectbox, "Label").set_value("queue").run()
    assert by_label(app.text_input, "Name").value == "my-mails"
    assert app.dataframe[0].value["queue"].tolist() == ["bills", "tea"]
    assert queue.jobs() == []
    assert "2 texts" in texts(app)
    by_label(app.button, "Run 1 model on 2 texts").click().run()
    assert not app.exception
    (job,) = queue.jobs()
    assert (job.payload["tasks"], job.payload["maps"]) == (["my-mails"], True)
    assert job.estimate_low < job.estimate_seconds < job.estimate_high
    task = load_task("my-mails", None, 0)
    assert task.items == ("first mail of some length", "second mail of some length")
    assert task.labels == ("bills", "tea")
    queue.release(queue.claim("w", "cpu"), JobState.COMPLETE)
    app.run()
    assert any(button.label == "See your map" for button in app.button)
    page, view = service.results_of(queue.get(job.id))
    assert (page, view["tasks"]) == ("pages/neighbourhoods.py", ["my-mails"])


def test_pasted_texts_need_no_file(queue):
    app = open_page()
    app.query_params["own"] = "true"
    app.run()
    app.text_area(key="own_paste").set_value("one text\nanother text\n").run()
    assert by_label(app.text_input, "Name").value == "pasted"
    assert any(button.label == "Run 1 model on 2 texts" for button in app.button)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("Empty file.csv", b"text\n", r"Empty file\\.csv has no rows"),
        ("other.csv", b"\xff\xfe\x00", "not UTF"),
        ("short.csv", b"text,label\na\n", r"short\\.csv, line 2"),
    ],
)
def test_own_texts_that_cannot_be_used_are_refused_in_words(queue, config, name, content, why):
    app = own_page(name, content)
    assert not app.exception
    assert re.search(why, texts(app))
    assert not any(button.label.startswith("Run 1") for button in app.button)
    assert not list(config.data_dir.glob("tasks/*"))
