"""A model of the hub as a folder in the hub's cache, fetched where it is not there. No torch."""

import hashlib
import re
from pathlib import Path

from lrd_core.errors import ModelError
from lrd_core.models.json_file import read_json
from lrd_core.models.specs import ModelSpec
from lrd_core.models.weights_files import INDEX, SINGLE, refuse_listing

_FETCHED = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.spm")
_NOT_FETCHED = ("onnx/*", "openvino/*", "original/*", "consolidated*", "*/optimizer*", "coreml/*")
_HUB_TIMEOUT = 10.0


def hub_folder(spec: ModelSpec, own_code: bool) -> Path:
    """The snapshot of a model's revision, from the hub's cache or the hub; its name is the commit.

    Raises: ModelError where it is neither here nor to be had; as `refuse_listing` before anything
        is fetched.
    """
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        cached = _cached_snapshot(spec)
    except (HFValidationError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{spec.id} cannot be looked up in the hub's cache: {reason}") from error
    if cached is not None and own_code and not any(cached.glob("*.py")):
        cached = None
    if cached is not None and cached.name == spec.revision:
        return cached
    # The HTTP client's own base class: which client it is depends on the hub library's version.
    transport_error: type[BaseException] = HfHubHTTPError.__bases__[0]
    try:
        return _download(spec, own_code)
    except HfHubHTTPError as error:
        raise ModelError(_hub_refusal(spec, error)) from error
    except (ConnectionError, transport_error) as error:
        if cached is not None:
            return cached
        raise ModelError(
            f"{spec.name} is not on this machine and the model hub cannot be reached; connect to "
            "the network, give a local folder, or use a pack (python -m lrd_core models list)"
        ) from error
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{spec.id} cannot be kept in the hub's cache: {reason}") from error


def snapshot_is_whole(folder: Path, digests: dict[str, str]) -> bool:
    """Whether every file of a snapshot is what the hub sent: blobs are named by their content.

    digests: SHA-256 of the snapshot's files, by name. False where files are no links to blobs, as
    on systems without links, so that nothing can be said.
    Raises: ModelError for a blob whose content is not the one of its name.
    """
    linked = True
    for name, digest in digests.items():
        blob = (folder / name).resolve()
        if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", blob.name):
            linked = False
        elif blob.name not in (digest, _git_digest(blob) if len(blob.name) == 40 else digest):
            raise ModelError(
                f"{folder / name} is not what the hub sent: {blob} was changed; delete that file "
                "and fetch the model again"
            )
    return linked


def _git_digest(file: Path) -> str:
    """How git, and so the hub for its small files, names a content."""
    content = file.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _download(spec: ModelSpec, own_code: bool) -> Path:
    """Fetch a snapshot after its listing has been checked."""
    from huggingface_hub import HfApi, snapshot_download

    found = HfApi().model_info(spec.id, revision=spec.revision, timeout=_HUB_TIMEOUT)
    refuse_listing(spec.name, [file.rfilename for file in found.siblings or []])
    return Path(
        snapshot_download(
            spec.id,
            revision=found.sha,
            allow_patterns=[*_FETCHED, "*.py"] if own_code else list(_FETCHED),
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
    shards = read_json(folder / INDEX).get("weight_map")
    needed = {"config.json", *(map(str, shards.values()) if isinstance(shards, dict) else [SINGLE])}
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
