"""What is thought of work before it starts, whoever reckons it."""

from typing import Protocol


class Foreseen(Protocol):
    """How long work is thought to take: seconds, the range, in words, and what is asked first."""

    @property
    def seconds(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def sentence(self) -> str: ...
    @property
    def question(self) -> str: ...
