"""Physically pruned == bypassed == saved and reloaded, on every architecture; or refused."""

import copy

import pytest
import torch

from lrd_core.errors import PruningError
from lrd_core.extraction.blocks import find_blocks
from lrd_core.pruning.bypass import bypassed
from lrd_core.pruning.config_cut import apply_values, cut_values, per_layer_lists
from lrd_core.pruning.surgery import count_parameters, fixed_blocks, prune
from tests.pruning.architectures import FIRST_STAYS, NUM_BLOCKS, PRUNABLE, build
from tests.tiny import VOCAB_SIZE, tiny_config, tiny_model

REMOVED = [(NUM_BLOCKS - 1,), (2, 3), (1, 3, 4)]


@pytest.fixture(scope="module")
def texts():
    """Token ids and two masks over texts of lengths 12, 7 and 10: padded left, padded right."""
    ids = torch.randint(4, VOCAB_SIZE, (3, 12), generator=torch.Generator().manual_seed(1))
    left = torch.ones_like(ids)
    left[1, :5] = 0
    left[2, :2] = 0
    return ids, {"left": left, "right": left.flip(1)}


@pytest.fixture(scope="module", params=PRUNABLE)
def architecture(request):
    return request.param, build(request.param)


@torch.no_grad()
def outputs(model, ids, mask):
    return model(input_ids=ids, attention_mask=mask)[0][mask.bool()]


def test_pruned_is_bypassed_is_reloaded(architecture, texts, tmp_path):
    name, model = architecture
    ids, masks = texts
    sets = REMOVED if name in FIRST_STAYS else [(0, 5), *REMOVED]
    for removed in sets:
        pruned = prune(model, removed)
        folder = tmp_path / "-".join(map(str, removed))
        pruned.save_pretrained(folder)
        reloaded = type(pruned).from_pretrained(folder).eval()
        for mask in masks.values():
            ours = outputs(pruned, ids, mask)
            with bypassed(model, removed):
                as_if = outputs(model, ids, mask)
            torch.testing.assert_close(ours, as_if, atol=1e-6, rtol=0)
            torch.testing.assert_close(ours, outputs(reloaded, ids, mask), atol=1e-6, rtol=0)
            # A positive control: removing these blocks does change the numbers.
            assert (ours - outputs(model, ids, mask)).abs().max() > 1e-3


def test_the_original_is_untouched(architecture, texts):
    _, model = architecture
    ids, masks = texts
    config = copy.deepcopy(model.config.to_dict())
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    before = outputs(model, ids, masks["left"])
    pruned = prune(model, (2, 3))
    with torch.no_grad():
        for parameter in pruned.parameters():
            parameter.add_(1.0)
    with bypassed(model, (1,)):
        pass
    assert model.config.to_dict() == config
    assert len(find_blocks(model).blocks) == NUM_BLOCKS
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights[name])
    assert torch.equal(before, outputs(model, ids, masks["left"]))


def test_layer_count_positions_and_parameters(architecture):
    _, model = architecture
    pruned = prune(model, (1, 4))
    blocks = find_blocks(pruned).blocks
    assert len(blocks) == NUM_BLOCKS - 2
    assert pruned.config.get_text_config().num_hidden_layers == NUM_BLOCKS - 2
    for position, block in enumerate(blocks):
        for module in block.modules():
            assert vars(module).get("layer_idx", position) == position
            assert vars(module).get("layer_id", position) == position
    gone = [find_blocks(model).blocks[block] for block in (1, 4)]
    assert count_parameters(pruned) == count_parameters(model) - sum(map(count_parameters, gone))


def test_bypass_leaves_no_trace_even_when_the_model_fails(architecture):
    _, model = architecture
    with pytest.raises(RuntimeError, match="inside"), bypassed(model, (1, 2)):
        raise RuntimeError("inside")
    assert all("forward" not in vars(module) for module in model.modules())


@pytest.mark.parametrize("name", sorted(FIRST_STAYS))
def test_the_first_block_stays_where_it_is_built_otherwise(name):
    model = build(name)
    assert list(fixed_blocks(model)) == [0]
    with pytest.raises(PruningError, match="cannot lose blocks 0, 2"):
        prune(model, (0, 2))
    with pytest.raises(PruningError, match="cannot lose block 0"), bypassed(model, (0,)):
        pass


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("albert", "shared layers"),
        ("gemma3n", "the blocks of Gemma3nTextModel cannot be told"),
        ("jamba", "behaves by its old position: feed_forward type is 'JambaSparseMoeBlock'"),
        ("gpt2 scaled by position", "behaves by its old position: attn.scaling"),
    ],
)
def test_what_cannot_be_cut_rightly_is_refused(name, reason):
    with pytest.raises(PruningError, match=reason):
        prune(build(name), (2,))


def test_stale_layer_types_would_be_wrong_and_are_cut_by_kept_index():
    config = tiny_config("gemma3_text", NUM_BLOCKS)
    before = list(config.layer_types)
    assert len(set(before)) == 2
    apply_values(config, cut_values(config, [0, 1, 5], NUM_BLOCKS))
    assert config.layer_types == [before[0], before[1], before[5]]


def test_read_only_lists_are_found_and_left_alone():
    config = tiny_config("mamba", NUM_BLOCKS)
    assert isinstance(type(config).layer_types, property)
    assert "layer_types" in per_layer_lists(config, NUM_BLOCKS)
    values = cut_values(config, [0, 2], NUM_BLOCKS)
    assert "layer_types" not in values
    apply_values(config, values)
    assert len(config.layer_types) == 2


def test_positions_in_a_list_are_renumbered():
    config = tiny_config("llama", NUM_BLOCKS)
    config.mlp_only_layers = [1, 4]
    config.suppressed_token_ids = [1, 4]
    apply_values(config, cut_values(config, [0, 4, 5], NUM_BLOCKS))
    assert config.mlp_only_layers == [1]
    assert config.suppressed_token_ids == [1, 4]


def test_generation_with_a_cache_agrees_with_none():
    """A stale layer_idx writes another block's keys: only a cached generation shows it."""
    model = tiny_model("llama", NUM_BLOCKS, head=True)
    pruned = prune(model, (0, 3))
    ids = torch.arange(3, 11)[None]
    with torch.no_grad():
        cached = pruned.generate(ids, max_new_tokens=6, do_sample=False, use_cache=True)
        plain = pruned.generate(ids, max_new_tokens=6, do_sample=False, use_cache=False)
    assert torch.equal(cached, plain)


def test_bypassing_twice_is_refused():
    model = build("bert")
    with (
        bypassed(model, (1,)),
        pytest.raises(PruningError, match="bypassed already"),
        bypassed(model, (1,)),
    ):
        pass
