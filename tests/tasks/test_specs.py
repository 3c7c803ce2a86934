"""The registry and the one door to texts."""

import subprocess
import sys

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, TaskError, UnknownNameError
from lrd_core.tasks import all_tasks, find_task, load_calibration_items, load_task
from lrd_core.tasks.content import MAIN_SCORES, TaskContent, TaskSpec
from lrd_core.tasks.specs import sample_positions


@pytest.fixture(autouse=True)
def _own_data_folder(config: Config) -> None:
    """No task of the developer's own data folder takes part."""


def test_names_are_unique_and_entries_complete() -> None:
    tasks = all_tasks()
    assert len({task.name.lower() for task in tasks}) == len(tasks)
    for task in tasks:
        assert task.revision, task.name
        assert task.licence, task.name
        assert bool(task.main_score) == task.evaluable, task.name


def test_panels_have_the_papers_sizes() -> None:
    panels = [panel for task in all_tasks() for panel in task.panels]
    assert panels.count("lrd") == 30
    assert panels.count("lbl") == 32


def test_every_evaluated_type_has_an_offline_task() -> None:
    types = {task.type for task in all_tasks() if "offline" in task.panels}
    assert types == set(MAIN_SCORES)


def test_find_task_ignores_case_and_names_the_closest() -> None:
    assert find_task("BBC-News").name == "bbc-news"
    assert find_task("banking77classification").name == "Banking77Classification"
    with pytest.raises(
        UnknownNameError, match="no task is called 'bbc-new'; did you mean bbc-news"
    ):
        find_task("bbc-new")


def test_listing_and_offline_texts_import_nothing_heavy() -> None:
    code = (
        "import sys; from lrd_core.tasks import all_tasks, load_task; all_tasks(); "
        "load_task('bbc-news', 5, 0); "
        "print([m for m in ('torch', 'mteb', 'transformers', 'datasets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_sample_is_seeded_sorted_and_without_replacement() -> None:
    first, again = (load_task("bbc-news", 50, seed=7) for _ in range(2))
    other = load_task("bbc-news", 50, seed=8)
    everything = load_task("bbc-news")
    assert first.items == again.items
    assert first.items != other.items
    assert (np.diff(first.ids) > 0).all()
    assert first.n == 50
    assert first.n_total == everything.n == everything.n_total
    assert first.items == tuple(everything.items[row] for row in first.ids)
    assert first.labels is not None
    assert everything.labels is not None
    assert first.labels == tuple(everything.labels[row] for row in first.ids)
    assert first.columns["title"][0] == first.items[0].split("\n")[0]


def test_sample_larger_than_the_set_is_the_set() -> None:
    assert sample_positions(3, 10, 0).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="at least 1, not 0"):
        sample_positions(3, 0, 0)


@pytest.mark.parametrize("name", [task.name for task in all_tasks() if task.source == "offline"])
def test_calibration_texts_are_disjoint_from_evaluated(name: str) -> None:
    if name.startswith("vader"):
        pytest.skip("needs the fetched source archive; its split is tested in test_offline.py")
    if name.startswith("spoken"):
        pytest.skip("half a minute to speak; its split is tested in test_spoken_words.py")
    if find_task(name).type == "texts":
        with pytest.raises(TaskError, match="keeps no texts apart"):
            load_calibration_items(name, 10, 0)
        return
    texts = load_calibration_items(name, 200, 0)
    assert len(texts) >= 100
    assert not set(texts) & set(load_task(name).items)


def spec(**changes: str) -> TaskSpec:
    values = {"name": "t", "label": "T", "type": "texts", "source": "folder", "revision": "1"}
    values |= {"licence": "x", "language": "en", "description": "d"} | changes
    return TaskSpec(**values)  # type: ignore[arg-type]


def test_content_names_what_is_missing() -> None:
    with pytest.raises(TaskError, match=r"'t' \(classification\) has no table 'train'"):
        TaskContent(spec(type="classification"), {"test": {"text": ("a",), "label": ("b",)}})
    with pytest.raises(TaskError, match="table 'test' lacks column 'sentence2'"):
        TaskContent(spec(type="sts"), {"test": {"sentence1": ("a",)}})


def test_pairs_and_search_give_each_text_once() -> None:
    pairs = {"sentence1": ("a", "b"), "sentence2": ("b", "c"), "score": (1.0, 0.0)}
    content = TaskContent(spec(type="sts"), {"test": pairs})
    assert content.evaluated_items()["text"] == ("a", "b", "c")
