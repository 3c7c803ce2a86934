"""Exported models, packed."""

import zipfile
from pathlib import Path

from lrd_core.actions.exports import zip_folder


def test_a_folder_is_packed_once_under_its_own_name(tmp_path: Path) -> None:
    folder = tmp_path / "model-minus-1"
    folder.mkdir()
    (folder / "pruning.json").write_text("{}")
    archive = zip_folder(folder)
    assert f"{folder.name}/pruning.json" in zipfile.ZipFile(archive).namelist()
    made = archive.stat().st_mtime_ns
    assert zip_folder(folder) == archive and archive.stat().st_mtime_ns == made
    assert sorted(path.name for path in tmp_path.iterdir()) == [folder.name, archive.name]
