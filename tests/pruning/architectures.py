"""Six-block random models whose blocks differ where the architecture lets them.

Windows are shorter than the texts and layer types alternate, so that a stale per-layer list or a
stale position changes the numbers instead of hiding.
"""

from collections.abc import Callable

import torch
import transformers
from torch import nn
from transformers import (
    AlbertConfig,
    BertConfig,
    DebertaV2Config,
    DistilBertConfig,
    Gemma2Config,
    Gemma3nTextConfig,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    JambaConfig,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    ModernBertConfig,
    MPNetConfig,
    Phi3Config,
    Qwen2Config,
    Qwen3Config,
    T5Config,
    XLMRobertaConfig,
)

NUM_BLOCKS = 6
VOCABULARY = 60

_SMALL = {
    "vocab_size": VOCABULARY,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
_ENCODER = _SMALL | {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "num_hidden_layers": NUM_BLOCKS,
}
_DECODER = _ENCODER | {"num_key_value_heads": 2}
_DISTIL = {"dim": 32, "n_heads": 4, "hidden_dim": 48, "n_layers": NUM_BLOCKS}
_GPT2 = {"n_embd": 32, "n_head": 4, "n_layer": NUM_BLOCKS, "n_positions": 64}

PRUNABLE: dict[str, Callable[[], tuple[str, object]]] = {
    "bert": lambda: ("BertModel", BertConfig(**_ENCODER)),
    "mpnet": lambda: ("MPNetModel", MPNetConfig(**_ENCODER)),
    "distilbert": lambda: (
        "DistilBertModel",
        DistilBertConfig(**_SMALL, **_DISTIL, max_position_embeddings=64),
    ),
    "modernbert": lambda: (
        "ModernBertModel",
        ModernBertConfig(**_ENCODER, cls_token_id=1, sep_token_id=2, local_attention=4),
    ),
    "xlm-roberta": lambda: ("XLMRobertaModel", XLMRobertaConfig(**_ENCODER)),
    "gpt2": lambda: ("GPT2Model", GPT2Config(**_SMALL, **_GPT2)),
    "gpt-neox": lambda: ("GPTNeoXModel", GPTNeoXConfig(**_ENCODER)),
    "llama": lambda: ("LlamaForCausalLM", LlamaConfig(**_DECODER)),
    "mistral": lambda: ("MistralModel", MistralConfig(**_DECODER, sliding_window=4)),
    "qwen2": lambda: (
        "Qwen2Model",
        Qwen2Config(**_DECODER, use_sliding_window=True, sliding_window=4, max_window_layers=2),
    ),
    "qwen3": lambda: ("Qwen3Model", Qwen3Config(**_DECODER, head_dim=8)),
    "gemma2": lambda: ("Gemma2Model", Gemma2Config(**_DECODER, head_dim=8, sliding_window=4)),
    "gemma3": lambda: (
        "Gemma3TextModel",
        Gemma3TextConfig(**_DECODER, head_dim=8, sliding_window=4),
    ),
    "phi3": lambda: ("Phi3Model", Phi3Config(**_DECODER)),
    "mamba": lambda: (
        "MambaModel",
        MambaConfig(**_SMALL, hidden_size=32, state_size=4, num_hidden_layers=NUM_BLOCKS),
    ),
    "t5": lambda: (
        "T5EncoderModel",
        T5Config(**_SMALL, d_model=32, d_kv=8, d_ff=48, num_layers=NUM_BLOCKS, num_heads=4),
    ),
    "deberta-v2": lambda: (
        "DebertaV2Model",
        DebertaV2Config(
            **_ENCODER,
            relative_attention=True,
            position_biased_input=False,
            pos_att_type=["p2c", "c2p"],
            conv_kernel_size=3,
        ),
    ),
}

REFUSED: dict[str, Callable[[], tuple[str, object]]] = {
    "albert": lambda: ("AlbertModel", AlbertConfig(**_ENCODER, embedding_size=16)),
    "gemma3n": lambda: (
        "Gemma3nTextModel",
        Gemma3nTextConfig(
            **(_DECODER | {"num_hidden_layers": 10}),
            head_dim=8,
            vocab_size_per_layer_input=VOCABULARY,
            hidden_size_per_layer_input=8,
            num_kv_shared_layers=5,
            laurel_rank=4,
            altup_num_inputs=2,
            activation_sparsity_pattern=[0.0] * 10,
        ),
    ),
    "jamba": lambda: (
        "JambaModel",
        JambaConfig(
            **_DECODER,
            attn_layer_period=3,
            attn_layer_offset=1,
            expert_layer_period=2,
            expert_layer_offset=1,
            num_experts=2,
            mamba_d_state=4,
        ),
    ),
    "gpt2 scaled by position": lambda: (
        "GPT2Model",
        GPT2Config(**_SMALL, **_GPT2, scale_attn_by_inverse_layer_idx=True),
    ),
}


def build(recipe: Callable[[], tuple[str, object]]) -> nn.Module:
    """The random model of a recipe, seeded, in eval mode."""
    torch.manual_seed(0)
    name, config = recipe()
    model: nn.Module = getattr(transformers, name)(config)
    return model.eval()
