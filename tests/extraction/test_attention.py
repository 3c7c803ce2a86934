"""Attention weights of every block, and a model that is as it was afterwards."""

import numpy as np
import pytest
import torch

from lrd_core.errors import MetricError
from lrd_core.extraction.attention import read_attention
from lrd_core.settings import RunSettings
from tests.tiny import tiny_loaded

TEXTS = ["rain", "the river and the rain", "sun"]


@pytest.mark.parametrize("kind", ["bert", "llama", "gpt2"])
def test_weights_of_every_block_are_transformers_own(kind: str) -> None:
    loaded = tiny_loaded(kind)
    before = loaded.model.config._attn_implementation
    found = list(read_attention(loaded, TEXTS, RunSettings()))
    assert loaded.model.config._attn_implementation == before
    assert len(found) == len(TEXTS)
    ids = loaded.tokenizer(TEXTS[1], return_tensors="pt")["input_ids"]
    loaded.model.set_attn_implementation("eager")
    with torch.inference_mode():
        theirs = loaded.model(input_ids=ids, output_attentions=True).attentions
    mask, blocks = found[1]
    assert len(blocks) == loaded.num_blocks and mask.tolist() == [[1] * ids.shape[1]]
    for ours, weights in zip(blocks, theirs, strict=True):
        torch.testing.assert_close(ours, weights)
        np.testing.assert_allclose(ours.sum(dim=-1), 1.0, rtol=1e-5)


def test_a_model_without_attention_weights_says_so() -> None:
    with pytest.raises(MetricError, match=r"tiny-mamba.* (gives|cannot be asked)"):
        list(read_attention(tiny_loaded("mamba"), TEXTS, RunSettings()))
