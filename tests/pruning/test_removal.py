"""Which blocks can go is asked of the model: block by block, together, and said in words."""

import copy
from collections import namedtuple
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lrd_core.errors import PruningError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.anatomies import anatomy_of
from lrd_core.models.load import load_model
from lrd_core.pruning.block_calls import first_tensor, with_hidden
from lrd_core.pruning.bypass import bypassed
from lrd_core.pruning.calibrate import calibrate
from lrd_core.pruning.config_cut import (
    apply_values,
    block_config,
    cut_values,
    lost_kinds,
    other_readings,
)
from lrd_core.pruning.removal import can_go, check_prunable, check_removal, cut_view, fixed_blocks
from lrd_core.pruning.surgery import prune
from lrd_core.pruning.variants import embed_variants
from tests.pruning.architectures import NUM_BLOCKS, build
from tests.tiny import tiny_config, tiny_model
from tests.zoo import zoo_folder, zoo_model

TEXTS = ["rain", "a somewhat longer text", "mid size text", "12 + 7 = 19?"]


@pytest.mark.parametrize("model_type", ["gemma3", "qwen2_vl"])
def test_only_the_part_of_the_configuration_that_governs_the_blocks_is_cut(model_type):
    model: Any = zoo_model(model_type)
    path = anatomy_of(model).blocks
    assert block_config(model, path) is model.config.text_config
    whole = model.config.to_dict()
    cut = prune(model, (0, 2)).config.to_dict()
    assert cut["text_config"]["num_hidden_layers"] == 2
    for part in whole.keys() - {"text_config"}:
        assert cut[part] == whole[part], part


def test_an_encoder_whose_stack_has_a_configuration_of_its_own_is_cut_in_both():
    pruned: Any = prune(build("t5"), (2,))
    assert pruned.config.num_layers == pruned.encoder.config.num_layers == NUM_BLOCKS - 1
    assert pruned.config.num_decoder_layers == build("t5").config.num_decoder_layers


def test_the_first_block_goes_where_nothing_treats_it_apart():
    assert 0 not in fixed_blocks(zoo_model("deberta"))
    assert "taking out gives other numbers" in fixed_blocks(build("deberta-v2"))[0]


def test_a_number_that_counts_the_first_blocks_is_lowered_with_them():
    model: Any = zoo_model("deepseek_v2", first_k_dense_replace=2)
    assert fixed_blocks(model) == {}
    assert prune(model, (0, 3)).config.first_k_dense_replace == 1
    assert prune(model, (2,)).config.first_k_dense_replace == 2


def test_other_readings_of_a_configuration():
    config = tiny_config("llama", NUM_BLOCKS)
    config.first_few = 2
    config.same_by_chance = list("abcdef")
    config.boolean = True
    found = list(other_readings(config, [1, 2, 3, 4, 5], NUM_BLOCKS))
    assert ("first_few", 1) in found
    assert ("same_by_chance", list("abcdef")) in found
    assert "boolean" not in dict(found)
    assert "pad_token_id" not in dict(found)


def test_settings_of_single_layers_move_with_them():
    config = tiny_config("llama", NUM_BLOCKS)
    config.per_layer_config = {1: {"intermediate_size": 16}, 4: {"intermediate_size": 24}}
    apply_values(config, cut_values(config, [0, 4, 5], NUM_BLOCKS))
    assert config.to_dict()["per_layer_config"] == {"1": {"intermediate_size": 24}}


def test_blocks_that_hand_on_a_second_stream_are_refused():
    model = zoo_model("zaya")
    with pytest.raises(PruningError, match="hand on more than hidden states"):
        prune(model, (1,))
    with pytest.raises(PruningError, match="hand on more than hidden states"), bypassed(model, [1]):
        pass


def test_a_model_is_not_left_without_attention():
    model = zoo_model("qwen3_next")
    with pytest.raises(PruningError, match="no full_attention block would stay"):
        prune(model, (3,))
    config = block_config(model, anatomy_of(model).blocks)
    assert lost_kinds(config, [0, 1, 2], 4) == ["full_attention"]
    assert lost_kinds(config, [0, 3], 4) == []


