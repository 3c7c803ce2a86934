"""Saved tasks: whole or not there, listed without reading them, broken ones with their reason."""

import os
import time
from pathlib import Path

import pytest

from lrd_core.actions.own_texts import keep, look_at
from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.errors import InputError, StoreError, TaskError
from lrd_core.tasks import all_tasks, broken_tasks, find_task, load_task, saved
from lrd_core.tasks.saved import save_task, saved_tasks, tasks_dir

TEXTS = {"test.txt": b"one\ntwo\n"}


def broken(config: Config) -> Path:
    folder = tasks_dir(config) / "bad"
    folder.mkdir(parents=True)
    (folder / "test.csv").write_text("text\na\n")
    (folder / "task.toml").write_text("columns = 'text'\n")
    return folder


def test_a_broken_one_ends_no_list_and_says_why(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    broken(config)
    save_task("fine", TEXTS)
    assert [task.name for task in all_tasks() if task.source == "folder"] == ["fine"]
    assert broken_tasks()["bad"].startswith("task.toml, line 1: columns is 'text'; write")
    assert main(["tasks", "list"]) == 0
    captured = capsys.readouterr()
    assert "fine" in captured.out and "left out: bad: task.toml, line 1" in captured.err
    with pytest.raises(TaskError, match=r"the saved task 'bad' cannot be read: task\.toml, line 1"):
        find_task("bad")


def test_listing_reads_no_data(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = save_task("mails", TEXTS)
    broken(config)
    first = saved_tasks(config)

    def refuse(root: Path) -> None:
        raise AssertionError(f"{root} was read")

    monkeypatch.setattr(saved, "read_folder", refuse)
    assert saved_tasks(config) == first
    assert find_task("mails") == spec


def test_a_file_changed_by_hand_is_read_again(config: Config) -> None:
    before = save_task("mails", TEXTS)
    (tasks_dir(config) / "mails" / "test.txt").write_text("one\ntwo\nthree\n")
    after = find_task("mails")
    assert after.revision != before.revision
    assert load_task("mails").n == 3


@pytest.mark.parametrize("content", ["", "{", "[]", '{"reading": 1}', '{"reading": 1, "stamp": 3}'])
def test_a_damaged_entry_is_made_again(config: Config, content: str) -> None:
    spec = save_task("mails", TEXTS)
    entry = tasks_dir(config) / "mails" / ".entry.json"
    entry.write_text(content)
    assert find_task("mails") == spec
    assert entry.read_text() != content


def test_an_upload_that_is_cut_off_leaves_its_name_free(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        write(path, content[: len(content) // 2])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(KeyboardInterrupt):
        save_task("mails", TEXTS)
    monkeypatch.undo()
    assert not any(tasks_dir(config).iterdir())
    # Killed outright, the half stays under another name and is taken away by a later upload.
    left = tasks_dir(config) / ".0123.partial"
    left.mkdir()
    (left / "test.txt").write_bytes(b"on")
    os.utime(left, (time.time() - 7200,) * 2)
    assert saved_tasks(config) == ()
    assert save_task("mails", TEXTS, config).name == "mails"
    assert not left.exists()


def test_a_full_disk_is_said(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(
        StoreError, match=r"mails could not be written: the disk is full \(No space left"
    ):
        save_task("mails", TEXTS, config)
    assert not any(tasks_dir(config).iterdir())


@pytest.mark.parametrize("name", ["bbc-news", "sts17"])
def test_a_registered_name_is_taken(config: Config, name: str) -> None:
    with pytest.raises(InputError, match=f"a task '{name}' is already there"):
        keep(config, look_at("a.txt", b"one\n"), name)
