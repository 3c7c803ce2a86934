"""Source archives: fetched whole and as published, and nothing in them ever runs."""

import hashlib
import importlib.util
import io
import tarfile
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import InputError, TaskError
from lrd_core.tasks.packages import Sdist, check_digest, fetch_sdist, require_sdist, sdist_path

MARK = "import pathlib; pathlib.Path({mark!r}).write_text('ran')\n"
BACKEND = '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'


def make_sdist(index: Path, files: dict[str, str]) -> Sdist:
    """An archive of the invented package ratings 1.0 in a folder that pip searches."""
    index.mkdir(exist_ok=True)
    path = index / "ratings-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"ratings-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Sdist("ratings==1.0", path.name, digest, 0.1, "MIT")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index of this test alone."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return tmp_path / "index"


def test_an_archive_is_fetched_without_running_its_setup(
    index: Path, config: Config, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    published = make_sdist(
        index, {"setup.py": MARK.format(mark=str(mark)), "data.txt": "1.5\tfine\n"}
    )
    path = fetch_sdist(published, config)
    assert path == require_sdist(published, config)
    with tarfile.open(path) as archive:
        assert archive.extractfile("ratings-1.0/data.txt").read() == b"1.5\tfine\n"  # type: ignore[union-attr]
    assert not mark.exists()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert fetch_sdist(published, Config(config.data_dir, read_only=True)) == path


@pytest.mark.parametrize("own_backend", [False, True])
def test_a_tampered_archive_is_neither_run_nor_kept(
    own_backend: bool, index: Path, config: Config, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    published = make_sdist(index, {"setup.py": "", "data.txt": "1.5\tfine\n"})
    code = MARK.format(mark=str(mark))
    files = {"setup.py": code, "own.py": code, "data.txt": "9.9\tfine\n"}
    make_sdist(index, files | ({"pyproject.toml": BACKEND} if own_backend else {}))
    with pytest.raises(TaskError, match=r"another ratings-1\.0\.tar\.gz than the one that"):
        fetch_sdist(published, config)
    assert not mark.exists()
    assert list(sdist_path(published, config).parent.iterdir()) == []
    with pytest.raises(TaskError, match="tasks fetch vader"):
        require_sdist(published, config)


def test_an_index_without_the_archive_says_so(index: Path, config: Config) -> None:
    index.mkdir()
    wanted = Sdist("ratings==1.0", "ratings-1.0.tar.gz", "0" * 64, 0.1, "MIT")
    with pytest.raises(TaskError, match=r"pip could not download ratings==1.0: ERROR: No matching"):
        fetch_sdist(wanted, config)


def test_without_pip_it_is_said_what_brings_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    wanted = Sdist("ratings==1.0", "ratings-1.0.tar.gz", "0" * 64, 0.1, "MIT")
    with pytest.raises(InputError, match=r"fetching ratings==1\.0 needs pip.*ensurepip"):
        fetch_sdist(wanted, config)
    assert not sdist_path(wanted, config).parent.exists()


def test_a_digest_that_differs_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"x")
    with pytest.raises(TaskError, match=r"a.tar.gz has sha256 2d711642b726..., expected 000000"):
        check_digest(tmp_path / "a.tar.gz", "0" * 64)
