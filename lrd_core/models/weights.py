"""From a model's spec to a local folder with safetensors weights. Imports no torch."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.config import Config, load_config
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.module_list import transformer_folder
from lrd_core.models.specs import ModelSpec, is_hub_id

_PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
_NOT_WEIGHTS = ("training_args.bin", "optimizer.pt", "scheduler.pt")
_FETCHED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
_NOT_FETCHED = ("onnx/*", "openvino/*", "original/*", "consolidated*", "*/optimizer*", "coreml/*")
_HUB_TIMEOUT = 10.0


@dataclass(frozen=True)
class WeightsFolder:
    """A folder that transformers loads, and what names its contents exactly."""

    path: Path
    revision: str

    @property
    def transformer(self) -> Path:
        """The folder itself, or the one inside it that holds the transformer."""
        return transformer_folder(self.path)

    @property
    def config(self) -> dict[str, Any]:
        """The parsed config.json."""
        return read_json(self.transformer / "config.json")


def locate_weights(
    spec: ModelSpec, *, allow_code: bool = False, config: Config | None = None
) -> WeightsFolder:
    """Find the weights of a model, from its pack, its folder, the hub's cache or the hub.

    Raises: ModelRefusedError if the model needs code of its own that was not allowed, or if its
        weights are pickled; ModelError if they are incomplete, if a pack is not fetched, or if the
        hub cannot be reached. Nothing is unpickled or run.
    """
    if spec.custom_code and not allow_code:
        raise ModelRefusedError(
            f"{spec.name} runs code of its own from {spec.id}; it is refused unless you allow that "
            f"model by name: --allow-code {spec.name}"
        )
    if allow_code and (config or load_config()).read_only:
        raise ModelRefusedError(
            f"the own code of {spec.name} is not run on a read-only installation; start it without "
            "LRD_READ_ONLY"
        )
    if spec.pack is not None:
        from lrd_core.models.packs import pack_folder

        path = pack_folder(spec.pack, config or load_config())
    elif is_hub_id(spec.id):
        path = _hub_folder(spec, allow_code)
        return WeightsFolder(path, revision=path.name)
    else:
        path = Path(spec.id)
    holder = transformer_folder(path)
    refuse_pickles(spec.name, [file.name for file in holder.iterdir()])
    return WeightsFolder(path, revision=f"sha256:{weights_digest(holder)[:12]}")


def refuse_pickles(name: str, files: list[str]) -> None:
    """Raise unless a listing holds safetensors weights.

    Raises: ModelRefusedError if the only weights are pickled; ModelError if there are none.
    """
    files = [file for file in files if "/" not in file]
    if any(file.endswith(".safetensors") and "adapter" not in file for file in files):
        return
    pickled = [
        file for file in files if file.endswith(_PICKLED) and not file.endswith(_NOT_WEIGHTS)
    ]
    if pickled:
        raise ModelRefusedError(
            f"{name} is refused: its weights are pickled ({pickled[0]}), and unpickling runs code; "
            "convert them to safetensors and give that folder"
        )
    if any("adapter" in file for file in files):
        raise ModelError(
            f"{name} holds only an adapter; merge it into its base model and give that folder"
        )
    raise ModelError(f"{name} holds no weights; a folder with *.safetensors is needed")


def weights_digest(folder: Path) -> str:
    """SHA-256 of a folder's safetensors: the file's own, or of the shards' digests in order.

    Shape: 64 hexadecimal digits.
    """
    digests = [sha256_of(file) for file in sorted(folder.glob("*.safetensors"))]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def sha256_of(file: Path) -> str:
    """SHA-256 of a file as 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object from a file; empty where there is no such file.

    Raises: ModelError if the file is not a JSON object.
    """
    if not file.is_file():
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelError(f"{file} is not valid JSON ({error}); fetch the model again") from error
    if not isinstance(content, dict):
        raise ModelError(f"{file} holds no JSON object; fetch the model again")
    return content


def _hub_folder(spec: ModelSpec, allow_code: bool) -> Path:
    cached = _cached_snapshot(spec)
    if cached is not None and allow_code and not any(cached.glob("*.py")):
        cached = None
    if cached is not None and cached.name == spec.revision:
        refuse_pickles(spec.name, [file.name for file in cached.iterdir()])
        return cached
    from huggingface_hub.errors import HfHubHTTPError

    # The HTTP client's own base class: which client it is depends on the hub library's version.
    transport_error: type[BaseException] = HfHubHTTPError.__bases__[0]
    try:
        return _download(spec, allow_code)
    except HfHubHTTPError as error:
        raise ModelError(_hub_refusal(spec, error)) from error
    except (ConnectionError, transport_error) as error:
        if cached is not None:
            return cached
        raise ModelError(
            f"{spec.name} is not on this machine and the model hub cannot be reached; connect to "
            "the network, give a local folder, or use a pack (python -m lrd_core models list)"
        ) from error


def _download(spec: ModelSpec, allow_code: bool) -> Path:
    """Fetch a snapshot after its listing has been checked."""
    from huggingface_hub import HfApi, snapshot_download

    found = HfApi().model_info(spec.id, revision=spec.revision, timeout=_HUB_TIMEOUT)
    refuse_pickles(spec.name, [file.rfilename for file in found.siblings or []])
    return Path(
        snapshot_download(
            spec.id,
            revision=found.sha,
            allow_patterns=[*_FETCHED, "*.py"] if allow_code else list(_FETCHED),
            ignore_patterns=list(_NOT_FETCHED),
        )
    )


def _cached_snapshot(spec: ModelSpec) -> Path | None:
    """The hub cache's copy, if all of its weights are there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(spec.id, revision=spec.revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    index = read_json(folder / "model.safetensors.index.json")
    needed = {"config.json", *index.get("weight_map", {"": "model.safetensors"}).values()}
    return folder if all((folder / file).is_file() for file in needed) else None


def _hub_refusal(spec: ModelSpec, error: OSError) -> str:
    from huggingface_hub.errors import (
        GatedRepoError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if isinstance(error, GatedRepoError):
        return (
            f"{spec.id} is gated; accept its terms on the hub and log in with `hf auth login` first"
        )
    if isinstance(error, RepositoryNotFoundError):
        return f"the hub has no model {spec.id}, or it is private; check the name"
    if isinstance(error, RevisionNotFoundError):
        return f"{spec.id} has no revision {spec.revision}; known: {', '.join(spec.revisions)}"
    return f"{spec.id} cannot be fetched from the hub: {str(error).splitlines()[0]}"
