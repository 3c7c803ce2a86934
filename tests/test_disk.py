"""Files appear whole, or what was there before stays, and a failed write is said in words."""

from pathlib import Path

import pytest

from lrd_core.actions import scenes
from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.disk import whole_file, whole_folder
from lrd_core.errors import StoreError


def no_space(path: Path, *args: object, **options: object) -> int:
    raise OSError(28, "No space left on device")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.txt"
    with whole_file(path) as partial:
        partial.write_text("one")
    with (
        pytest.raises(
            StoreError, match=r"a\.txt could not be written: the disk is full \(No space left"
        ),
        whole_file(path) as partial,
    ):
        partial.write_text("tw")
        no_space(partial)
    assert path.read_text() == "one"
    assert list(path.parent.iterdir()) == [path]


def test_a_name_too_long_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"cannot be made \(File name too long"),
        whole_file(tmp_path / ("x" * 300)) as partial,
    ):
        partial.write_text("one")


def test_a_folder_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "old").write_text("1")
    with pytest.raises(FileExistsError), whole_folder(tmp_path / "a") as partial:
        (partial / "new").write_text("2")
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "old"]


def test_scenes_on_a_full_disk(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", no_space)
    scene = scenes.new_scene("A title", "", "depth", {})
    with pytest.raises(StoreError, match=r"could not be written: the disk is full \(No space left"):
        scenes.save_scenes(config, [scene])


@pytest.mark.parametrize("name", ["x" * 300 + ".csv", "file.txt/a.csv", "folder.csv"])
def test_an_export_that_cannot_be_written_is_one_line(
    config: Config, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file.txt").write_text("here")
    (tmp_path / "folder.csv").mkdir()
    assert main(["export", "--to", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == [
        "file.txt",
        "folder.csv",
    ]
