"""One pass gives what `output_hidden_states` gives, whatever the batch, for every architecture."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from lrd_core.errors import InputError, ModelError, NonFiniteError
from lrd_core.extraction.hidden_states import LayerReader, extract, run_halving
from lrd_core.metrics import TokenLayer
from lrd_core.models.batch import Batch
from lrd_core.models.load import LoadedModel
from lrd_core.models.trace import run
from lrd_core.settings import POOLINGS
from tests.tiny import ARCHITECTURES, HIDDEN_SIZE, tiny_loaded

TEXTS = ["one", "two words", "", "a much longer text than all of the others are", "two words"]
NO_EMBEDDING_LAYER = {"mamba", "mamba2"}
PARALLEL = {"falcon", "gpt_neox"}


def token_states(loaded: LoadedModel, text: str, final_norm: str = "hf") -> list[torch.Tensor]:
    ids = torch.tensor([loaded.tokenizer([text], truncation=True)["input_ids"][0]])
    return token_states_of(loaded, ids, final_norm)


def token_states_of(
    loaded: LoadedModel, ids: torch.Tensor, final_norm: str = "hf"
) -> list[torch.Tensor]:
    states: dict[int, torch.Tensor] = {}
    LayerReader(loaded, final_norm).read(ids, torch.ones_like(ids), states.__setitem__)
    return [states[layer] for layer in range(loaded.num_blocks + 1)]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_equal_output_hidden_states(architecture: str) -> None:
    loaded = tiny_loaded(architecture)
    ids = torch.tensor([loaded.tokenizer(["a small text"], truncation=True)["input_ids"][0]])
    with torch.inference_mode():
        expected = loaded.model(input_ids=ids, output_hidden_states=True).hidden_states
    ours = token_states(loaded, "a small text")
    assert len(ours) == loaded.num_blocks + 1
    if architecture in NO_EMBEDDING_LAYER:  # theirs are out_1 .. out_L, norm(out_L)
        expected = (None, *expected[:-2], expected[-1])
        ours[0] = None  # type: ignore[call-overload]
    for layer, (mine, theirs) in enumerate(zip(ours, expected, strict=True)):
        if theirs is not None:
            torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-5, msg=f"layer {layer}")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_an_embedding_does_not_depend_on_its_batch(architecture: str, padding_side: str) -> None:
    loaded = tiny_loaded(architecture, padding_side=padding_side)
    together = extract(loaded, TEXTS, token_budget=1000).embeddings
    alone = extract(loaded, TEXTS, token_budget=1).embeddings
    backwards = extract(loaded, TEXTS[::-1], token_budget=30).embeddings[:, ::-1]
    assert np.abs(together - alone).max() < 1e-5
    assert np.abs(together - backwards).max() < 1e-5
    np.testing.assert_allclose(together[:, 1], together[:, 4], atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooling_of_one_text_is_pooling_of_its_tokens(pooling: str) -> None:
    loaded = tiny_loaded("llama")
    tokens = token_states(loaded, TEXTS[3])[2][0]
    weights = torch.arange(1.0, len(tokens) + 1)
    expected = {
        "mean": tokens.mean(0),
        "cls": tokens[0],
        "lasttoken": tokens[-1],
        "weightedmean": (tokens * (weights / weights.sum())[:, None]).sum(0),
        "max": tokens.amax(0),
        "mean_sqrt_len": tokens.sum(0) / len(tokens) ** 0.5,
    }[pooling]
    ours = extract(loaded, TEXTS, pooling=pooling).embeddings[2, 3]
    np.testing.assert_allclose(ours, expected.numpy(), atol=1e-5)


def test_the_final_norm_is_on_the_last_layer_on_none_or_on_all() -> None:
    loaded = tiny_loaded("llama")
    hf, raw, all_ = (token_states(loaded, "some text", how) for how in ("hf", "raw", "all"))
    norm = loaded.model.norm
    torch.testing.assert_close(hf[-1], norm(raw[-1]))
    torch.testing.assert_close(all_[1], norm(raw[1]))
    torch.testing.assert_close(hf[1], raw[1])


def test_a_final_norm_of_any_name_is_found() -> None:
    loaded = tiny_loaded("llama")
    expected = extract(loaded, TEXTS, final_norm="all").embeddings
    renamed = tiny_loaded("llama")
    renamed.model.closing = renamed.model.norm
    del renamed.model.norm
    renamed.model.__dict__["norm"] = renamed.model.closing  # where the forward pass looks
    found = extract(renamed, TEXTS, final_norm="all").embeddings
    np.testing.assert_array_equal(found, expected)


def test_two_norms_at_the_end_stop_all_and_nothing_else() -> None:
    loaded = tiny_loaded("llama")
    loaded.model.norm = nn.Sequential(loaded.model.norm, nn.LayerNorm(HIDDEN_SIZE))
    extract(loaded, TEXTS, final_norm="all")  # one module that holds both is one norm
    twice = tiny_loaded("llama")
    whole, extra = twice.model.forward, nn.LayerNorm(HIDDEN_SIZE)

    def forward(*args: object, **kwargs: object) -> object:
        output = whole(*args, **kwargs)
        output.last_hidden_state = extra(output.last_hidden_state)
        return output

    twice.model.forward = forward  # type: ignore[method-assign]
    with pytest.raises(ModelError, match=r"more than one norm .* use final_norm='hf' or 'raw'"):
        extract(twice, TEXTS, final_norm="all")
    for known in ("hf", "raw"):
        extract(twice, TEXTS, final_norm=known)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_norm_found_is_the_models_own(architecture: str, dtype: torch.dtype) -> None:
    loaded = tiny_loaded(architecture)
    loaded.model.to(dtype)
    found = extract(loaded, TEXTS, final_norm="all").embeddings
    assert np.isfinite(found).all()


def test_blocks_that_put_tokens_first_are_refused() -> None:
    config = transformers.XLNetConfig(vocab_size=200, d_model=32, n_layer=4, n_head=4, d_inner=48)
    xlnet = replace(tiny_loaded("bert"), model=transformers.XLNetModel(config).eval())
    with pytest.raises(ModelError, match=r"give \(9, 1, 32\) .* not \(batch, tokens, width\)"):
        extract(xlnet, ["ten signs.", "ten signs!"])


def test_bert_has_no_final_norm_so_raw_changes_nothing() -> None:
    loaded = tiny_loaded("bert")
    np.testing.assert_array_equal(
        extract(loaded, TEXTS).embeddings, extract(loaded, TEXTS, final_norm="raw").embeddings
    )


def test_attention_capture_lies_between_two_blocks() -> None:
    loaded = tiny_loaded("llama")
    blocks = extract(loaded, TEXTS, pooling="mean", final_norm="raw").embeddings
    inside = extract(loaded, TEXTS, pooling="mean", capture="attention").embeddings
    assert inside.shape == blocks.shape
    np.testing.assert_array_equal(inside[0], blocks[0])
    assert np.abs(inside[1] - blocks[0]).max() > 1e-4
    assert np.abs(inside[1] - blocks[1]).max() > 1e-4


@pytest.mark.parametrize("architecture", sorted(PARALLEL | NO_EMBEDDING_LAYER))
def test_attention_capture_is_refused_where_there_is_no_such_point(architecture: str) -> None:
    with pytest.raises(ModelError, match="use capture='block'"):
        extract(tiny_loaded(architecture), TEXTS, capture="attention")


def test_a_pass_keeps_no_keys_and_values() -> None:
    """At 7 billion parameters they would take gigabytes a batch."""
    loaded = tiny_loaded("llama")
    ids = torch.arange(5, 17)[None]
    assert loaded.model(input_ids=ids).past_key_values is not None
    assert run(loaded.model, Batch.of_ids(ids)).past_key_values is None


def test_token_metrics_see_every_text_at_every_layer() -> None:
    loaded = tiny_loaded("bert")
    metrics = {"count": lambda layer: {"tokens": layer.attended.sum(1)}}
    found = extract(loaded, TEXTS, token_metrics=metrics, token_budget=40)
    np.testing.assert_array_equal(
        found.per_item["count"]["tokens"], np.tile(found.n_tokens, (loaded.num_blocks + 1, 1))
    )


def test_hooks_leave_no_trace_even_when_the_model_fails() -> None:
    loaded = tiny_loaded("bert")
    before = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in loaded.model.modules())
    with pytest.raises(RuntimeError, match="stop here"):
        extract(loaded, TEXTS, token_metrics={"bad": _fail})
    after = sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in loaded.model.modules())
    assert before == after == 0


def _fail(layer: TokenLayer) -> dict[str, object]:
    raise RuntimeError("stop here")


def test_nan_stops_the_run_and_names_where() -> None:
    loaded = tiny_loaded("gpt2")
    with torch.no_grad():
        for parameter in list(loaded.model.h[1].parameters()):
            parameter.fill_(float("nan"))
    with pytest.raises(
        NonFiniteError, match=r"gives NaN or Inf at layer 2 for text \d in float32; look at"
    ):
        extract(loaded, TEXTS)
    half = replace(loaded, model=loaded.model.to(torch.bfloat16), dtype=torch.bfloat16)
    with pytest.raises(NonFiniteError, match="in bfloat16; try dtype float32, or look at that"):
        extract(half, TEXTS)


def test_out_of_memory_halves_the_batch_down_to_one() -> None:
    tried: list[int] = []

    def embed(batch: np.ndarray) -> None:
        tried.append(len(batch))
        if len(batch) > 2:
            raise torch.OutOfMemoryError

    parts = list(run_halving(embed, np.arange(8)))
    assert [len(part) for part in parts] == [2, 2, 2, 2]
    assert tried[0] == 8


def test_out_of_memory_on_the_cpu_halves_too() -> None:
    """An allocation that no machine grants gives the allocator's own error."""

    def embed(batch: np.ndarray) -> None:
        if len(batch) > 1:
            torch.empty(2**50, dtype=torch.float32)

    assert [len(part) for part in run_halving(embed, np.arange(4))] == [1, 1, 1, 1]


def test_another_error_is_not_taken_for_it() -> None:
    def embed(batch: np.ndarray) -> None:
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        list(run_halving(embed, np.arange(4)))


def test_one_text_that_does_not_fit_is_named() -> None:
    def embed(batch: np.ndarray) -> None:
        raise torch.OutOfMemoryError

    with pytest.raises(ModelError, match="text 7 alone does not fit"):
        list(run_halving(embed, np.array([7])))


def test_rerun_is_bitwise_equal() -> None:
    loaded = tiny_loaded("qwen3")
    np.testing.assert_array_equal(
        extract(loaded, TEXTS).embeddings, extract(loaded, TEXTS).embeddings
    )


def test_bad_options_are_named() -> None:
    loaded = tiny_loaded("bert")
    with pytest.raises(InputError, match="final_norm is 'soft'; choose one of hf, raw, all"):
        extract(loaded, TEXTS, final_norm="soft")
    with pytest.raises(InputError, match="no texts to embed"):
        extract(loaded, [])
