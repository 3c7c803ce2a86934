"""How a pass reads items: everything but the items and the model."""

from dataclasses import dataclass
from typing import TypedDict

from lrd_core.errors import InputError
from lrd_core.tasks.conditions import Condition

FINAL_NORMS = ("hf", "raw", "all")
CAPTURES = ("block", "attention")


@dataclass(frozen=True)
class PassSettings:
    """How items are read and pooled at every layer.

    pooling: None for the model's own. final_norm: hf, raw (last block's own output) or all (the
    final norm on every layer). capture: block, or attention (the hidden state between attention
    and MLP of each block). tail: none, or all (every layer goes through what the model applies
    after pooling, such as a Dense). condition: a transform of the token ids, seeded by `seed` and
    an item's place. max_length: positions an item is cut at; None for the model's own.

    Raises: InputError for a final norm or capture that does not exist.
    """

    pooling: str | None = None
    final_norm: str = "hf"
    capture: str = "block"
    tail: str = "none"
    condition: Condition | None = None
    seed: int = 0
    prompt: str = ""
    max_length: int | None = None

    def __post_init__(self) -> None:
        _check(self.final_norm, FINAL_NORMS, "final_norm")
        _check(self.capture, CAPTURES, "capture")


class PassChanges(TypedDict, total=False):
    """The same settings as keywords."""

    pooling: str | None
    final_norm: str
    capture: str
    tail: str
    condition: Condition | None
    seed: int
    prompt: str
    max_length: int | None


def _check(value: str, known: tuple[str, ...], name: str) -> None:
    if value not in known:
        raise InputError(f"{name} is {value!r}; choose one of {', '.join(known)}")