def test_a_configuration_that_checks_itself_gives_its_reason():
    with pytest.raises(PruningError, match="expects at least one attention layer"):
        prune(zoo_model("olmo_hybrid"), (3,))


def test_blocks_that_can_go_alone_and_not_together():
    kinds = ["full_attention", "linear_attention"] * 2
    model = zoo_model("qwen3_next", layer_types=kinds)
    assert fixed_blocks(model) == {}
    check_prunable(model)
    assert can_go(model, (0,))
    assert not can_go(model, (0, 2))
    with pytest.raises(PruningError, match=r"cannot lose blocks 0, 2: .*; keep others"):
        check_removal(model, (2, 0))


def test_a_model_that_can_lose_nothing_says_why():
    with pytest.raises(PruningError, match=r"no block of EsmModel can be cut out: .*contact_head"):
        check_prunable(zoo_model("esm"))
    with pytest.raises(PruningError, match="shared layers"):
        check_prunable(build("albert"))
    with pytest.raises(PruningError, match=r"no block can be cut out: .*bbox"):
        check_prunable(zoo_model("bros"))


def test_numbers_that_differ_by_position_and_are_not_saved_are_refused():
    model: Any = tiny_model("llama", 4)
    for position, layer in enumerate(model.layers):
        layer.register_buffer("slope", torch.tensor(float(position)), persistent=False)
    with pytest.raises(PruningError, match="hold slope by position"):
        prune(model, (1,))


def test_asking_leaves_the_model_as_it_was_and_a_view_shares_its_weights():
    model: Any = tiny_model("qwen3", 5)
    before = copy.deepcopy(model.config.to_dict())
    names = {name: id(parameter) for name, parameter in model.named_parameters()}
    fixed_blocks(model)
    view: Any = cut_view(model, (1, 3))
    assert model.config.to_dict() == before
    assert [layer.self_attn.layer_idx for layer in model.layers] == [0, 1, 2, 3, 4]
    assert [layer.self_attn.layer_idx for layer in view.layers] == [0, 1, 2]
    assert {id(parameter) for parameter in view.parameters()} <= set(names.values())
    mine = {id(parameter) for parameter in prune(model, (1, 3)).parameters()}
    assert not mine & set(names.values())


def test_outputs_of_every_form_take_other_hidden_states():
    anatomy = anatomy_of(tiny_model("llama", 2))
    old, new = torch.zeros(2), torch.ones(2)
    pair = namedtuple("pair", ["rest", "hidden"])

    def changed(place: Any, output: Any) -> Any:
        return with_hidden(replace(anatomy, leave=place), output, new)

    assert changed(None, old) is new
    assert changed(0, (old, "rest")) == (new, "rest")
    assert changed(1, pair("rest", old)) == pair("rest", new)
    assert changed(0, [old, "rest"]) == [new, "rest"]
    assert changed("hidden", {"rest": 1, "hidden": old}) == {"rest": 1, "hidden": new}
    assert first_tensor({"logits": old}) is old


@pytest.mark.parametrize(
    ("model_type", "settings"),
    [
        ("opt", {"word_embed_proj_dim": 32}),  # its output has another width than its layers
        ("openai-gpt", {}),  # its blocks return lists
        ("convbert", {}),  # padding reaches its texts
        ("inkling2_text", {}),  # no single norm makes its last layer
    ],
)
def test_variants_and_calibration_read_the_last_layer_as_extraction_does(
    model_type, settings, tmp_path
):
    zoo_folder(model_type, tmp_path, **settings)
    loaded = load_model(str(tmp_path), device="cpu", dtype="float32")
    theirs = extract(loaded, TEXTS).embeddings[-1]
    found = embed_variants(loaded, TEXTS, [(), (1,)])
    np.testing.assert_allclose(found[()], theirs, atol=1e-5)
    assert np.abs(found[(1,)] - theirs).max() > 1e-4
    texts = [f"{text} {n}" for text in TEXTS for n in range(8)]
    profile = calibrate(loaded, texts, {"speed", "change_cosine"})
    # Tokens that end every text alike have no neighbours to tell apart at layer 0.
    assert "speed" in profile.measured and np.isfinite(profile.measured["speed"][1:]).all()
    assert "change_cosine" in profile.measured and profile.measured["change_cosine"][1] > 0
