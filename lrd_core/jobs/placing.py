"""The kind "place": a typed text among the texts of a run.

Payload: run_key, text, model (how the run's model is found). The result is kept as a file that
the run and the text name.
"""

from typing import Any

from lrd_core.jobs.context import JobContext
from lrd_core.models.loading import Loading
from lrd_core.runs.placing import place_text


def run_place(payload: dict[str, Any], context: JobContext) -> None:
    """Place the text; one that was placed is not read again. Raises: as place_text."""
    placed = place_text(
        context.config,
        payload["run_key"],
        payload["text"],
        model=payload["model"],
        loading=Loading(context.device),
        progress=context.progress,
    )
    context.log(f"nearest texts found at {len(placed.rows)} layers")
