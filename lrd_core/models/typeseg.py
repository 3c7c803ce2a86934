"""A bidirectional Mamba-1 over bytes, as the typeseg package trains it, for torch.

Published as NumPy code and weights; this is the same computation, in batches, with padding that
changes nothing. Importing this module makes `AutoConfig` and `AutoModel` know it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

MODEL_TYPE = "typeseg_mamba"
PAD_TOKEN_ID = 129
_LEAST_STEP = 1e-4

SIZES = {
    "vocab_size": 130,
    "hidden_size": 256,
    "num_hidden_layers": 6,
    "intermediate_size": 256,
    "state_size": 16,
    "time_step_rank": 16,
    "conv_kernel": 4,
    "layer_norm_epsilon": 1e-6,
}
"""Settings of the network as the published weights have them."""


class TypesegMambaConfig(PretrainedConfig):
    """Sizes of the network; those of the published weights unless given otherwise."""

    model_type = MODEL_TYPE

    def __init__(self, **settings: Any) -> None:
        for name, size in SIZES.items():
            setattr(self, name, settings.pop(name, size))
        pad_token_id = settings.pop("pad_token_id", PAD_TOKEN_ID)
        super().__init__(pad_token_id=pad_token_id, **settings)


def selective_scan(
    inputs: Tensor, steps: Tensor, keys: Tensor, queries: Tensor, decay: Tensor
) -> Tensor:
    """The Mamba recurrence s_t = exp(dt_t A) s_{t-1} + dt_t B_t u_t, read out as C_t s_t.

    Shape: inputs, steps (batch, tokens, width); keys, queries (batch, tokens, state); decay
    (width, state), negative; returns (batch, tokens, width).
    Source: Gu & Dao 2023, algorithm 2.
    """
    state = inputs.new_zeros(inputs.shape[0], *decay.shape)
    driven = inputs * steps
    outputs = []
    for step, drive, key, query in zip(
        steps.unbind(1), driven.unbind(1), keys.unbind(1), queries.unbind(1), strict=True
    ):
        state = torch.exp(step[..., None] * decay) * state + drive[..., None] * key[:, None, :]
        outputs.append((state @ query[..., None]).squeeze(-1))
    return torch.stack(outputs, dim=1)


class TypesegMambaBlock(nn.Module):
    """Norm, gated convolution and a scan in both directions, added to the residual stream."""

    def __init__(self, config: TypesegMambaConfig) -> None:
        super().__init__()
        width, state, rank = config.intermediate_size, config.state_size, config.time_step_rank
        self.split = [rank, state, state]
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_epsilon)
        self.in_proj = nn.Linear(config.hidden_size, 2 * width)
        self.conv1d = nn.Conv1d(width, width, config.conv_kernel, groups=width)
        self.x_proj = nn.Linear(width, rank + 2 * state)
        self.dt_proj = nn.Linear(rank, width)
        self.A_log = nn.Parameter(torch.zeros(width, state))
        self.D = nn.Parameter(torch.ones(width))
        self.out_proj = nn.Linear(width, config.hidden_size)

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """Shape: hidden_states (batch, tokens, hidden_size), attention_mask (batch, tokens)."""
        attended = attention_mask[..., None].to(hidden_states.dtype)
        u, gate = self.in_proj(self.norm(hidden_states)).chunk(2, dim=-1)
        # Padding must look like the empty space beyond the text: zero before the convolution
        # and, because the convolution has a bias, zero again before the scan.
        u = functional.silu(self._convolve(u * attended)) * attended
        raw_step, keys, queries = self.x_proj(u).split(self.split, dim=-1)
        steps = functional.softplus(self.dt_proj(raw_step)) + _LEAST_STEP
        ahead, back = selective_scan(
            _both_ways(u),
            _both_ways(steps),
            _both_ways(keys),
            _both_ways(queries),
            -self.A_log.exp(),
        ).chunk(2)
        scanned = ahead + back.flip(1) + 2 * self.D * u
        mixed: Tensor = self.out_proj(scanned * functional.silu(gate))
        return hidden_states + mixed

    def _convolve(self, u: Tensor) -> Tensor:
        beyond = self.conv1d.kernel_size[0] - 1
        padded = functional.pad(u.transpose(1, 2), (beyond // 2, beyond - beyond // 2))
        convolved: Tensor = self.conv1d(padded).transpose(1, 2)
        return convolved


def _both_ways(sequence: Tensor) -> Tensor:
    """The batch, and after it the same read from the end."""
    return torch.cat([sequence, sequence.flip(1)])


class TypesegMamba(PreTrainedModel):
    """The stack of blocks without the classifier; the final norm is `norm_f`."""

    config_class = TypesegMambaConfig
    base_model_prefix = "backbone"

    def __init__(self, config: TypesegMambaConfig) -> None:
        super().__init__(config)
        self.embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(
            TypesegMambaBlock(config) for _ in range(config.num_hidden_layers)
        )
        self.norm_f = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_epsilon)
        self.post_init()

    def get_input_embeddings(self) -> nn.Embedding:
        """The table of byte vectors."""
        return self.embeddings

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        output_hidden_states: bool = False,
        **_: Any,
    ) -> BaseModelOutput:
        """Shape: input_ids, attention_mask (batch, tokens).

        `hidden_states` are the embedding output and every block's, the last after the final norm.
        """
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        states = [self.embeddings(input_ids)]
        for block in self.layers:
            states.append(block(states[-1], attention_mask))
        states[-1] = self.norm_f(states[-1])
        return BaseModelOutput(
            last_hidden_state=states[-1],
            hidden_states=tuple(states) if output_hidden_states else None,
        )


AutoConfig.register(MODEL_TYPE, TypesegMambaConfig, exist_ok=True)
AutoModel.register(TypesegMambaConfig, TypesegMamba, exist_ok=True)
