"""From a model's spec to a local folder and the name of its contents. Imports no torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.config import Config, load_config
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.adapter import base_of, is_adapter, merged_folder
from lrd_core.models.code_permission import own_code_in, permission
from lrd_core.models.digests import sha256_of
from lrd_core.models.folder import transformer_part
from lrd_core.models.hub_folder import hub_folder, snapshot_is_whole
from lrd_core.models.identity import folder_digests, folder_revision
from lrd_core.models.json_file import read_json
from lrd_core.models.packs import sound_pack
from lrd_core.models.specs import ModelSpec, find_model, is_hub_id
from lrd_core.models.weights_files import unread_weights

__all__ = ["WeightsFolder", "confirm_unchanged", "locate_weights", "read_json", "sha256_of"]


@dataclass(frozen=True)
class WeightsFolder:
    """A folder that transformers loads, and what names its contents exactly.

    revision: the hub's commit, the pack's own, or `files:` and 32 digits over all that is read.
    transformer: where below `path` config.json and the weights are; "" for the folder itself.
    own_code: whether code that comes with the model runs. notes: sentences to show.
    """

    path: Path
    revision: str
    transformer: str = ""
    own_code: bool = False
    notes: tuple[str, ...] = ()

    @property
    def transformer_path(self) -> Path:
        """The folder itself, or the one inside it that holds the transformer."""
        return self.path / self.transformer

    @property
    def config(self) -> dict[str, Any]:
        """The parsed config.json. Raises: ModelError."""
        content: dict[str, Any] = read_json(self.transformer_path / "config.json")
        return content


def locate_weights(
    spec: ModelSpec, *, allow_code: bool = False, config: Config | None = None
) -> WeightsFolder:
    """Find the weights of a model, from its pack, its folder, the hub's cache or the hub.

    Raises: ModelRefusedError if the model needs code of its own that was not allowed, or if its
        weights are pickled; ModelError if they are incomplete, changed or not all that the folder
        holds, if a pack is not fetched, or if the hub cannot be reached. Nothing is unpickled or
        run.
    """
    config = config or load_config()
    _refuse_own_code(spec, allow_code, config)
    if spec.pack is not None:
        return WeightsFolder(*sound_pack(spec.pack, config))
    if not is_hub_id(spec.id) and is_adapter(Path(spec.id)):
        return _merged(spec, Path(spec.id), config)
    on_hub = is_hub_id(spec.id)
    path = hub_folder(spec, allow_code) if on_hub else Path(spec.id)
    part = transformer_part(path)
    own_code = allow_code and bool(own_code_in(path / part))
    digests = folder_digests(spec.name, path, config, own_code)
    revision = folder_revision(digests)
    if on_hub:
        whole = snapshot_is_whole(path, digests)
        revision = path.name + ("" if whole else f"+{revision}") + ("+code" if own_code else "")
    notes = _unread(path / part, [Path(name).name for name in digests])
    return WeightsFolder(path, revision, part, own_code, notes)


def _merged(spec: ModelSpec, folder: Path, config: Config) -> WeightsFolder:
    """An adapter's base, which is found as any model is, with the adapter merged into it."""
    name = base_of(folder)
    base = locate_weights(find_model(name), config=config)
    path = merged_folder(folder, base.path, base.transformer, base.revision, config)
    revision = folder_revision(folder_digests(spec.name, path, config))
    note = f"it is {name} ({base.revision}) with a LoRA adapter merged in"
    return WeightsFolder(path, revision, base.transformer, False, (*base.notes, note))


def confirm_unchanged(
    spec: ModelSpec, folder: WeightsFolder, *, allow_code: bool = False, config: Config | None
) -> None:
    """See, once a model is loaded, that what was read is what was named before.

    Raises: ModelError for a folder that was written to in between; as `locate_weights`.
    """
    if locate_weights(spec, allow_code=allow_code, config=config).revision != folder.revision:
        raise ModelError(
            f"the files of {spec.name} in {folder.path} changed while they were read; try again "
            "once nothing writes to that folder"
        )


def _refuse_own_code(spec: ModelSpec, allow_code: bool, config: Config) -> None:
    if spec.custom_code and not allow_code:
        raise ModelRefusedError(
            f"{spec.name} runs code of its own from {spec.id}; it is refused unless you allow that "
            f"model by name: --allow-code {permission(spec)}"
        )
    if allow_code and config.read_only:
        raise ModelRefusedError(
            f"the own code of {spec.name} is not run on a read-only installation; start it without "
            "LRD_READ_ONLY"
        )


def _unread(folder: Path, read: Sequence[str]) -> tuple[str, ...]:
    """What is said of weights that lie beside those that are read."""
    unread = unread_weights(folder, read)
    if not unread:
        return ()
    others = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
    return (f"{unread[0]}{others} of its folder {'is' if not others else 'are'} not read",)
