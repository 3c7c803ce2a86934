"""The job kind "tokens": every token of a few texts at every layer of one run's model."""

from typing import Any

from lrd_core.jobs.context import JobContext
from lrd_core.models.loading import Loading


def run_tokens(payload: dict[str, Any], context: JobContext) -> None:
    """Read `texts` (none: the first of its task) as the run `run_key` did, by the model `model`."""
    from lrd_core.runs.token_maps import read_token_maps

    report = read_token_maps(
        context.config,
        payload["run_key"],
        payload["texts"],
        model=payload["model"],
        loading=Loading(context.device),
        progress=context.progress,
    )
    context.log(f"{len(report.computed)} texts read, {len(report.cached)} were there")
