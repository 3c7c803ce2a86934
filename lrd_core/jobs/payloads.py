"""What jobs are given: equal work has an equal payload, so that it is queued once."""

from collections.abc import Sequence
from typing import Any

from lrd_core.runs import RunRequest
from lrd_core.settings import RunSettings


def run_payload(
    models: Sequence[str],
    tasks: Sequence[str],
    metrics: Sequence[str],
    settings: RunSettings,
    allow_code: Sequence[str] = (),
    *,
    maps: bool = False,
) -> dict[str, Any]:
    """What a job of kind "run" is given; equal choices give equal payloads.

    maps: whether the maps of every run are drawn too.
    """
    example = RunRequest("", "", tuple(metrics), settings).to_json()
    payload = {
        "models": list(models),
        "tasks": list(tasks),
        "metrics": example["metrics"],
        "settings": example["settings"],
    }
    payload |= {"maps": True} if maps else {}
    return payload | ({"allow_code": list(allow_code)} if allow_code else {})
