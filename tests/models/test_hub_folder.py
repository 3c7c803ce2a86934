"""Models of the hub: the cache's blobs are what their names say, or are not used."""

import hashlib
from pathlib import Path

import huggingface_hub
import pytest

from lrd_core.config import Config
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.load import load_model
from lrd_core.models.specs import find_model
from lrd_core.models.weights import locate_weights
from tests.model_folders import save_folder, with_own_code

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def keep(folder: Path, cache: Path, *, as_blobs: bool) -> Path:
    """Put a folder into the hub's cache, as links to blobs or, as on Windows, as files."""
    repository = cache / "models--someone--tiny"
    snapshot = repository / "snapshots" / COMMIT
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(COMMIT)
    (repository / "blobs").mkdir()
    snapshot.mkdir(parents=True)
    for file in folder.iterdir():
        content = file.read_bytes()
        small = b"blob %d\0" % len(content) + content
        large = file.suffix == ".safetensors"
        blob = hashlib.sha256(content) if large else hashlib.sha1(small, usedforsecurity=False)
        place = snapshot / file.name
        if as_blobs:
            (repository / "blobs" / blob.hexdigest()).write_bytes(content)
            place.symlink_to(Path("..") / ".." / "blobs" / blob.hexdigest())
        else:
            place.write_bytes(content)
    return snapshot


@pytest.mark.parametrize("asked", ["someone/tiny", f"someone/tiny@{COMMIT}"])
def test_a_model_in_the_hub_cache_loads_without_the_hub(
    asked: str, cache: Path, tmp_path: Path, config: Config
) -> None:
    keep(save_folder(tmp_path / "made"), cache, as_blobs=True)
    loaded = load_model(asked, device="cpu", config=config)
    assert loaded.revision == COMMIT
    assert (loaded.spec.name, loaded.spec.family) == ("someone/tiny", "encoder embedder")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_a_blob_that_was_changed_is_not_used(
    name: str, cache: Path, tmp_path: Path, config: Config
) -> None:
    snapshot = keep(save_folder(tmp_path / "made"), cache, as_blobs=True)
    blob = (snapshot / name).resolve()
    blob.write_bytes(blob.read_bytes() + b" ")
    with pytest.raises(ModelError, match=rf"{name} is not what the hub sent: .*delete that file"):
        load_model("someone/tiny", device="cpu", config=config)


def test_a_commit_alone_is_no_proof_where_files_are_no_blobs(
    cache: Path, tmp_path: Path, config: Config
) -> None:
    snapshot = keep(save_folder(tmp_path / "made"), cache, as_blobs=False)
    spec = find_model("someone/tiny")
    before = locate_weights(spec, config=config).revision
    assert before.startswith(f"{COMMIT}+files:")
    (snapshot / "config.json").write_text((snapshot / "config.json").read_text() + " ")
    assert locate_weights(spec, config=config).revision != before


def test_links_of_a_snapshot_lead_to_its_own_blobs_alone(
    cache: Path, tmp_path: Path, config: Config
) -> None:
    snapshot = keep(save_folder(tmp_path / "made"), cache, as_blobs=True)
    (snapshot / "config.json").unlink()
    (snapshot / "config.json").symlink_to(tmp_path / "made" / "config.json")
    with pytest.raises(ModelRefusedError, match="outside the model's folder"):
        locate_weights(find_model("someone/tiny"), config=config)


def test_own_code_of_the_hub_has_a_revision_of_its_own(
    cache: Path, tmp_path: Path, config: Config
) -> None:
    keep(with_own_code(save_folder(tmp_path / "made")), cache, as_blobs=True)
    with pytest.raises(ModelRefusedError, match="--allow-code someone/tiny;"):
        load_model("someone/tiny", device="cpu", config=config)
    allowed = {"device": "cpu", "config": config, "allow_code": [f"someone/tiny@{COMMIT}"]}
    with pytest.raises(ModelRefusedError, match="--allow-code someone/tiny;"):
        load_model("someone/tiny", **allowed)
    own = load_model(f"someone/tiny@{COMMIT}", **allowed)
    assert own.model.ran == "here"
    assert (own.revision, own.reading) == (f"{COMMIT}+code", "own code")


@pytest.mark.parametrize("name", ["a b/c", "a--b/c", "x/" + "y" * 300, "ö/ü", "a/b@\x00", "a/-b"])
def test_a_name_that_no_repository_can_have_is_an_error_of_ours(
    name: str, cache: Path, config: Config
) -> None:
    with pytest.raises(ModelError, match=r"cannot be looked up|cannot be reached"):
        locate_weights(find_model(name), config=config)
