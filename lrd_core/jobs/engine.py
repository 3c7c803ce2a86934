"""Where the units of a sweep run: here, one after the other, or on a Ray cluster.

The unit is (model, task) in both. On a cluster each unit is one Ray task that works in a folder
of its own and returns its rows as a bundle; the driver is the only one that opens the store.
Embeddings stay on the node (they may be many gigabytes): what needs them later, maps and
pruning, asks for one run of that model here.
"""

import io
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lrd_core.config import INSTALLED, PROJECT_DIR, Config
from lrd_core.errors import InputError, LrdError
from lrd_core.extras import install_command
from lrd_core.jobs.estimate import duration_text, estimate_run
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.loading import Loading
from lrd_core.models.specs import find_model
from lrd_core.progress import Progress, silent
from lrd_core.runs import RunRequest
from lrd_core.runs.request import parse_metrics
from lrd_core.store.bundle import export_bundle, import_bundle
from lrd_core.store.connection import connect
from lrd_core.store.metric_id import has_all
from lrd_core.store.metric_values import finished_metrics
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS
from lrd_core.store.saving import PATIENCE_S

NODE_LOSSES = 3
"""How often Ray starts a unit again whose node or process was lost."""

GPU_SHARES = ((1e9, 0.25), (4e9, 0.5))
"""Parameters below which a model takes only a share of a GPU; larger ones take a whole one."""


@dataclass(frozen=True)
class PlannedUnit:
    """One unit of a sweep before it runs. `gpus`: share of a GPU it asks for."""

    request: RunRequest
    gpus: float
    seconds: float
    stored: bool

    @property
    def name(self) -> str:
        return f"{self.request.model} on {self.request.task}"

    def row(self) -> dict[str, Any]:
        """The unit as a line of the printed plan."""
        return {
            "unit": self.name,
            "gpus": self.gpus,
            "estimate": "in the store" if self.stored else duration_text(self.seconds),
        }


@dataclass(frozen=True)
class UnitResult:
    """How a unit ended: rows added to the store by table, or the error."""

    name: str
    added: dict[str, int]
    error: str | None = None


def plan_units(
    config: Config, requests: Sequence[RunRequest], *, gpus: bool, device: str | None = None
) -> list[PlannedUnit]:
    """What each unit will ask for and take, longest first. Raises: UnknownNameError."""
    units = []
    for request in requests:
        spec = find_model(request.model)
        seconds = estimate_run(
            config, [request.model], [request.task], request.metrics, request.settings, device
        ).seconds
        share = gpu_share(spec) if gpus else 0.0
        units.append(PlannedUnit(request, share, seconds, already_stored(config, request)))
    return sorted(units, key=lambda unit: -unit.seconds)


def gpu_share(spec: ModelSpec) -> float:
    """The part of a GPU that a model of this size asks for; a whole one if it is not known."""
    for limit, share in GPU_SHARES:
        if spec.parameters is not None and spec.parameters < limit:
            return share
    return 1.0


def already_stored(config: Config, request: RunRequest) -> bool:
    """Whether a stored run of this model, task and settings has every metric asked for.

    Settings that the request leaves to the model (pooling, max_length, dtype) match any value.
    """
    if not config.database.exists():
        return False
    spec, settings = find_model(request.model), request.settings
    fixed = asdict(settings) | {"model": spec.name, "task": request.task, "model_id": spec.id}
    fixed.pop("n")
    if settings.dtype == "auto":
        fixed.pop("dtype")
    wanted = parse_metrics(request.metrics)
    with connect(config, read_only=True) as connection:
        runs = read_table(connection, RUNS, **fixed)
        sizes = runs.n_total if settings.n is None else runs.n_total.clip(upper=settings.n)
        runs = runs[runs.n == sizes]
        for key, n in zip(runs.run_key, runs.n, strict=True):
            asked = [metric.among(int(n)).id for metric in wanted]
            if has_all(asked, finished_metrics(connection, key)):
                return True
    return False


def compute_bundle(
    request: dict[str, Any], allow_code: Sequence[str], packs_dir: str | None = None
) -> bytes:
    """Run one unit in a folder that is deleted afterwards; its rows as a tar of Parquet files.

    packs_dir: fetched model packs to read, if this node can see them.
    Raises: LrdError of the part that failed.
    """
    from lrd_core.runs.execute import execute_run

    with tempfile.TemporaryDirectory(prefix="lrd-unit-") as folder:
        config = Config(Path(folder))
        if packs_dir and Path(packs_dir).is_dir():
            config.packs_dir.symlink_to(packs_dir, target_is_directory=True)
        loading = Loading(allow_code=frozenset(allow_code))
        execute_run(RunRequest.from_json(request), config=config, loading=loading)
        bundle = Path(folder) / "bundle"
        with connect(config, read_only=True) as connection:
            export_bundle(connection, bundle)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(bundle, arcname=".")
        return packed.getvalue()


