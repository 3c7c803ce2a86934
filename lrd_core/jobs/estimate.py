"""How long work will take, said before it starts, from what this machine did before.

Cost model, in floating point operations: a forward pass takes 2 x parameters of the blocks for
each token, which are about 12 x blocks x hidden_size^2 (Kaplan et al. 2020), over the texts and
the augmented views that the metrics ask for; token metrics take 2 x tokens^2 x hidden_size + 20 x
tokens^3 for each text and layer (a Gram matrix and its eigenvalues), neighbour lists 2 x texts^2 x
hidden_size for each layer, times what the asked pooled metrics cost beside those of a run that
names none. The rate (operations a second) is measured after every job and kept
with the queue; its spread gives the range.
"""

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lrd_core.config import Config
from lrd_core.errors import InputError, LrdError
from lrd_core.metrics.registry import UNASKED, Reads
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.specs import all_models, find_model
from lrd_core.numbers import counted
from lrd_core.runs import RunReport, RunRequest
from lrd_core.runs.request import MetricRequest, parse_metrics
from lrd_core.runs.views import views_wanted
from lrd_core.settings import RunSettings
from lrd_core.store import rates as store
from lrd_core.store.queue_file import connect
from lrd_core.tasks import all_tasks

TOKENS_A_TEXT = 150
"""Assumed mean length before cutting; the measured rates absorb a task's own length."""

DEFAULT_RATES = {"cpu": 1e11, "mps": 5e11, "cuda": 3e13}
"""Operations a second before anything was measured: two laptop cores, an Apple GPU, and a
data-centre GPU at the low utilisation of small batches."""

UNMEASURED_SPREAD = 3.0
LOAD_BYTES_A_SECOND = 1e9
START_SECONDS = 8.0
"""Starting a process and importing torch and transformers."""

MAPS_START_S = 15.0
"""Compiling what draws maps, once in every process."""

ALL_TEXTS = 5000
"""Assumed number of texts where a run takes all of a task."""

UNKNOWN_PARAMETERS = 3e8

ASK_ABOVE_S = 60.0
"""Work that is thought to take longer is not started by one press of a button."""


@dataclass(frozen=True)
class Work:
    """What one unit has to do; operations are floating point operations."""

    texts: int
    tokens: int
    parameters: float
    forward: float
    metrics: float
    weights_bytes: float


@dataclass(frozen=True)
class Estimate:
    """Seconds with a range, what the range rests on, and the amount of work behind it."""

    seconds: float
    low: float
    high: float
    measurements: int
    texts: int
    tokens: int
    units: int
    device: str = "cpu"

    @property
    def question(self) -> str:
        """What is asked before it starts where it is long, else ""."""
        what = (
            f"{self.units:,} {'pair' if self.units == 1 else 'pairs'} of model and task, "
            f"{self.texts:,} texts"
        )
        where = "this processor" if self.device == "cpu" else f"the {self.device} device"
        return question(what, self.seconds, self.low, self.high, where)

    @property
    def sentence(self) -> str:
        """The estimate in words, with what it is based on."""
        basis = (
            f"from {self.measurements} earlier {'run' if self.measurements == 1 else 'runs'} here"
            if self.measurements
            else "a guess: nothing was measured on this machine yet"
        )
        return (
            f"about {duration_text(self.seconds)} ({duration_text(self.low)} to "
            f"{duration_text(self.high)}; {counted(self.texts, 'text')}, reckoned as "
            f"{self.tokens:,} tokens, up to {TOKENS_A_TEXT} of each and of each changed copy that "
            f"metrics ask for; {basis})"
        )


