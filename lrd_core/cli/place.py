"""`place`: where a typed text falls among the texts of a run, at every layer."""

import argparse
from typing import Any

from lrd_core.cli.options import add_allow_code, add_command, add_stored_run, loading_of
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `place` to the command line."""
    place = add_command(commands, "place", _place, "a text's neighbours among those of a run")
    add_stored_run(place)
    place.add_argument("--text", required=True, help="one's own")
    place.add_argument("--k", type=int, default=3, help="neighbours a layer (default 3)")
    place.add_argument("--device", default="auto", help="auto, cpu, cuda, mps (default auto)")
    add_allow_code(place)


def _place(arguments: argparse.Namespace, config: Config) -> Any:
    from lrd_core.runs.enough import newest_run
    from lrd_core.runs.placing import place_text
    from lrd_core.views.placed import nearest_table
    from lrd_core.views.token_view import model_to_load

    config.refuse_read_only("compute")
    key = newest_run(config, arguments.model, arguments.task, arguments.condition, arguments.run)
    found = place_text(
        config,
        key,
        arguments.text,
        model=model_to_load(config, key),
        loading=loading_of(arguments),
        progress=progress_bar(),
    )
    return nearest_table(config, key, found, arguments.k)
