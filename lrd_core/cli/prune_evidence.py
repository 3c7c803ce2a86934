"""`prune-evidence`: the bundled pruning results, made again."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config
from lrd_core.numbers import whole


def add_to(commands: Any) -> None:
    """Add `prune-evidence` to the command line."""
    evidence = add_command(
        commands, "prune-evidence", _evidence, "remake the bundled pruning results; resumable"
    )
    evidence.add_argument("--model", action="append", default=[], help="only these")
    evidence.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")


def _evidence(arguments: argparse.Namespace, config: Config) -> list[str] | None:
    from lrd_core.pruning.evidence import run_evidence

    lines = []
    for report in run_evidence(
        config, arguments.model, device=arguments.device, progress=progress_bar()
    ):
        line = (
            report
            if isinstance(report, str)
            else f"{report.model} on {report.task}: {report.scored} variants scored, "
            f"{report.known} known, {whole(report.seconds)} s"
        )
        if not arguments.json:
            print(line, flush=True)
        lines.append(line)
    return lines if arguments.json else None
