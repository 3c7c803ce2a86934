"""Six-block random models: those of tests.tiny, and the ones that only pruning must know.

Texts are longer than the windows and layer types alternate, so that a stale per-layer list or a
stale position changes the numbers instead of hiding.
"""

from typing import Any

import torch
import transformers
from torch import nn
from transformers import DebertaV2Config, Gemma3nTextConfig, GPT2Config, JambaConfig

from tests.tiny import VOCAB_SIZE, tiny_model

NUM_BLOCKS = 6
TINY = (
    *("bert", "mpnet", "distilbert", "modernbert", "xlm-roberta", "gpt2", "gpt_neox", "llama"),
    *("mistral", "qwen2", "qwen3", "gemma2", "gemma3_text", "phi3", "mamba", "t5"),
)
_SMALL = {"vocab_size": VOCAB_SIZE, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_ENCODER = _SMALL | {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "num_hidden_layers": NUM_BLOCKS,
}
_DECODER = _ENCODER | {"num_key_value_heads": 2}
PRUNABLE = (*TINY, "deberta-v2")
FIRST_STAYS = {"t5", "modernbert", "deberta-v2"}


def build(name: str) -> nn.Module:
    """The seeded random model of this name, in eval mode."""
    if name in (*TINY, "albert"):
        return tiny_model(name, NUM_BLOCKS)
    torch.manual_seed(0)
    model_class, config = _special(name)
    model: nn.Module = getattr(transformers, model_class)(config)
    return model.eval().requires_grad_(False)


def _special(name: str) -> tuple[str, Any]:
    if name == "deberta-v2":
        return "DebertaV2Model", DebertaV2Config(
            **_ENCODER,
            relative_attention=True,
            position_biased_input=False,
            pos_att_type=["p2c", "c2p"],
            conv_kernel_size=3,
        )
    if name == "gemma3n":
        return "Gemma3nTextModel", Gemma3nTextConfig(
            **(_DECODER | {"num_hidden_layers": 10}),
            head_dim=8,
            vocab_size_per_layer_input=VOCAB_SIZE,
            hidden_size_per_layer_input=8,
            num_kv_shared_layers=5,
            laurel_rank=4,
            altup_num_inputs=2,
            activation_sparsity_pattern=[0.0] * 10,
        )
    if name == "jamba":
        return "JambaModel", JambaConfig(
            **_DECODER,
            attn_layer_period=3,
            attn_layer_offset=1,
            expert_layer_period=2,
            expert_layer_offset=1,
            num_experts=2,
            mamba_d_state=4,
        )
    return "GPT2Model", GPT2Config(
        **_SMALL,
        n_embd=32,
        n_head=4,
        n_layer=NUM_BLOCKS,
        n_positions=64,
        scale_attn_by_inverse_layer_idx=True,
    )
