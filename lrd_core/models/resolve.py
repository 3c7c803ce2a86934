"""What `auto` means: device, dtype, pooling and length for one model on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from lrd_core.errors import InputError
from lrd_core.models.pipeline import Pipeline
from lrd_core.models.specs import ModelSpec
from lrd_core.models.tokens import NO_LIMIT, TOKENIZERS_LIMIT, tokens_at_most
from lrd_core.settings import DTYPES

DEFAULT_MAX_LENGTH = 512
_BIG = 1_000_000_000


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
    found: torch.dtype = getattr(torch, name)
    return found


def resolve_pooling(spec: ModelSpec, pipeline: Pipeline, bidirectional: bool) -> str:
    """Pooling from the spec, else the folder's sentence-transformers settings, else by direction.

    A model whose last token has seen the whole text, and no other token has, is read there.
    """
    by_direction = "mean" if bidirectional else "lasttoken"
    return spec.pooling or pipeline.pooling or by_direction


def resolve_max_length(
    spec: ModelSpec, model: torch.nn.Module, tokenizer: Any, pipeline: Pipeline, asked: int | None
) -> int:
    """Tokens a text is cut to: what was asked, else 512 or the model's own limit, if lower.

    A pipeline's own length counts in place of the tokenizer's.
    Raises: InputError for fewer tokens than a text needs beside those that the tokenizer adds, or
        more than the model has positions for; ModelError for a limit of the model's own that is no
        number of tokens.
    """
    most = positions(model)
    if asked is not None:
        added = _added_tokens(tokenizer)
        if not added + 1 <= asked <= most:
            around = f", {added} of them around the text" if added else ""
            raise InputError(
                f"max_length {asked} does not fit {spec.name}: it reads {added + 1} to {most} "
                f"tokens{around}"
            )
        return asked
    declared = pipeline.settings.max_length
    replaced = declared is not None and bool(pipeline.modules)
    tokenizers = None if replaced else getattr(tokenizer, "model_max_length", None)
    own = {"registry": spec.max_length, TOKENIZERS_LIMIT: tokenizers, "max_seq_length": declared}
    limits = (
        tokens_at_most(spec.name, name, limit) for name, limit in own.items() if limit is not None
    )
    return min([DEFAULT_MAX_LENGTH, most, *limits])


def _added_tokens(tokenizer: Any) -> int:
    """How many tokens the tokenizer puts around every text; it cuts no text to fewer."""
    count = getattr(tokenizer, "num_special_tokens_to_add", None)
    return int(count()) if callable(count) else 0


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


@contextmanager
def repeatable() -> Iterator[None]:
    """Within, torch is as `make_deterministic` leaves it; then as it was, for whoever goes on."""
    strict = torch.are_deterministic_algorithms_enabled()
    warns = torch.is_deterministic_algorithms_warn_only_enabled()
    fills = torch.utils.deterministic.fill_uninitialized_memory
    threads = torch.get_num_threads()
    make_deterministic()
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(strict, warn_only=warns)
        torch.utils.deterministic.fill_uninitialized_memory = fills
        torch.set_num_threads(threads)


def positions(model: torch.nn.Module) -> int:
    """How many tokens a model has positions for; RoBERTa's table starts after its padding row."""
    config = getattr(model, "config", None)
    declared = getattr(text_config(config), "max_position_embeddings", None)
    # XLNet, whose positions are relative, says -1.
    if not declared or int(declared) < 1:
        return NO_LIMIT
    table = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    unused = getattr(table, "padding_idx", None)
    return int(declared) - (0 if unused is None else int(unused) + 1)
