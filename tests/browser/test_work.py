"""Selection, Pruning and Runs in a real browser: links, controls, downloads, work that is done."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.jobs.queue import JobQueue
from lrd_core.jobs.records import JobState
from tests.browser.conftest import WAIT_MS, Visit, serve
from tests.hostile_store import fill_hostile


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data_dir = tmp_path_factory.mktemp("work") / "data"
    fill_hostile(Config(data_dir=data_dir))
    yield from serve(data_dir)


@pytest.fixture
def own_data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose workers are ended afterwards."""
    yield tmp_path / "data"
    for worker in JobQueue(Config(data_dir=tmp_path / "data")).live_workers():
        os.kill(int(worker.process.partition("@")[0]), signal.SIGKILL)


def test_selection_a_link_opens_a_question_and_another_stands_in_the_address(
    server: str, visit: Visit
) -> None:
    visit.open(f"{server}/selection?question=Choose+a+layer", "Selection")
    chosen = visit.page.get_by_role("radio", name="Choose a layer", exact=True)
    assert chosen.is_checked()
    visit.page.get_by_role("radio", name="Families", exact=True).click()
    visit.page.wait_for_function("location.search.includes('question=Families')")
    visit.settle()
    assert visit.faults == []


def test_pruning_a_link_restores_the_budget_and_the_plan_can_be_downloaded(
    server: str, visit: Visit
) -> None:
    visit.open(f"{server}/pruning?budgets=20%25&remove=block+2&remove=block+3", "Pruning")
    chips = visit.page.locator(".st-key-budgets [data-tag], .st-key-remove [data-tag]")
    chips.nth(2).wait_for()
    assert chips.all_inner_texts() == ["20%", "block 2", "block 3"]
    visit.figure("plan_figure")
    visit.page.locator(".st-key-download_plan_figure button").first.click()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="CSV, the data").first.click()
    assert Path(download.value.path()).read_text().count("\n") == 1 + 6
    assert visit.faults == []


def test_past_jobs_can_be_read_and_picked_while_others_run(
    own_data: Path, visit: Visit, check_accessibility: Callable[[Visit], list[str]]
) -> None:
    queue = JobQueue(Config(data_dir=own_data))
    for label, state in (("first", JobState.COMPLETE), ("second", JobState.FAILED)):
        queue.enqueue("run", {"label": label}, label=label)
        queue.release(queue.claim("w", "cpu"), state, f"{label} has a reason")
    for address in serve(own_data):
        visit.open(f"{address}/runs", "Runs")
        visit.page.get_by_text("second has a reason").last.wait_for()
        assert check_accessibility(visit) == []
        visit.page.get_by_role("combobox", name="Details of").click()
        visit.page.get_by_role("option", name="1 · first · complete").click()
        visit.page.get_by_text("first · job 1, complete").wait_for()
        queue.enqueue("run", {}, label="third")
        queue.release(queue.claim("w", "cpu"), JobState.COMPLETE)
        queue.enqueue("run", {"still": "open"}, label="fourth")
        visit.page.get_by_text("fourth · job 4, waiting").wait_for()
        assert visit.page.get_by_text("first · job 1, complete").is_visible()
        assert visit.faults == []


def test_work_started_here_goes_on_without_the_browser_and_its_result_is_there(
    own_data: Path, visit: Visit
) -> None:
    for address in serve(own_data):
        view = "run_models=all-MiniLM-L6-v2&run_tasks=bbc-news&run_metrics=nrs&run_n=100"
        visit.open(f"{address}/runs?{view}", "Runs")
        visit.page.get_by_role("button", name="Start", exact=True).click()
        visit.page.get_by_text("is in the queue").first.wait_for()
        visit.page.goto("about:blank")
        visit.open(f"{address}/runs", "Runs")
        visit.page.get_by_text("Complete after").first.wait_for(timeout=3 * WAIT_MS)
        visit.open(f"{address}/depth", "Depth")
        visit.figure("depth")
        assert visit.page.get_by_text("n=100 of").first.is_visible()
        assert visit.faults == []
