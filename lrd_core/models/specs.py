"""Find a model by its name: registered, on the hub, or a local folder. Imports no torch."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from lrd_core.errors import InputError, ModelError, UnknownNameError
from lrd_core.models.adapter import SETTINGS, base_of, is_adapter
from lrd_core.models.catalogue import CATALOGUE, ModelSpec
from lrd_core.models.folder import module_paths, transformer_part
from lrd_core.models.json_file import read_json
from lrd_core.models.modality import NOT_KNOWN, modality_of_folder
from lrd_core.models.module_list import MODULES_FILE
from lrd_core.settings import BASE_LM, ENCODER, STATE_SPACE

__all__ = [
    "ModelSpec",
    "all_models",
    "family_by_direction",
    "family_of",
    "find_model",
    "is_hub_id",
    "known_model",
    "with_revision",
]

IN_MEMORY = "memory:"
"""How the id of a model begins that was measured in memory, and of arrays without a model."""

PUBLISHED = "published:"
"""How the id of a model begins of which only published numbers are known (models.published)."""

_ENCODER_TYPES = frozenset(
    (
        *("albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra"),
        *("eurobert", "gte", "modernbert", "mpnet", "mt5", "new", "nomic_bert", "roberta"),
        *("t5", "umt5", "xlm-roberta"),
    )
)
_STATE_SPACE_TYPES = frozenset(("falcon_mamba", "mamba", "mamba2", "rwkv", "typeseg_mamba"))
_BY_NAME = {key.lower(): spec for spec in CATALOGUE for key in (spec.name, spec.id)}


def all_models() -> tuple[ModelSpec, ...]:
    """Every registered model: the LRD panel, the LbL models, those that hear, then the packs."""
    return CATALOGUE


def known_model(name: str) -> ModelSpec | None:
    """The registered model of this name or hub id, in any case; opens no path that a name is."""
    return _BY_NAME.get(name.lower())


def find_model(name: str) -> ModelSpec:
    """Look a model up by registry name, hub id, `name@revision`, or local folder.

    An `org/name` that is not registered becomes a spec of its own, whose family and modality are
    read once its files are there. A revision overrides the pinned one, and for a pack it means the
    hub's weights.

    Raises: UnknownNameError for a short name that is not registered, with the closest ones;
        InputError for a path without a model, or a revision where the weights have none.
    """
    if _looks_like_path(name):
        return _folder_spec(name)
    base, _, revision = name.partition("@")
    spec = known_model(base)
    if spec is None:
        if _is_model_folder(name):
            return _folder_spec(name)
        if base.count("/") != 1 or not all(base.split("/")):
            raise UnknownNameError("model", base, [known.name for known in CATALOGUE])
        spec = ModelSpec(name=base, id=base, family=BASE_LM, modality=NOT_KNOWN)
    return with_revision(spec, revision) if revision else spec


def with_revision(spec: ModelSpec, revision: str) -> ModelSpec:
    """The same model at another revision, whose weights then come from the hub.

    Raises: InputError for a folder or a pack without a repository on the hub.
    """
    if not is_hub_id(spec.id):
        raise InputError(
            f"{spec.name} has no revisions: its weights come from "
            f"{spec.id if spec.pack is None else 'a Python package'}; leave out @{revision}"
        )
    return replace(spec, revision=revision, pack=None)


def is_hub_id(model_id: str) -> bool:
    """Whether an id names a repository on the hub, not a pack, a folder or a model in memory."""
    return not model_id.startswith(("pack:", IN_MEMORY, PUBLISHED)) and not _looks_like_path(
        model_id
    )


def family_of(config: dict[str, Any]) -> str:
    """The family that a model's config.json points to."""
    model_type = str(config.get("model_type", ""))
    if model_type in _STATE_SPACE_TYPES:
        return STATE_SPACE
    return ENCODER if model_type in _ENCODER_TYPES else BASE_LM


def family_by_direction(config: dict[str, Any], bidirectional: bool) -> str:
    """The family of a model that the registry does not know, from what a probe of it showed."""
    if family_of(config) == STATE_SPACE:
        return STATE_SPACE
    return ENCODER if bidirectional else BASE_LM


def _looks_like_path(name: str) -> bool:
    return name.startswith(("/", ".", "~", "\\")) or Path(name).is_absolute()


def _is_model_folder(name: str) -> bool:
    try:
        return any(
            (Path(name) / file).is_file() for file in ("config.json", MODULES_FILE, SETTINGS)
        )
    except (OSError, ValueError):  # a name too long for a file, or with a null in it
        return False


def _folder_spec(name: str) -> ModelSpec:
    folder = _resolved(name)
    if is_adapter(folder):
        return _adapter_spec(folder)
    try:
        part = transformer_part(folder)
        config = read_json(folder / part / "config.json")
    except ModelError as error:
        raise InputError(f"{name} is not a model folder: {error}") from error
    if not config:
        raise InputError(f"{name} is not a model folder: {_what_is_there(folder)}")
    modality = modality_of_folder(folder / part)
    return ModelSpec(
        name=_own_name(folder), id=str(folder), family=family_of(config), modality=modality
    )


def _own_name(folder: Path) -> str:
    taken = folder.name.lower() in _BY_NAME
    return f"{folder.parent.name}/{folder.name}" if taken else folder.name


def _adapter_spec(folder: Path) -> ModelSpec:
    """An adapter is a model of its own that is read as its base is."""
    try:
        base = find_model(base_of(folder))
    except ModelError as error:
        raise InputError(str(error)) from error
    return replace(
        base,
        name=_own_name(folder),
        id=str(folder),
        revision=None,
        revisions=(),
        pack=None,
        panels=(),
        sibling=base.name,
    )


def _resolved(name: str) -> Path:
    try:
        folder = Path(name).expanduser().resolve()
        found = folder.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{name[:200]!r} is not a model folder ({error})") from error
    if not found:
        raise InputError(f"{name} is not a model folder: there is no such folder; check the path")
    return folder


def _what_is_there(folder: Path) -> str:
    """Why a folder has no config.json, as far as its other files tell."""
    if module_paths(folder):
        return (
            "its modules.json names no transformer with a config.json; save the model again with "
            "sentence-transformers and give that folder"
        )
    return "it has no config.json; give a folder that transformers saved"
