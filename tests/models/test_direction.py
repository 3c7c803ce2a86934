"""Whether a model reads in both directions is found by running it, and can be asked for."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lrd_core.errors import ModelError
from lrd_core.models.catalogue import CATALOGUE
from lrd_core.models.load import load_causal_lm, load_model
from lrd_core.models.specs import ModelSpec, find_model
from tests.zoo import zoo_folder, zoo_model

HONOUR = ("gemma2", "gemma3_text", "gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3")
CAUSAL = (*HONOUR, "mamba", "falcon", "rwkv")
BOTH_WAYS = ("bert", "ernie", "esm", "jina_embeddings_v3", "luke", "rembert", "roformer", "xmod")


def spec_of(folder: Path, bidirectional: bool = False) -> ModelSpec:
    return replace(find_model(str(folder)), bidirectional=bidirectional)


@pytest.mark.parametrize("model_type", CAUSAL)
def test_a_causal_model_is_read_at_its_last_token(model_type: str, tmp_path: Path) -> None:
    zoo_folder(model_type, tmp_path / "model")
    loaded = load_model(str(tmp_path / "model"), device="cpu")
    assert not loaded.anatomy.bidirectional
    assert loaded.pooling == "lasttoken"


@pytest.mark.parametrize("model_type", BOTH_WAYS)
def test_a_model_of_both_directions_is_read_by_its_mean(model_type: str, tmp_path: Path) -> None:
    zoo_folder(model_type, tmp_path / "model")
    loaded = load_model(str(tmp_path / "model"), device="cpu")
    assert loaded.anatomy.bidirectional
    assert (loaded.pooling, loaded.spec.family) == ("mean", "encoder embedder")


@pytest.mark.parametrize("model_type", ["ernie", "roformer", "rembert"])
def test_a_model_of_both_directions_has_no_perplexity(model_type: str, tmp_path: Path) -> None:
    zoo_folder(model_type, tmp_path / "model", head=True)
    with pytest.raises(ModelError, match="reads in both directions, so it has no perplexity"):
        load_causal_lm(str(tmp_path / "model"), device="cpu")


@pytest.mark.parametrize("model_type", HONOUR)
def test_a_decoder_can_be_read_in_both_directions(model_type: str, tmp_path: Path) -> None:
    """The registry's field and the configuration's own flag are one and the same."""
    zoo_folder(model_type, tmp_path / "model")
    asked = load_model(spec_of(tmp_path / "model", bidirectional=True), device="cpu")
    assert asked.anatomy.bidirectional
    assert asked.reading == "attends both ways"
    assert asked.pooling == "mean"
    built = zoo_model(model_type, is_causal=False)
    ids = torch.arange(5, 17)[None]
    with torch.inference_mode():
        expected = built(input_ids=ids).last_hidden_state
        torch.testing.assert_close(asked.model(input_ids=ids).last_hidden_state, expected)


@pytest.mark.parametrize("model_type", ["mamba", "rwkv"])
def test_a_model_that_cannot_is_not_read_causally_without_a_word(
    model_type: str, tmp_path: Path
) -> None:
    zoo_folder(model_type, tmp_path / "model")
    with pytest.raises(ModelError, match="is to attend in both directions, and transformers"):
        load_model(spec_of(tmp_path / "model", bidirectional=True), device="cpu")


def test_the_registry_names_decoders_that_are_used_in_both_directions() -> None:
    named = {spec.name for spec in CATALOGUE if spec.bidirectional}
    assert named == {"GritLM-7B", "gte-Qwen2-7B-instruct"}
    assert all("causally" not in spec.note for spec in CATALOGUE)
