"""What is decided by who starts the work, and not by what is measured: where a model is loaded,
and whose own code may run.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lrd_core.config import Config
from lrd_core.models.specs import ModelSpec

if TYPE_CHECKING:
    from lrd_core.models.load import LoadedModel


class Read(Protocol):
    """Settings of a run or of a trial, as far as they say how a model is loaded."""

    @property
    def dtype(self) -> str: ...

    @property
    def max_length(self) -> int | None: ...


@dataclass(frozen=True)
class Loading:
    """How models are loaded here; no number depends on it beyond rounding.

    device: auto, cpu, cuda, mps. allow_code: models whose own code may run, as load_model takes
    them.
    """

    device: str = "auto"
    allow_code: frozenset[str] = frozenset()

    def load(
        self, spec_or_name: ModelSpec | str, read: Read, config: Config, *, head: bool = False
    ) -> "LoadedModel":
        """The model as these settings read it. Raises: as load_model."""
        from lrd_core.models.load import load_model  # torch takes seconds

        return load_model(
            spec_or_name,
            device=self.device,
            dtype=read.dtype,
            max_length=read.max_length,
            allow_code=self.allow_code,
            config=config,
            head=head,
        )


USUAL = Loading()