def store_bundle(config: Config, packed: bytes) -> dict[str, int]:
    """Add a unit's rows to the store in one transaction; returns rows added by table."""
    with tempfile.TemporaryDirectory(prefix="lrd-bundle-") as folder:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        # A node may have worked for hours on it: this waits as long as all work does.
        with connect(config, wait_s=PATIENCE_S) as connection:
            return import_bundle(connection, Path(folder))


def run_on_ray(
    config: Config,
    requests: Sequence[RunRequest],
    *,
    address: str | None = None,
    allow_code: Sequence[str] = (),
    progress: Progress = silent,
) -> list[UnitResult]:
    """Compute every unit that is not stored yet on a Ray cluster; results as they arrived.

    address: of a running cluster ("auto", "ray://host:10001"); None starts one on this machine.
    A unit whose node is lost is started again, three times at most; one that fails is reported
    and the others go on. Stopped half-way, the same command goes on with what is missing.

    Raises: InputError when ray is not installed.
    """
    ray = _ray()
    started_here = not ray.is_initialized()
    if started_here:
        ray.init(
            address=address,
            include_dashboard=False if address is None else None,
            log_to_driver=False,
            configure_logging=False,
            runtime_env=_local_project(config) if address is None else _shipped_project(),
        )
    try:
        gpus = ray.cluster_resources().get("GPU", 0) > 0
        units = plan_units(config, requests, gpus=gpus, device="cuda" if gpus else "cpu")
        waiting = [unit for unit in units if not unit.stored]
        return _collect(ray, config, waiting, allow_code, progress)
    finally:
        if started_here:
            ray.shutdown()


def _collect(
    ray: Any,
    config: Config,
    units: Sequence[PlannedUnit],
    allow_code: Sequence[str],
    progress: Progress,
) -> list[UnitResult]:
    remote = ray.remote(max_retries=NODE_LOSSES)(_unit_on_node)
    packs = str(config.packs_dir)
    pending = {
        remote.options(num_gpus=unit.gpus, num_cpus=1).remote(
            unit.request.to_json(), list(allow_code), packs
        ): unit
        for unit in units
    }
    results: list[UnitResult] = []
    try:
        while pending:
            progress("units on the cluster", len(results), len(units))
            done, _ = ray.wait(list(pending), timeout=1.0)
            for reference in done:
                results.append(_take(ray, config, reference, pending.pop(reference)))
    except BaseException:
        for reference in pending:
            ray.cancel(reference, force=True)
        raise
    progress("units on the cluster", len(results), max(len(units), 1))
    return results


def _take(ray: Any, config: Config, reference: Any, unit: PlannedUnit) -> UnitResult:
    try:
        packed, error = ray.get(reference)
    except ray.exceptions.RayError as lost:
        reason = f"its node or process was lost {NODE_LOSSES + 1} times ({type(lost).__name__})"
        return UnitResult(unit.name, {}, reason)
    if error is not None:
        return UnitResult(unit.name, {}, error)
    return UnitResult(unit.name, store_bundle(config, packed))


def _unit_on_node(
    request: dict[str, Any], allow_code: list[str], packs_dir: str
) -> tuple[bytes, str | None]:
    try:
        return compute_bundle(request, allow_code, packs_dir), None
    except LrdError as error:
        return b"", str(error)


def _local_project(config: Config) -> dict[str, Any]:
    found = {} if INSTALLED else {"PYTHONPATH": str(PROJECT_DIR)}
    return {"env_vars": found | {"LRD_DATA_DIR": str(config.data_dir)}}


def _shipped_project() -> dict[str, Any]:
    # Nodes of a real cluster get this very code; they need the requirements installed.
    if INSTALLED:
        return {"py_modules": [str(PROJECT_DIR / "lrd_core")]}
    return {"working_dir": str(PROJECT_DIR), "excludes": ["/data", "/.venv", "/.git", "/tests"]}


def _ray() -> Any:
    import os

    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        how = install_command("ray") if INSTALLED else "pip install -r requirements-ray.txt"
        raise InputError(f"the engine ray is not installed; run: {how}") from error
    return ray
