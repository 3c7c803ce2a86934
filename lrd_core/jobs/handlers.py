"""Which function does which kind of job.

To add a kind: one entry. The function is called as f(payload, context) with the payload's
dictionary and a JobContext; its module is imported only inside the job's own process.
"""

import importlib
from collections.abc import Callable
from typing import Any

from lrd_core.errors import UnknownNameError
from lrd_core.jobs.context import JobContext

Handler = Callable[[dict[str, Any], JobContext], None]

HANDLERS: dict[str, str] = {
    "run": "lrd_core.jobs.sweep:run_sweep",
    "scores": "lrd_core.jobs.scoring:run_scores",
    "projection": "lrd_core.jobs.maps:run_projection",
    "cka": "lrd_core.jobs.maps:run_cka",
    "enough": "lrd_core.jobs.enough:run_enough",
    "tokens": "lrd_core.jobs.tokens:run_tokens",
    "place": "lrd_core.jobs.placing:run_place",
    "bring": "lrd_core.jobs.bringing:run_bring",
    "ask": "lrd_core.jobs.asking:run_ask",
    "take": "lrd_core.jobs.taking:run_take",
    "prune": "lrd_core.jobs.pruning:run_prune",
    "prune-plan": "lrd_core.jobs.pruning:run_plan",
    "prune-export": "lrd_core.jobs.pruning:run_export",
}


def load_handler(kind: str) -> Handler:
    """Import the function for a kind of job. Raises: UnknownNameError."""
    if kind not in HANDLERS:
        raise UnknownNameError("kind of job", kind, HANDLERS)
    module, _, name = HANDLERS[kind].partition(":")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler
