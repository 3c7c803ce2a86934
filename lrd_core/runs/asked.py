"""What a run is asked to be, and what the store has of it: found without a model and torch."""

import functools
import importlib.metadata
from dataclasses import dataclass

from lrd_core.config import Config
from lrd_core.extraction.inputs import refuse_other_items
from lrd_core.models.code_permission import is_allowed
from lrd_core.models.loading import Loading
from lrd_core.models.specs import ModelSpec, find_model
from lrd_core.models.weights import WeightsFolder, locate_weights
from lrd_core.runs.request import MetricRequest, RunRequest
from lrd_core.runs.stored import known_run_key
from lrd_core.store.keys import content_key
from lrd_core.store.saving import Saver
from lrd_core.tasks import TaskItems, load_task

READING_VERSION = 2
"""Raised when the same files and settings may be read otherwise: pooling, length, tokens, code."""


@dataclass(frozen=True)
class Done:
    """What was done for a run. gaps: values stored as missing, each with its reason."""

    key: str
    computed: tuple[MetricRequest, ...] = ()
    gaps: tuple[str, ...] = ()
    forward_seconds: float = 0.0


@dataclass
class Asked:
    """A request, with the model and the items that it names as they are here.

    Raises: LrdError for a name that is not known, settings that the task cannot give, and a model
    that does not read such items or is not here, each when it is first asked for.
    """

    request: RunRequest
    config: Config
    loading: Loading
    saver: Saver

    @functools.cached_property
    def spec(self) -> ModelSpec:
        return find_model(self.request.model)

    @functools.cached_property
    def sample(self) -> TaskItems:
        """The items, of a kind that the model reads."""
        settings = self.request.settings
        spec = self.spec
        found = load_task(self.request.task, settings.n, settings.seed)
        refuse_other_items(spec, found.spec)
        return found

    @functools.cached_property
    def weights(self) -> WeightsFolder:
        allowed = is_allowed(self.spec, self.loading.allow_code)
        return locate_weights(self.spec, allow_code=allowed, config=self.config)

    @functools.cached_property
    def known_key(self) -> str | None:
        """The key of the run that an equal request led to; None if there was none."""
        return known_run_key(self.saver, self.named(self.weights.revision))

    def named(self, revision: str) -> str:
        """Names the request with the content it is about, so that an equal one need not load it.

        Everything is in it that settles what the run's identity is made of: a model read by
        another version of this project or of transformers may have another pooling or length.
        """
        major, minor, *_ = importlib.metadata.version("transformers").split(".")
        return content_key(
            {
                "settings": self.request.settings.described(),
                "weights": [self.spec.id, revision, self.spec.pooling],
                "task": [self.sample.spec.name, self.sample.spec.revision, self.sample.spec.split],
                "device": self.loading.device,
                "own_code": self.weights.own_code,
                "versions": [READING_VERSION, f"{major}.{minor}"],
            }
        )
