"""What can be asked for, and what comes back. Plain values that travel as JSON; no torch."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from lrd_core.errors import InputError
from lrd_core.metrics.registry import UNASKED, Metric, select_metrics
from lrd_core.settings import USUAL_TOKEN_TEXTS, RunSettings
from lrd_core.store.metric_id import TOKEN_TEXTS, MetricId

FEWEST_TOKEN_TEXTS = 2
"""A mean over texts has an interval from two on."""


@dataclass(frozen=True)
class RunRequest:
    """One model on one task. `metrics`: names, groups, or variants (see MetricRequest)."""

    model: str
    task: str
    metrics: tuple[str, ...] = UNASKED
    settings: RunSettings = field(default_factory=RunSettings)

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"metrics": list(self.metrics)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "RunRequest":
        """Raises: InputError for fields that are missing or unknown."""
        try:
            settings = RunSettings(**values.get("settings", {}))
            metrics = tuple(values.get("metrics", UNASKED))
            return cls(str(values["model"]), str(values["task"]), metrics, settings)
        except (KeyError, TypeError) as error:
            raise InputError(f"this is no run request ({error}); see run --help") from error


@dataclass(frozen=True)
class MetricRequest:
    """A metric in one mode with full parameters, as it is computed and stored.

    token_texts: how many texts a metric of tokens reads at most, a seeded sample of them; 0 for
    all, as every metric does that reads no tokens. extent: how much of the result is computed, see
    Options; it names nothing, because it changes no number.
    """

    metric: Metric
    mode: str
    parameters: Mapping[str, Any]
    token_texts: int = 0
    extent: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> MetricId:
        # Left out where all texts are read, as in what was stored before there was a sample.
        sampled = {TOKEN_TEXTS: self.token_texts} if self.token_texts else {}
        parameters = {**self.parameters, **sampled}
        return MetricId.of(self.metric.name, self.metric.version, self.mode, parameters)

    @property
    def of_all(self) -> "MetricRequest":
        """The same over all texts of a run."""
        return replace(self, token_texts=0) if self.token_texts else self

    def among(self, n: int) -> "MetricRequest":
        """The same for a run of n items: a sample of at least as many is all of them."""
        return self.of_all if n <= self.token_texts else self

    @property
    def label(self) -> str:
        """The name as asked for: mode and parameters only where they are not the defaults."""
        changed = [
            f"{name}={value}"
            for name, value in self.parameters.items()
            if value != self.metric.parameters[name]
        ]
        return ":".join([self.metric.name, *[self.mode] * (self.mode != "exact"), *changed])

    def call(self, *args: Any, **kwargs: Any) -> Any:
        modes = {"mode": self.mode} if len(self.metric.modes) > 1 else {}
        return self.metric(*args, **dict(self.parameters), **modes, **self.extent, **kwargs)


def parse_metrics(names: Iterable[str]) -> tuple[MetricRequest, ...]:
    """Metrics for names such as lrd, nrs, prompt_entropy:published or dataset_entropy:alpha=2.

    A name or group may be followed by a mode and by parameters, each after a colon. A mode that
    a member of a group does not have leaves that member out. token_texts (0: all) is a parameter
    of those that read tokens; one that is named twice reads the most texts that were named.

    Raises: UnknownNameError for an unknown name; InputError for a parameter or mode that the
    metric does not have, or a number of texts that is none.
    """
    requests: dict[MetricId, MetricRequest] = {}
    for text in names:
        name, *options = text.strip().split(":")
        members = select_metrics((name,))
        mode, changes = _parse_options(text, options)
        reading = [entry for entry in members if entry.inputs == "tokens"]
        texts = _token_texts(text, changes) if reading else 0
        found = [
            MetricRequest(
                entry,
                mode,
                _changed(text, entry, changes),
                token_texts=texts * (entry in reading),
                extent=_extent(text, entry, changes),
            )
            for entry in members
            if mode in entry.modes
        ]
        if not found:
            raise InputError(
                f"{text!r}: {members[0].name} has the modes {', '.join(members[0].modes)}"
            )
        for request in found:
            named = requests.setdefault(request.of_all.id, request)
            if 0 < named.token_texts < (request.token_texts or math.inf) or request.extent:
                requests[request.of_all.id] = request
    return tuple(requests.values())


def with_token_texts(names: Iterable[str], texts: int) -> tuple[str, ...]:
    """These names of metrics, of which those of tokens read so many texts; 0: all.

    A name that says how many keeps to it. Raises: as parse_metrics.
    """
    if texts == USUAL_TOKEN_TEXTS:
        return tuple(names)
    _check_token_texts(f"token texts {texts}", texts)
    return tuple(_reading(name, texts) for name in names)


def _reading(text: str, texts: int) -> str:
    name, *options = text.strip().split(":")
    told = any(option.startswith(f"{TOKEN_TEXTS}=") for option in options)
    reads = any(entry.inputs == "tokens" for entry in select_metrics((name,)))
    return f"{text}:{TOKEN_TEXTS}={texts}" if reads and not told else text


@dataclass(frozen=True)
class RunReport:
    """What a run did. `computed` is empty when everything was in the store already."""

    run_key: str
    model: str
    task: str
    n: int
    n_total: int
    computed: tuple[str, ...]
    cached: tuple[str, ...]
    missing: tuple[str, ...]
    """Values stored as gaps, each with its reason."""
    seconds: float
    forward_seconds: float
    unsaved: int = 0
    """Finished pieces of work that are kept on disk until the store is free."""
    notes: tuple[str, ...] = ()
    """What was left out of the task's data on request."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _parse_options(text: str, options: list[str]) -> tuple[str, dict[str, Any]]:
    mode, changes = "exact", {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals:
            mode = option
            continue
        try:
            changes[key] = json.loads(value)
        except (ValueError, RecursionError):
            changes[key] = value
    return mode, changes


def _extent(text: str, metric: Metric, changes: Mapping[str, Any]) -> dict[str, str]:
    """What is asked for of how much is computed, where it is not the usual."""
    found = {name: changes[name] for name in metric.extent if name in changes}
    for name, value in found.items():
        if value not in metric.extent[name]:
            raise InputError(
                f"{text!r}: {name} of {metric.name} is one of {', '.join(metric.extent[name])}, "
                f"not {value!r}"
            )
    return {name: value for name, value in found.items() if value != metric.extent[name][0]}


def _token_texts(text: str, changes: dict[str, Any]) -> int:
    """How many texts are asked for, which is taken out of `changes`."""
    texts = changes.pop(TOKEN_TEXTS, USUAL_TOKEN_TEXTS)
    _check_token_texts(repr(text), texts)
    return int(texts)


def _check_token_texts(what: str, texts: Any) -> None:
    whole = isinstance(texts, int) and not isinstance(texts, bool)
    if not whole or not (texts == 0 or texts >= FEWEST_TOKEN_TEXTS):
        raise InputError(
            f"{what}: the texts whose tokens are read are {FEWEST_TOKEN_TEXTS} or more, or 0 for "
            f"all, not {texts!r}"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond any float
        return False


def _changed(text: str, metric: Metric, changes: Mapping[str, Any]) -> dict[str, Any]:
    changes = {name: value for name, value in changes.items() if name not in metric.extent}
    unknown = set(changes) - set(metric.parameters)
    if unknown:
        raise InputError(
            f"{text!r}: {metric.name} has no parameter {', '.join(sorted(unknown))}; "
            f"it has {', '.join(metric.parameters) or 'none'}"
        )
    for name, value in changes.items():
        default = metric.parameters[name]
        if _is_number(default) and not _is_number(value):
            raise InputError(
                f"{text!r}: {name} of {metric.name} is a number such as {default}, not {value!r}; "
                "put a colon before each parameter"
            )
        if _is_number(value) and not _is_finite(value):
            raise InputError(f"{text!r}: {name} of {metric.name} is no finite number")
    if metric.compares_pairs and changes.get("q", 2) != 2:
        raise InputError(f"{text!r}: {metric.name} compares two views; leave q at 2")
    given = dict(metric.parameters) | dict(changes)
    given.pop("mode", None)  # stored in a column of its own
    return given