def work_of(spec: ModelSpec, settings: RunSettings, metrics: Sequence[str] = ()) -> Work:
    """The work of one model on one task. Raises: UnknownNameError for an unknown metric."""
    texts = settings.n or ALL_TEXTS
    asked = _asked(tuple(metrics), texts)
    limit = settings.max_length or min(spec.max_length or 512, 512)
    length = min(TOKENS_A_TEXT, limit)
    parameters = spec.parameters or UNKNOWN_PARAMETERS
    layers = (spec.num_blocks or 12) + 1
    width = spec.hidden_size or 768
    known_shape = spec.num_blocks and spec.hidden_size
    in_blocks = 12 * (layers - 1) * width**2 if known_shape else parameters
    forward = 2.0 * in_blocks * (texts + asked.views) * length
    forward += asked.tokens * layers * (2.0 * length**2 * width + 20.0 * length**3)
    return Work(
        texts=texts,
        tokens=(texts + asked.views) * length,
        parameters=parameters,
        forward=forward,
        metrics=asked.pooled * layers * 2.0 * texts**2 * width,
        weights_bytes=2.0 * parameters,
    )


@dataclass(frozen=True)
class _Asked:
    """What metrics ask for: views a text, and the cost of token and of pooled metrics.

    tokens: summed over the texts that each metric reads. pooled: beside what a run computes that
    names no metric.
    """

    views: int
    tokens: float
    pooled: float


@functools.lru_cache(maxsize=64)
def _asked(metrics: tuple[str, ...], texts: int) -> _Asked:
    wanted = parse_metrics(metrics)
    views = views_wanted([entry for entry in wanted if entry.metric.reads == "views"], texts)
    pooled = _cost(wanted, "pooled") / _cost(parse_metrics(UNASKED), "pooled")
    reading = [one.among(texts) for one in wanted if one.metric.reads == "tokens"]
    tokens = sum(one.metric.cost * (one.token_texts or texts) for one in reading)
    return _Asked(len(views), tokens, pooled if metrics else 1.0)


def _cost(wanted: Iterable[MetricRequest], reads: Reads) -> float:
    return sum(entry.metric.cost for entry in wanted if entry.metric.reads == reads)


def estimate_run(
    config: Config,
    models: Sequence[str],
    tasks: Sequence[str],
    metrics: Sequence[str],
    settings: RunSettings,
    device: str | None = None,
) -> Estimate:
    """Time for models x tasks, one after the other, as if nothing of it were in the store yet.

    device: "cpu", "cuda" or "mps"; None takes the kind this machine measured last.
    Raises: UnknownNameError for a model that is not registered and no hub id.
    """
    work = [work_of(find_model(name), settings, metrics) for name in models for _ in tasks]
    kind = device or last_device(config)
    return _priced(work, kind, measured_rates(config, kind))


def with_maps(estimate: Estimate, models: Sequence[str], texts: int) -> Estimate:
    """The same work with the maps of every run drawn too.

    texts: of a run. Raises: UnknownNameError for a model that is not registered and no hub id.
    """
    seconds = sum(map_seconds(find_model(name).num_blocks or 12, texts) for name in models)
    return replace(
        estimate,
        seconds=estimate.seconds + seconds,
        low=estimate.low + seconds / UNMEASURED_SPREAD,
        high=estimate.high + seconds * UNMEASURED_SPREAD,
    )


def map_seconds(num_blocks: int, texts: int) -> float:
    """How long the maps of a run take: 1 s a layer of 1,000 texts on two cores, once compiled."""
    return MAPS_START_S + (num_blocks + 1) * texts / 1000


def panel_estimate(
    config: Config,
    gpus: int,
    *,
    device: str = "cuda",
    metrics: Sequence[str] = RunRequest.metrics,
    settings: RunSettings | None = None,
) -> Estimate:
    """The LRD panel (31 models x 30 tasks) on `gpus` GPUs, longest units first.

    Raises: InputError for fewer than one GPU.
    """
    if gpus < 1:
        raise InputError(f"the panel cannot run on {gpus} GPUs; give 1 or more")
    models = [spec for spec in all_models() if "lrd" in spec.panels]
    tasks = [spec for spec in all_tasks() if "lrd" in spec.panels]
    settings = settings or RunSettings()
    work = [work_of(spec, settings, metrics) for spec in models for _ in tasks]
    return _priced(work, device, measured_rates(config, device), lanes=gpus)


