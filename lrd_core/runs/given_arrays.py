"""Arrays that are there already as a run: checked, and named by their content."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from lrd_core.metrics.arrays import Array, check_finite, check_layers, compute_dtype, to_tensor
from lrd_core.models.specs import IN_MEMORY
from lrd_core.settings import RunIdentity
from lrd_core.store.keys import run_key
from lrd_core.store.runs import RunRecord
from lrd_core.tasks import TaskItems


def checked_layers(layers: Iterable[Array]) -> list[Any]:
    """All layers, each finite. Raises: MetricError naming layer and row."""
    given = check_layers(layers)
    for place, layer in enumerate(given):
        check_finite(to_tensor(layer, compute_dtype(layer)), f"layer {place}")
    return given


def record_of_arrays(layers: Sequence[Any], name: str, items: TaskItems | str) -> RunRecord:
    """The row that says whose numbers these are. items: what the rows are, or only their name."""
    n = len(layers[0])
    known = items if isinstance(items, TaskItems) else None
    spec = None if known is None else known.spec
    identity = RunIdentity(
        model=name,
        model_id=f"{IN_MEMORY}{name}",
        revision=f"{IN_MEMORY}{_digest(layers)}",
        task=str(items) if spec is None else spec.name,
        task_revision="not stated" if spec is None else spec.revision,
        split="not stated" if spec is None else spec.split,
        n=n,
        seed=0 if known is None else known.seed,
        max_length=0,
        pooling="as given",
        dtype=str(layers[0].dtype).removeprefix("torch."),
        device="not stated",
    )
    return RunRecord(
        **asdict(identity),
        run_key=run_key(identity),
        family="",
        num_blocks=len(layers) - 1,
        hidden_size=int(layers[-1].shape[1]),
        num_parameters=None,
        model_note="arrays that were given, read by no model here",
        task_type="texts" if spec is None else spec.type,
        n_total=n if known is None else known.n_total,
    )


def _digest(layers: Sequence[Any]) -> str:
    total = hashlib.sha256()
    for layer in layers:
        array = to_tensor(layer, compute_dtype(layer)).cpu().contiguous().numpy()
        total.update(f"{array.dtype} {array.shape}\n".encode())
        total.update(array.data)
    return total.hexdigest()[:32]
