"""Which devices this machine offers to jobs, asked without loading torch in this process."""

import functools
import os
import subprocess
import sys
from pathlib import Path

_PROBE = (
    "import torch; print(*[f'cuda:{i}' for i in range(torch.cuda.device_count())], "
    "*(['mps'] if torch.backends.mps.is_available() else []))"
)


def likely_accelerators() -> int:
    """How many accelerators there seem to be, from device files; costs nothing."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return len([name for name in visible.split(",") if name.strip() not in {"", "-1"}])
    if sys.platform == "darwin":
        return 1
    rocm = Path("/dev/kfd").exists()
    return len(list(Path("/dev").glob("nvidia[0-9]*"))) or int(rocm)


@functools.cache
def accelerators() -> tuple[str, ...]:
    """Device names that torch can use ("cuda:0", ...), asked in a process that ends at once."""
    if not likely_accelerators():
        return ()
    answer = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=120, check=False
    )
    return tuple(answer.stdout.split())


def offers() -> list[tuple[str, tuple[str, ...]]]:
    """Each device with the wishes it can meet; accelerators first.

    A machine with accelerators runs on its processor only what asked for that.
    """
    found = accelerators()
    on_cpu = ("cpu",) if found else ("auto", "cpu")
    return [(device, ("auto", "accelerator")) for device in found] + [("cpu", on_cpu)]
