"""One forward pass of a model, watched: every call of every module with what went in and out."""

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lrd_core.errors import LrdError, ModelError
from lrd_core.models.batch import Batch

Place = int | str | None
"""Position or name of a tensor among arguments or in an output; None: it is the output."""


class OtherInputsError(ModelError):
    """The model does not run on what it was given: token ids and a mask, for a model of texts."""


@dataclass
class Call:
    """One call of one module, as a hook saw it."""

    module: nn.Module
    inputs: dict[Place, torch.Tensor]
    outputs: dict[Place, torch.Tensor]
    vectors: torch.Tensor | None
    """Its `last_hidden_state`, if it returns one."""


def run(model: nn.Module, batch: Batch, **more: Any) -> Any:
    """The model's output for one batch.

    Keys and values are not kept: at 7 billion parameters they would take gigabytes a batch.
    """
    if "use_cache" in _parameters(model):
        more["use_cache"] = False
    return model(**batch.inputs, **more)


def token_vectors(output: Any, mask: torch.Tensor) -> torch.Tensor | None:
    """(batch, positions, width) of what a model returned, whatever form that has; None if absent.

    mask: that of the batch; only its shape counts.
    """
    named = getattr(output, "last_hidden_state", None)
    if named is None and isinstance(output, Mapping):
        named = output.get("last_hidden_state")
    if named is None and not hasattr(output, "logits"):
        named = next((x for x in tensors(output).values() if per_token(x, mask)), None)
    return named if isinstance(named, torch.Tensor) and named.ndim == 3 else None


def vectors_within(output: Any, calls: list[Call], mask: torch.Tensor) -> torch.Tensor | None:
    """The model's vectors, or those below a head: of the outermost module that returns some."""
    own = token_vectors(output, mask)
    return (
        own
        if own is not None
        else next((call.vectors for call in reversed(calls) if call.vectors is not None), None)
    )


def own_states(output: Any) -> list[torch.Tensor]:
    for name in ("hidden_states", "encoder_hidden_states"):
        states = getattr(output, name, None)
        if isinstance(states, (tuple, list)):
            return [state for state in states if isinstance(state, torch.Tensor)]
    return []


def traced(model: nn.Module, batch: Batch) -> tuple[list[Call], Any]:
    """Every call of every submodule during one pass, in the order in which they returned."""
    calls: list[Call] = []

    def keep(module: nn.Module, args: Any, kwargs: dict[str, Any], output: Any) -> None:
        inputs = tensors(args) | tensors(kwargs)
        vectors = getattr(output, "last_hidden_state", None)
        calls.append(Call(module, inputs, tensors(output), vectors))

    handles = [
        module.register_forward_hook(keep, with_kwargs=True)
        for module in model.modules()
        if module is not model
    ]
    try:
        output = run_safely(model, batch, states=True)
    finally:
        for handle in handles:
            handle.remove()
    return calls, output


def run_safely(model: nn.Module, batch: Batch, states: bool = False) -> Any:
    """One pass; an error of the model's becomes ours, because own code may raise anything."""
    ask = states and "output_hidden_states" in _parameters(model)
    try:
        return run(model, batch, **({"output_hidden_states": True} if ask else {}))
    except LrdError:
        raise
    except Exception as error:
        if ask:  # some models refuse to tell their states and run all the same
            return run_safely(model, batch)
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        of_texts = "input_ids" in batch.inputs
        given = "texts" if of_texts else ", ".join(batch.inputs)
        others = "token ids" if of_texts else "these"
        raise OtherInputsError(
            f"{type(model).__name__} does not run on {given} alone: {reason[:200]}; "
            f"models that need other inputs than {others} cannot be read"
        ) from error


def tensors(found: Any) -> dict[Place, torch.Tensor]:
    """The floating-point tensors in an argument list or an output, by position or name."""
    if isinstance(found, torch.Tensor):
        return {None: found} if found.is_floating_point() else {}
    if isinstance(found, Mapping):
        items: Iterator[tuple[Any, Any]] = iter(found.items())
    elif isinstance(found, (tuple, list)):
        items = iter(enumerate(found))
    else:
        return {}
    return {k: v for k, v in items if isinstance(v, torch.Tensor) and v.is_floating_point()}


def per_token(found: torch.Tensor, mask: torch.Tensor) -> bool:
    return found.ndim == 3 and tuple(found.shape[:2]) == tuple(mask.shape)


def equal(a: torch.Tensor, b: torch.Tensor | None) -> bool:
    """Equal bit for bit; a model with NaN in it has the same anatomy."""
    if b is None or a.shape != b.shape or a.device != b.device:
        return False
    return a is b or bool(((a == b) | (a.isnan() & b.isnan())).all())


def _parameters(model: nn.Module) -> Mapping[str, Any]:
    return inspect.signature(model.forward).parameters
