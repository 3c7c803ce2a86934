"""`models list` and `models fetch`."""

import argparse
from typing import Any

from lrd_core.cli.options import add_command
from lrd_core.cli.output import progress_bar
from lrd_core.config import Config


def add_to(commands: Any) -> None:
    """Add `models` to the command line."""
    models = commands.add_parser("models", help="list models, fetch packs")
    actions = models.add_subparsers(required=True, metavar="ACTION")
    add_command(actions, "list", _list, "every model in the registry")
    fetch = add_command(actions, "fetch", _fetch, "get packs: weights that need no hub")
    fetch.add_argument("name", nargs="+", help="pack names, see `models list`")
    fetch.add_argument("--accept-terms", action="store_true", help="accept a pack's own terms")


def _list(arguments: argparse.Namespace, config: Config) -> Any:
    import pandas as pd

    from lrd_core.models.packs import fetched_packs
    from lrd_core.models.specs import all_models

    fetched = set(fetched_packs(config))
    rows = [
        {
            "name": spec.name,
            "family": spec.family,
            "blocks": spec.num_blocks or "",
            "parameters": spec.parameters or "",
            "panels": " ".join(spec.panels),
            "weights": _weights(spec, fetched),
            "note": spec.note or ("custom code: refused unless allowed" * spec.custom_code),
        }
        for spec in all_models()
    ]
    return pd.DataFrame(rows)


def _weights(spec: Any, fetched: set[str]) -> str:
    if spec.pack is None:
        return "hub"
    return "here" if spec.pack in fetched else "pack: models fetch"


def _fetch(arguments: argparse.Namespace, config: Config) -> dict[str, str]:
    from lrd_core.models.packs import fetch_pack

    return {
        name: str(
            fetch_pack(name, config, accept_terms=arguments.accept_terms, progress=progress_bar())
        )
        for name in arguments.name
    }