def record_rates(config: Config, device: str, request: RunRequest, report: RunReport) -> None:
    """Keep how fast a finished run was; runs that computed nothing teach nothing."""
    if not report.computed or report.forward_seconds < 0.05:
        return
    try:
        work = work_of(find_model(request.model), request.settings, report.computed)
    except LrdError:
        return
    scale = report.n / work.texts
    rows = [("forward", work.forward * scale, report.forward_seconds)]
    rest = report.seconds - report.forward_seconds
    if rest > 0 and work.metrics > 0:
        rows.append(("metrics", work.metrics * scale, rest))
    with connect(config.jobs_database) as connection:
        store.add_rates(connection, device.partition(":")[0], rows)


def measured_rates(config: Config, device: str, newest: int = 30) -> dict[str, list[float]]:
    """Operations a second of the newest runs on a kind of device, for forward and metrics."""
    rates: dict[str, list[float]] = {"forward": [], "metrics": []}
    if config.jobs_database.exists():
        with connect(config.jobs_database) as connection:
            for kind in rates:
                rates[kind] = store.newest_rates(connection, device, kind, newest)
    return rates


def last_device(config: Config) -> str:
    """The kind of device that ran last here; "cpu" before any run."""
    if not config.jobs_database.exists():
        return "cpu"
    with connect(config.jobs_database) as connection:
        return store.last_device(connection) or "cpu"


def duration_text(seconds: float) -> str:
    """A duration in one or two units: "12 s", "4 min", "3 h 20 min", "2 days 4 h"."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = seconds / 60
    if minutes < 90:
        return f"{minutes:.0f} min"
    hours, rest = divmod(round(minutes), 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{hours // 24} days {hours % 24} h"


def question(what: str, seconds: float, low: float, high: float, where: str) -> str:
    """What is asked before long work; "" for work that is over in a minute.

    what: models, tasks and how many of what is tried. where: the device in words.
    """
    if seconds <= ASK_ABOVE_S:
        return ""
    return (
        f"{what}: about {duration_text(seconds)} ({duration_text(low)} to {duration_text(high)}) "
        f"on {where}. Start it?"
    )


def rate_range(rates: Sequence[float], device: str) -> tuple[float, float, float]:
    """Operations a second: the middle, the slowest and the fastest to reckon with.

    rates: measured here. Fewer than three say little of how they spread: a factor each way then.
    """
    found = rates or [DEFAULT_RATES.get(device, DEFAULT_RATES["cpu"])]
    middle = _median(found)
    if len(rates) >= 3:
        return middle, min(found), max(found)
    return middle, middle / UNMEASURED_SPREAD, middle * UNMEASURED_SPREAD


def _priced(
    work: Sequence[Work], device: str, rates: dict[str, list[float]], lanes: int = 1
) -> Estimate:
    ranges = {kind: rate_range(found, device) for kind, found in rates.items()}

    def total(pick: dict[str, float]) -> float:
        units = (
            unit.forward / pick["forward"]
            + unit.metrics / pick["metrics"]
            + unit.weights_bytes / LOAD_BYTES_A_SECOND
            for unit in work
        )
        return START_SECONDS + _longest_lane(units, lanes)

    middle, slow, fast = (
        {kind: three[place] for kind, three in ranges.items()} for place in range(3)
    )
    return Estimate(
        seconds=total(middle),
        low=total(fast),
        high=total(slow),
        measurements=len(rates["forward"]),
        texts=sum(unit.texts for unit in work),
        tokens=sum(unit.tokens for unit in work),
        units=len(work),
        device=device,
    )


def _longest_lane(seconds: Iterable[float], lanes: int) -> float:
    """Finishing time when the longest units go first, each to the lane that is free first."""
    free = [0.0] * lanes
    for duration in sorted(seconds, reverse=True):
        earliest = free.index(min(free))
        free[earliest] += duration
    return max(free)


def _median(values: Sequence[float]) -> float:
    """The geometric middle: rates differ by factors, not by sums."""
    return math.exp(sum(math.log(value) for value in values) / len(values))
