"""What a model applies after pooling: its Dense, LayerNorm and Normalize modules, frozen."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models.pipeline import Pipeline
from lrd_core.models.tail_modules import Dense, LayerNorm, Normalize, TailModule

_WEIGHTS = "model.safetensors"
_PICKLED = "pytorch_model.bin"


class Tail(nn.Module):
    """From pooled states to embeddings: every module in order, then the first values alone."""

    def __init__(self, modules: list[nn.Module], truncate_dim: int | None) -> None:
        super().__init__()
        self.steps = nn.Sequential(*modules)
        self.truncate_dim = truncate_dim
        self.eval().requires_grad_(False)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        """Shape: (n, pooled width) float32 -> (n, width)."""
        found: torch.Tensor = self.steps(pooled)
        return found[:, : self.truncate_dim]


def load_tail(pipeline: Pipeline, tail: str, pooled: int, device: torch.device) -> Tail | None:
    """The tail of a model in float32, for pooled states of this width; None for `none`.

    Raises: ModelRefusedError for pickled weights; ModelError for weights that are missing or of
        another shape, or for a width that the tail does not read.
    """
    if pipeline.resolve_tail(tail) == "none":
        return None
    pipeline.width(pooled, tail)
    found = Tail([_load(module) for module in pipeline.tail], pipeline.truncate_dim)
    found.to(device)
    return found


def check_tail(pipeline: Pipeline) -> None:
    """Raises: as load_tail, unless every module after pooling has weights that fit it."""
    for module in pipeline.tail:
        _load(module)


class _Dense(nn.Module):
    """Names of the parts are those of the weights file."""

    def __init__(self, settings: Dense) -> None:
        super().__init__()
        reads, gives = settings.in_features, settings.out_features
        self.linear = nn.Linear(reads, gives, bias=settings.bias)
        self.activation: nn.Module = getattr(nn, settings.activation)()
        self.adds = settings.residual
        if settings.residual and reads != gives:
            self.residual = nn.Linear(reads, gives, bias=False)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.activation(self.linear(pooled))
        if not self.adds:
            return found
        return found + (self.residual(pooled) if hasattr(self, "residual") else pooled)


class _LayerNorm(nn.Module):
    def __init__(self, settings: LayerNorm) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(settings.dimension)

    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.norm(pooled)
        return found


class _Normalize(nn.Module):
    def forward(self, pooled: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(pooled, dim=-1)


def _load(settings: TailModule) -> nn.Module:
    if isinstance(settings, Normalize):
        return _Normalize()
    if not isinstance(settings, Dense | LayerNorm):
        return nn.Identity()
    with torch.device("meta"):  # its size is only known to be true once the weights are there
        module = _Dense(settings) if isinstance(settings, Dense) else _LayerNorm(settings)
    weights = {name: value.float() for name, value in _weights(settings.folder).items()}
    expected = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in weights.items()}
    if found != expected:
        raise ModelError(
            f"{settings.folder / _WEIGHTS} holds {_listed(found)}, where its settings mean "
            f"{_listed(expected)}; fetch the model again"
        )
    module.load_state_dict(weights, assign=True)
    return module


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    file = folder / _WEIGHTS
    if not file.is_file() and (folder / _PICKLED).exists():
        raise ModelRefusedError(
            f"{folder} is refused: its weights are pickled ({_PICKLED}), and unpickling runs code; "
            "convert them to safetensors, or leave the tail out (tail none)"
        )
    try:
        found: dict[str, torch.Tensor] = load_file(file)
    except (OSError, SafetensorError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{file} cannot be read ({reason}); fetch the model again") from error
    return found


def _listed(shapes: Mapping[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {shape}" for name, shape in sorted(shapes.items())) or "nothing"
