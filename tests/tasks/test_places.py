"""Tasks given by a path: named without it, told apart, and found again on this machine."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import TaskError
from lrd_core.runs.items import run_items
from lrd_core.store import connect
from lrd_core.store.runs import save_run
from lrd_core.tasks import find_task, load_task
from lrd_core.tasks.places import name_for, place_of, remember
from tests.example_store import run_record


def folder(root: Path, text: str = "one\ntwo\n", toml: str = "") -> Path:
    root.mkdir(parents=True)
    (root / "test.txt").write_text(text)
    if toml:
        (root / "task.toml").write_text(toml)
    return root


def test_the_name_is_the_folders_the_files_or_what_task_toml_says(
    config: Config, tmp_path: Path
) -> None:
    assert find_task(str(folder(tmp_path / "mails"))).name == "mails"
    assert find_task(str(tmp_path / "mails" / "test.txt")).name == "test"
    named = folder(tmp_path / "b", toml='name = "Support mails"\n')
    assert find_task(str(named)).name == "Support mails"


def test_two_folders_of_one_name_stay_two_tasks(config: Config, tmp_path: Path) -> None:
    first = find_task(str(folder(tmp_path / "x" / "mails")))
    remember(first, config)
    second = find_task(str(folder(tmp_path / "y" / "mails", "three\nfour\n")))
    remember(second, config)
    assert (first.name, second.name) == ("mails", "mails-2")
    assert find_task(str(tmp_path / "x" / "mails")) == first
    assert load_task("mails-2").items == ("three", "four")


def test_a_registered_tasks_name_is_not_taken_over(config: Config, tmp_path: Path) -> None:
    assert find_task(str(folder(tmp_path / "bbc-news"))).name == "bbc-news-2"


def test_a_run_finds_its_texts_by_the_name_of_its_task(config: Config, tmp_path: Path) -> None:
    spec = find_task(str(folder(tmp_path / "mails")))
    remember(spec, config)
    run = replace(run_record("gpt2", spec.name, n=2), task_revision=spec.revision, n_total=2)
    with connect(config) as connection:
        save_run(connection, run)
    assert list(run_items(config, run.run_key)["text"]) == ["one", "two"]


def test_a_task_that_has_moved_says_so_and_its_name_is_free(config: Config, tmp_path: Path) -> None:
    root = folder(tmp_path / "x" / "mails")
    remember(find_task(str(root)), config)
    root.rename(tmp_path / "mails")
    with pytest.raises(TaskError, match="the folder or file of task 'mails' is gone; give its new"):
        find_task("mails")
    assert find_task(str(tmp_path / "mails")).name == "mails"


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 3}', "[" * 100_000])
def test_a_damaged_list_of_places_is_an_empty_one(config: Config, content: str) -> None:
    config.data_dir.mkdir(parents=True)
    (config.data_dir / "task_paths.json").write_text(content)
    assert place_of("a", config) is None


@pytest.mark.parametrize("path", ["x" * 300, "a\0b", "/dev/null/x"])
def test_a_remembered_path_that_no_file_can_have_takes_no_name(config: Config, path: str) -> None:
    config.data_dir.mkdir(parents=True)
    (config.data_dir / "task_paths.json").write_text(json.dumps({"mails": path}))
    assert name_for(Path("/tmp/mails"), "mails", (), config) == "mails"


@pytest.mark.parametrize(
    "path", ["~nouser/x", "a/" + "x" * 300, "a\0/b", "/dev/null/x", "/dev/zero"]
)
def test_paths_that_lead_nowhere_are_refused(config: Config, path: str) -> None:
    with pytest.raises(TaskError, match=r"cannot be read|no file or folder|no plain file"):
        find_task(path)
