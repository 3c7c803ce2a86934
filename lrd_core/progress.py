"""How long work says where it is, without knowing who listens."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as progress(stage, done, total). It may raise JobCancelled, which stops the work."""


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
