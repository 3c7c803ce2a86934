"""What `auto` means: device, dtype, pooling and length for one model on this machine."""

import os
from pathlib import Path
from typing import Any

import torch

from lrd_core.errors import InputError, ModelError
from lrd_core.models.specs import ModelSpec
from lrd_core.models.weights import read_json

DEFAULT_MAX_LENGTH = 512
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_BIG = 1_000_000_000
_NO_LIMIT = 1_000_000
_POOLINGS = ("mean", "cls", "lasttoken", "weightedmean")
_POOLING_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


def resolve_device(name: str) -> torch.device:
    """The device that a name means here; `auto` takes cuda, then mps, then cpu.

    Raises: InputError for a device that this machine or this torch does not have.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    kind, _, index = name.partition(":")
    if kind not in available or (index and not index.isdigit()):
        raise InputError(f"no device is called {name!r}; use auto, cpu, cuda, cuda:N or mps")
    if not available[kind]:
        raise InputError(
            f"device {name!r} was asked for, but torch finds none on this machine; "
            "use cpu or auto, or install the torch build that fits the device"
        )
    if kind == "cuda" and index and int(index) >= torch.cuda.device_count():
        raise InputError(f"no device {name!r}: this machine has {torch.cuda.device_count()}")
    return torch.device(name)


def resolve_dtype(name: str, device: torch.device, parameters: int | None = None) -> torch.dtype:
    """The dtype that a name means on a device.

    `auto` is float32, except bfloat16 off the CPU for models above a billion parameters.

    Raises: InputError for an unknown name.
    """
    if name == "auto":
        big = parameters is not None and parameters > _BIG
        return torch.bfloat16 if big and device.type != "cpu" else torch.float32
    if name not in DTYPES:
        raise InputError(f"no dtype is called {name!r}; use auto, {', '.join(DTYPES)}")
    return DTYPES[name]


def resolve_pooling(spec: ModelSpec, folder: Path, bidirectional: bool) -> str:
    """Pooling from the spec, else the folder's sentence-transformers settings, else by direction.

    A model whose last token has seen the whole text, and no other token has, is read there.

    Raises: ModelError if the settings ask for a pooling that does not exist here.
    """
    if spec.pooling is not None:
        return spec.pooling
    settings = read_json(folder / "1_Pooling" / "config.json")
    named = settings.get("pooling_mode")
    asked = [mode for flag, mode in _POOLING_FLAGS.items() if settings.get(flag)]
    pooling = named if isinstance(named, str) else asked[0] if len(asked) == 1 else None
    if pooling in _POOLINGS:
        return str(pooling)
    if settings:
        raise ModelError(
            f"{spec.name} pools by {named or asked or settings}, which is not one of "
            f"{', '.join(_POOLINGS)}; remove its 1_Pooling folder to use the default"
        )
    return "mean" if bidirectional else "lasttoken"


def resolve_max_length(
    spec: ModelSpec, model: torch.nn.Module, tokenizer: Any, folder: Path, asked: int | None
) -> int:
    """Tokens a text is cut to: what was asked, else 512 or the model's own limit, if lower.

    Raises: InputError for fewer than 1 token or more than the model has positions for; ModelError
        for a limit of the model's own that is no number of tokens.
    """
    most = positions(model)
    if asked is not None:
        if not 1 <= asked <= most:
            raise InputError(
                f"max_length {asked} does not fit {spec.name}: it reads 1 to {most} tokens"
            )
        return asked
    own = {
        "registry": spec.max_length,
        "model_max_length of its tokenizer": getattr(tokenizer, "model_max_length", None),
        "max_seq_length": read_json(folder / "sentence_bert_config.json").get("max_seq_length"),
    }
    limits = (_limit(spec.name, name, limit) for name, limit in own.items() if limit is not None)
    return min([DEFAULT_MAX_LENGTH, most, *limits])


def _limit(model: str, name: str, limit: Any) -> int:
    """Tokens, from a setting of the model. Raises: ModelError for what is no number of tokens."""
    # Tokenizers without a limit say so by a number of thirty digits.
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit >= 1:
        raise ModelError(
            f"{model} cuts texts at {str(limit)[:40]!r} tokens ({name}); correct that setting"
        )
    return int(min(limit, _NO_LIMIT))


def text_config(config: Any) -> Any:
    """The part of a configuration that describes the text model."""
    return config.get_text_config() if hasattr(config, "get_text_config") else config


def make_deterministic() -> None:
    """Ask torch for repeatable kernels, and for no more threads than this process has cores."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Only for finding bugs in torch itself, and it costs a write to every fresh tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    torch.set_num_threads(min(torch.get_num_threads(), cores or 1))


def positions(model: torch.nn.Module) -> int:
    """How many tokens a model has positions for; RoBERTa's table starts after its padding row."""
    config = getattr(model, "config", None)
    declared = getattr(text_config(config), "max_position_embeddings", None)
    # XLNet, whose positions are relative, says -1.
    if not declared or int(declared) < 1:
        return _NO_LIMIT
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    unused = getattr(table, "padding_idx", None)
    return int(declared) - (0 if unused is None else int(unused) + 1)
