"""Where, inside a block, the hidden state after attention can be read."""

from torch import nn

from lrd_core.errors import ModelError

MLP_ENTRIES = (
    "pre_feedforward_layernorm",  # Gemma 2 and 3
    "post_attention_layernorm",  # Llama, Mistral, Qwen, Phi-3, sequential GPT-NeoX
    "ln_2",  # GPT-2
    "mlp_norm",  # ModernBERT
    "intermediate",  # BERT, RoBERTa, MPNet: attention ends with its own add and norm
    "ffn",  # DistilBERT
)
"""The module whose input is the hidden state after attention, by name, first match wins."""


def after_attention(block: nn.Module, config: object) -> nn.Module:
    """The submodule whose input is the hidden state between attention and MLP.

    Raises: ModelError where no such point exists: attention and MLP in parallel (GPT-NeoX,
    Falcon), or no attention at all (Mamba).
    """
    if getattr(config, "use_parallel_residual", False) or getattr(config, "parallel_attn", False):
        raise ModelError(
            "attention and MLP of this model run in parallel, so there is no hidden state "
            "between them; use capture='block'"
        )
    children = dict(block.named_children())
    for name in MLP_ENTRIES:
        if name in children:
            return children[name]
    if isinstance(children.get("layer"), nn.ModuleList):  # T5: [self-attention, feed-forward]
        return children["layer"][-1]
    raise ModelError(
        f"no hidden state between attention and MLP is known for {type(block).__name__}; "
        "use capture='block'"
    )
