"""What may follow pooling in a sentence-transformers folder, as its settings describe it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lrd_core.errors import ModelError

ACTIVATIONS = frozenset(
    (
        *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity"),
        *("LeakyReLU", "LogSigmoid", "Mish", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid"),
        *("Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink"),
    )
)
"""Classes of torch.nn without weights, which sentence-transformers makes without arguments."""

_ACTIVATION_PACKAGES = ("torch.nn", "torch.nn.modules.activation", "torch.nn.modules.linear")
_STATE = ("module_input_name", "module_output_name")


@dataclass(frozen=True)
class Dense:
    """A linear map, its activation, and where asked for the input added again."""

    folder: Path
    in_features: int
    out_features: int
    bias: bool
    activation: str
    residual: bool

    def width(self, width: int) -> int:
        """Raises: ModelError for vectors of another width than it reads."""
        _refuse_width(self.folder, self.in_features, width)
        return self.out_features

    @property
    def label(self) -> str:
        return f"Dense {self.in_features} to {self.out_features}"


@dataclass(frozen=True)
class LayerNorm:
    """torch's layer normalisation over the whole vector."""

    folder: Path
    dimension: int

    def width(self, width: int) -> int:
        """Raises: ModelError for vectors of another width than it reads."""
        _refuse_width(self.folder, self.dimension, width)
        return width

    label = "LayerNorm"


@dataclass(frozen=True)
class Normalize:
    """Every vector divided by its length."""

    label = "Normalize"

    def width(self, width: int) -> int:
        return width


@dataclass(frozen=True)
class Dropout:
    """Nothing, outside of training."""

    share: float

    label = "Dropout"

    def width(self, width: int) -> int:
        return width


TailModule = Dense | LayerNorm | Normalize | Dropout


def read_tail_module(kind: str, folder: Path, settings: Mapping[str, Any]) -> TailModule:
    """One module after pooling.

    Raises: ModelError for a kind or a setting that is not known here.
    """
    if kind not in _READERS:
        raise ModelError(
            f"{folder.parent} has the module {kind}, which cannot be read; known after "
            f"pooling: {', '.join(_READERS)}"
        )
    return _READERS[kind](folder, settings)


def known_settings(folder: Path, settings: Mapping[str, Any], *known: str) -> None:
    """Raises: ModelError that names a setting which nothing here honours."""
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise ModelError(
            f"{folder} has the setting {unknown[0]} ({str(settings[unknown[0]])[:60]}), which is "
            "not known; take it out if it changes nothing"
        )


def whole_number(folder: Path, settings: Mapping[str, Any], name: str, least: int = 1) -> int:
    """A setting that counts something. Raises: ModelError for anything else."""
    value = settings.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ModelError(f"{folder} needs {name}, a whole number from {least}, not {value!r}")
    return value


def _read_dense(folder: Path, settings: Mapping[str, Any]) -> Dense:
    known_settings(
        folder,
        settings,
        *_STATE,
        *("in_features", "out_features", "bias", "activation_function", "use_residual"),
    )
    _only_the_pooled_state(folder, settings)
    return Dense(
        folder=folder,
        in_features=whole_number(folder, settings, "in_features"),
        out_features=whole_number(folder, settings, "out_features"),
        bias=bool(settings.get("bias", True)),
        activation=_activation(folder, settings.get("activation_function", "torch.nn.Tanh")),
        residual=bool(settings.get("use_residual", False)),
    )


def _activation(folder: Path, name: object) -> str:
    package, _, kind = str(name).rpartition(".")
    if package not in _ACTIVATION_PACKAGES or kind not in ACTIVATIONS:
        raise ModelError(
            f"{folder} has the activation function {str(name)[:80]!r}, which is not known; known "
            f"of torch.nn: {', '.join(sorted(ACTIVATIONS))}"
        )
    return kind


def _read_layer_norm(folder: Path, settings: Mapping[str, Any]) -> LayerNorm:
    known_settings(folder, settings, "dimension")
    return LayerNorm(folder, whole_number(folder, settings, "dimension"))


def _read_normalize(folder: Path, settings: Mapping[str, Any]) -> Normalize:
    known_settings(folder, settings, *_STATE)
    _only_the_pooled_state(folder, settings)
    return Normalize()


def _read_dropout(folder: Path, settings: Mapping[str, Any]) -> Dropout:
    known_settings(folder, settings, "dropout")
    return Dropout(float(settings.get("dropout", 0.2)))


def _only_the_pooled_state(folder: Path, settings: Mapping[str, Any]) -> None:
    for name in _STATE:
        if settings.get(name) not in (None, "sentence_embedding"):
            raise ModelError(
                f"{folder} works on {str(settings[name])[:60]!r} ({name}); only what works on the "
                "pooled state, sentence_embedding, can be read"
            )


def _refuse_width(folder: Path, reads: int, width: int) -> None:
    if reads != width:
        raise ModelError(
            f"{folder} reads vectors of width {reads}, but pooling gives {width}; use the model's "
            "own pooling or leave the tail out (tail none)"
        )


_READERS: dict[str, Callable[[Path, Mapping[str, Any]], TailModule]] = {
    "Dense": _read_dense,
    "LayerNorm": _read_layer_norm,
    "Normalize": _read_normalize,
    "Dropout": _read_dropout,
}
