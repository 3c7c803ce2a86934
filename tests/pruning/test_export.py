"""The exported folder loads in transformers and sentence-transformers with the same numbers."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
import yaml
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

from lrd_core.config import Config
from lrd_core.errors import InputError, PruningError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model
from lrd_core.pruning.export import (
    export_folder,
    export_pruned,
    kept_ranges,
    mergekit_recipe,
    with_parent,
)
from lrd_core.pruning.plan import plan_by_hand
from lrd_core.pruning.subject import without_head
from lrd_core.pruning.surgery import prune
from tests.tiny import tiny_loaded
from tests.zoo import zoo_folder

TEXTS = ["rain on the river", "a", "money in the bank and stones under the tree"]


def expected(loaded, plan) -> np.ndarray:
    pruned = with_parent(loaded, prune(loaded.model, plan.removed), plan)
    found: np.ndarray = extract(pruned, TEXTS).embeddings[-1]
    return found


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    """The real MiniLM without blocks 2 and 4: (loaded, plan, folder)."""
    loaded = load_model("all-MiniLM-L6-v2", device="cpu")
    plan = plan_by_hand("all-MiniLM-L6-v2", 6, [2, 4])
    folder = tmp_path_factory.mktemp("export") / "small"
    export_pruned(loaded, plan, folder, normalise=True, record={"measured": {"change_points": -1}})
    return loaded, plan, folder


def test_sentence_transformers_gives_the_same_numbers(minilm):
    from sentence_transformers import SentenceTransformer

    loaded, plan, folder = minilm
    model = SentenceTransformer(str(folder), device="cpu")
    assert model.max_seq_length == loaded.max_length
    ours = expected(loaded, plan)
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    np.testing.assert_allclose(model.encode(TEXTS), ours, atol=1e-6)


def test_transformers_gives_the_same_numbers(minilm):
    loaded, plan, folder = minilm
    model, tokenizer = AutoModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(TEXTS[0], return_tensors="pt")
    with torch.no_grad():
        found = model(**inputs).last_hidden_state.mean(1)[0]
    np.testing.assert_allclose(found, expected(loaded, plan)[0], atol=1e-6)


def test_our_own_loader_takes_the_folder_for_a_model(minilm):
    loaded, plan, folder = minilm
    again = load_model(str(folder), device="cpu")
    assert (again.num_blocks, again.pooling, again.max_length) == (4, "mean", loaded.max_length)
    assert again.revision != loaded.revision
    np.testing.assert_allclose(
        extract(again, TEXTS).embeddings[-1], expected(loaded, plan), atol=1e-6
    )


def test_the_record_says_where_it_comes_from(minilm):
    loaded, _, folder = minilm
    record = json.loads((folder / "pruning.json").read_text())
    assert record["parent"]["revision"] == loaded.revision
    assert record["kept_blocks"] == [0, 1, 3, 5]
    assert record["num_blocks"] == {"before": 6, "after": 4}
    assert record["rule"] == "by hand"
    assert record["measured"] == {"change_points": -1}


def test_the_recipe_keeps_the_same_blocks(minilm):
    loaded, plan, folder = minilm
    recipe = yaml.safe_load((folder / "mergekit.yaml").read_text())
    assert recipe["merge_method"] == "passthrough"
    ranges = [tuple(part["sources"][0]["layer_range"]) for part in recipe["slices"]]
    assert ranges == kept_ranges(plan) == [(0, 2), (3, 4), (5, 6)]
    assert [b for start, stop in ranges for b in range(start, stop)] == list(plan.kept)
    assert mergekit_recipe(loaded, plan) == (folder / "mergekit.yaml").read_text()


@pytest.mark.parametrize(("name", "stale"), [("gemma3_text", True), ("llama", False)])
def test_the_recipe_says_what_mergekit_leaves_undone(name, stale):
    recipe = mergekit_recipe(tiny_loaded(name, num_layers=6), plan_by_hand("tiny", 6, [1]))
    assert ("# mergekit leaves layer_types of config.json as they are" in recipe) is stale
    assert yaml.safe_load(recipe)["merge_method"] == "passthrough"


def test_the_recipe_of_a_part_says_which_blocks_it_counts(tmp_path):
    zoo_folder("gemma3", tmp_path)
    loaded = load_model(str(tmp_path), device="cpu", dtype="float32")
    recipe = mergekit_recipe(loaded, plan_by_hand("tiny", 4, [1]))
    assert "# layer_range counts the blocks of language_model.layers" in recipe
    assert "# mergekit leaves layer_types of config.json as they are" in recipe
    assert yaml.safe_load(recipe)["slices"][1]["sources"][0]["layer_range"] == [2, 4]


def test_a_part_that_would_not_load_alone_is_not_exported(tmp_path):
    zoo_folder("bart", tmp_path / "whole")
    loaded = load_model(str(tmp_path / "whole"), device="cpu", dtype="float32")
    plan = plan_by_hand("tiny", loaded.num_blocks, [1])
    with pytest.raises(PruningError, match="BartEncoder is read as a part of a larger model"):
        export_pruned(loaded, plan, tmp_path / "small", normalise=False)
    assert not (tmp_path / "small").exists()


def test_a_model_without_a_hub_id_needs_its_folder(minilm):
    loaded, plan, _ = minilm
    packed = replace(loaded, spec=replace(loaded.spec, id="pack:small", name="small"))
    assert "no hub id" not in mergekit_recipe(loaded, plan)
    assert mergekit_recipe(packed, plan).startswith("# small is no hub id: put the parent model's")


def test_a_language_model_keeps_its_head(tmp_path):
    causal = tiny_loaded("llama", head=True)
    loaded = without_head(causal)
    plan = plan_by_hand("tiny", 4, [1])
    export_pruned(loaded, plan, tmp_path / "lm", normalise=False, causal=causal)
    ids = torch.tensor([[4, 5, 6, 7]])
    ours = prune(causal.model, (1,))
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "lm").eval()
    body = AutoModel.from_pretrained(tmp_path / "lm").eval()
    with torch.no_grad():
        torch.testing.assert_close(ours(ids).logits, theirs(ids).logits, atol=1e-6, rtol=0)
        torch.testing.assert_close(
            ours.model(ids).last_hidden_state, body(ids).last_hidden_state, atol=1e-6, rtol=0
        )


def test_a_folder_in_use_is_left_alone(minilm, tmp_path):
    loaded, plan, _ = minilm
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        export_pruned(loaded, plan, tmp_path, normalise=True)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_an_interrupted_export_leaves_no_folder(minilm, tmp_path, monkeypatch):
    loaded, plan, _ = minilm

    def fail(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("lrd_core.pruning.export.write_modules", fail)
    with pytest.raises(KeyboardInterrupt):
        export_pruned(loaded, plan, tmp_path / "half", normalise=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "x" * 200])
def test_names_never_become_paths(tmp_path, name):
    with pytest.raises(InputError, match="is no folder name"):
        export_folder(Config(data_dir=tmp_path), name)
