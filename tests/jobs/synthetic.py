"""Handlers without a model, and the worker and child processes that know them.

python synthetic.py worker IDLE_S     python synthetic.py child ID CLAIM
"""

import itertools
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrd_core.config import load_config
from lrd_core.errors import NonFiniteError, StoreBusyError
from lrd_core.jobs import child, worker
from lrd_core.jobs.context import JobContext


def work_through_units(payload: dict[str, Any], context: JobContext) -> None:
    """Append one line a step to a file; at `stop_at` ("b forward") wait until `gate` is there."""
    trace = Path(payload["trace"])
    for unit in context.remaining(payload["units"]):
        for stage in payload.get("stages", ["forward"]):
            for step in range(5):
                context.progress(stage, step, 5)
                with trace.open("a") as lines:
                    lines.write(f"{unit} {stage} {step}\n")
                time.sleep(payload.get("pause", 0.02))
                while step == 2 and f"{unit} {stage}" == payload.get("stop_at"):
                    if Path(payload["gate"]).exists():
                        break
                    context.progress(stage, step, 5)
                    time.sleep(0.02)
        with trace.open("a") as lines:
            lines.write(f"{unit} stored\n")
        context.finish_unit(unit, 0.1)


def forever(payload: dict[str, Any], context: JobContext) -> None:
    """Report progress until cancelled."""
    for step in itertools.count():
        context.progress("forward", step, 10**6)
        time.sleep(0.05)


def deaf(payload: dict[str, Any], context: JobContext) -> None:
    """One endless call that never reports: only its process can be stopped."""
    context.progress("forward", 0, 1)
    while True:
        time.sleep(1)


def kill_itself(payload: dict[str, Any], context: JobContext) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(payload: dict[str, Any], context: JobContext) -> None:
    raise NonFiniteError("tiny-nan: NaN in layer 2 of text 7 (float16); try float32")


def busy_until(payload: dict[str, Any], context: JobContext) -> None:
    """Two units; the store is held by another process before the second until `gate` is there."""
    for unit in context.remaining(payload["units"]):
        if unit == "b" and not Path(payload["gate"]).exists():
            raise StoreBusyError("another process has held the store")
        with Path(payload["trace"]).open("a") as lines:
            lines.write(f"{unit}\n")
        context.finish_unit(unit, 0.1)


def note_down(payload: dict[str, Any], context: JobContext) -> None:
    with Path(payload["trace"]).open("a") as lines:
        lines.write(f"{payload['number']}\n")


def clock_goes_back(payload: dict[str, Any], context: JobContext) -> None:
    true_time = time.time
    time.time = lambda: true_time() - 86_400
    work_through_units(payload, context)


SYNTHETIC: dict[str, Callable[[dict[str, Any], JobContext], None]] = {
    function.__name__: function
    for function in (
        work_through_units,
        forever,
        deaf,
        kill_itself,
        refuse,
        busy_until,
        note_down,
        clock_goes_back,
    )
}


def main() -> int:
    if sys.argv[1] == "child":
        return child.main(sys.argv[2:], SYNTHETIC.__getitem__)
    if os.environ.get("SYNTHETIC_CLOCK") == "backwards":
        start = time.monotonic()
        time.time = lambda: 2e9 - 600 * (time.monotonic() - start)
    worker.BUSY_PAUSE_S = float(os.environ.get("SYNTHETIC_BUSY_PAUSE", worker.BUSY_PAUSE_S))
    command = (sys.executable, __file__, "child")
    worker.serve(worker.Worker(load_config(), idle_s=float(sys.argv[2]), child_command=command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
