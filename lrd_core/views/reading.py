"""How views read their parts: from the store, or through a page that remembers them."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from lrd_core.config import Config

R = TypeVar("R")


class Read(Protocol):
    """Calls a reading function with the configuration first; what it gives is to be read only."""

    def __call__(self, function: Callable[..., R], *arguments: Any) -> R: ...


def reading(config: Config) -> Read:
    """Reads from the store each time."""

    def read(function: Callable[..., R], *arguments: Any) -> R:
        return function(config, *arguments)

    return read
