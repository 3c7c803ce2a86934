"""The registry says true things about its models, and finds them by any of their names."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lrd_core.errors import InputError, UnknownNameError
from lrd_core.models.pack_list import PACKS
from lrd_core.models.published import described_model
from lrd_core.models.specs import (
    ModelSpec,
    all_models,
    family_of,
    find_model,
    is_hub_id,
    with_revision,
)
from lrd_core.settings import FAMILIES

PYTHIA_STEPS = (1, 64, 128, 256, 512, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000)


def ids(spec: ModelSpec) -> str:
    return spec.name


def test_the_panels_are_complete() -> None:
    lrd = [spec for spec in all_models() if "lrd" in spec.panels]
    assert len(lrd) == 31
    assert sum(spec.family == "base LM" for spec in lrd) == 6
    lbl = {spec.name for spec in all_models() if "lbl" in spec.panels}
    assert sum(name.startswith("pythia-") for name in lbl) == 8
    assert sum(name.startswith("mamba-") for name in lbl) == 5
    assert {"bert-base-uncased", "bert-large-uncased", "roberta-base", "Llama-3-8B"} <= lbl
    assert any(name.startswith("LLM2Vec") for name in lbl)


def test_every_pack_has_a_model_and_every_model_of_a_pack_a_pack() -> None:
    with_pack = {spec.pack for spec in all_models() if spec.pack}
    assert with_pack == {pack.name for pack in PACKS}
    assert with_pack == {spec.name for spec in all_models() if "pack" in spec.panels}


def test_names_are_unique_whatever_their_case() -> None:
    names = [spec.name.lower() for spec in all_models()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("spec", all_models(), ids=ids)
def test_an_entry_is_plausible(spec: ModelSpec) -> None:
    assert find_model(spec.name) == find_model(spec.id) == find_model(spec.name.upper()) == spec
    assert spec.licence
    assert spec.num_blocks is not None
    assert spec.hidden_size is not None
    assert spec.pooling in {"mean", "cls", "lasttoken", "weightedmean"}
    assert spec.revision is None or (len(spec.revision) == 40 and int(spec.revision, 16))
    assert is_hub_id(spec.id) or spec.pack
    if spec.parameters is not None:  # between a block of attention alone and a wide MLP
        per_block = spec.parameters / spec.num_blocks / spec.hidden_size**2
        assert 3 < per_block < 400


def test_siblings_are_registered_base_models() -> None:
    for spec in all_models():
        if spec.sibling:
            assert find_model(spec.sibling).family == "base LM"


def test_dequantised_packs_say_so() -> None:
    for name in ("multilingual-e5-small", "SmolLM2-135M-Instruct", "gemma-3-270m"):
        assert "dequantised" in find_model(name).note


def test_pythia_has_its_checkpoints() -> None:
    for size in ("14m", "70m", "160m", "410m", "1b", "1.4b", "2.8b"):
        revisions = find_model(f"pythia-{size}").revisions
        assert revisions == (*(f"step{step}" for step in PYTHIA_STEPS), "main")


def test_a_revision_comes_after_an_at() -> None:
    spec = find_model("pythia-410m@step512")
    assert (spec.name, spec.revision) == ("pythia-410m", "step512")


def test_a_revision_of_a_pack_model_means_the_hub() -> None:
    assert find_model("all-MiniLM-L6-v2").pack == "all-MiniLM-L6-v2"
    assert find_model("all-MiniLM-L6-v2@main").pack is None


def test_a_pack_that_is_not_on_the_hub_has_no_revisions() -> None:
    with pytest.raises(InputError, match=r"SmolLM2-135M-Instruct has no revisions.*@main"):
        find_model("SmolLM2-135M-Instruct@main")


def test_a_hub_id_that_is_not_registered_is_taken_as_it_is() -> None:
    spec = find_model("someone/new-model@abc")
    assert (spec.name, spec.id, spec.revision) == ("someone/new-model", "someone/new-model", "abc")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bge-base-v1.5", "did you mean bge-base-en-v1.5"),
        ("pythia-410", "did you mean pythia-410m"),
        ("zzzzqqq", "known: "),
        ("a/b/c", "no model is called 'a/b/c'"),
        ("/x", "x"),
    ],
)
def test_an_unknown_name_answers_with_the_closest(name: str, hint: str) -> None:
    with pytest.raises(InputError if name == "/x" else UnknownNameError, match=hint):
        find_model(name)


def test_a_folder_is_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "mamba"}))
    spec = find_model(str(folder))
    assert (spec.name, spec.id, spec.family) == ("mine", str(folder), "state-space")
    monkeypatch.chdir(tmp_path)
    assert find_model("./mine") == find_model("mine") == spec
    with pytest.raises(InputError, match="mine has no revisions"):
        with_revision(spec, "main")


def test_a_folder_with_a_registered_name_keeps_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gpt2"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    assert find_model(str(folder)).name == f"{tmp_path.name}/gpt2"
    monkeypatch.chdir(tmp_path)
    assert find_model("gpt2").id == "openai-community/gpt2"


def test_a_folder_without_a_readable_configuration_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is not a model folder: it has no config\.json"):
        find_model(str(tmp_path))
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="is not a model folder"):
        find_model(str(tmp_path))


@pytest.mark.parametrize(
    ("model_type", "family"),
    [("bert", "encoder embedder"), ("llama", "base LM"), ("mamba2", "state-space")],
)
def test_the_family_follows_the_model_type(model_type: str, family: str) -> None:
    assert family_of({"model_type": model_type}) == family


def test_the_registry_imports_no_torch() -> None:
    code = "import sys, lrd_core.models.specs, lrd_core.models.packs; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize(
    "name", ["~nobody-here/m", "/a\0b", "./" + "x" * 300, "/" + "y/" * 3000, "/\ud800", "./no-such"]
)
def test_a_path_that_no_folder_can_have_is_an_error_of_ours(name: str) -> None:
    with pytest.raises(InputError, match="is not a model folder"):
        find_model(name)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_unknown(name: str) -> None:
    with pytest.raises(UnknownNameError, match="no model is called"):
        find_model(name)


@pytest.mark.parametrize(
    "content", ["[" * 100_000, "[]", "5", "\ufeff{}", '{"a": ' + "9" * 5000 + "}"]
)
def test_a_strange_configuration_says_what_is_wrong(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"is not a model folder: .*config\.json (is|holds)"):
        find_model(str(tmp_path))


def test_the_true_cause_is_said_where_there_is_no_configuration(tmp_path: Path) -> None:
    entry = {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}
    (tmp_path / "modules.json").write_text(json.dumps([entry | {"name": "0"}]))
    with pytest.raises(InputError, match=r"modules\.json names no transformer with a config\.json"):
        find_model(str(tmp_path))
    (tmp_path / "0_Transformer").mkdir()
    (tmp_path / "0_Transformer" / "config.json").write_text('{"model_type": "bert"}')
    assert find_model(str(tmp_path)).family == "encoder embedder"
    (tmp_path / "adapter").mkdir()
    (tmp_path / "adapter" / "adapter_config.json").write_text("{}")
    with pytest.raises(InputError, match=r"holds only an adapter .*merge it into its base"):
        find_model(str(tmp_path / "adapter"))


def test_every_registered_model_is_of_a_declared_family() -> None:
    assert {spec.family for spec in all_models()} == set(FAMILIES)


@pytest.mark.parametrize("modality", ["image", "audio"])
def test_what_reads_no_texts_has_entries_with_all_that_is_read_beside_weights(
    modality: str,
) -> None:
    entries = [spec for spec in all_models() if spec.modality == modality]
    assert len(entries) >= 9
    for spec in entries:
        assert spec.pooling == "mean" and spec.num_blocks and spec.hidden_size and spec.parameters
        # A name of the papers' tables, whose weights are not stated, is never taken for these.
        assert described_model(spec.name) == spec


def test_one_tower_of_a_model_of_both_is_said_to_be() -> None:
    for name in ("clip-vit-base-patch16", "siglip-base-patch16-224", "aimv2-large-patch14-224-lit"):
        assert "the vision tower alone" in find_model(name).note
    stand_ins = [find_model(name) for name in ("aimv2-large-patch14-224-lit", "imagegpt-small")]
    assert all("stands for AIM, which is not in transformers" in one.note for one in stand_ins)
    assert find_model("dinov2-base-patch14").id == "facebook/dinov2-base"
    assert find_model("facebook/dinov2-base").name == "dinov2-base-patch14"
