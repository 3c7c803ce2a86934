"""Models and tasks that somebody chose to find again: one small file beside the store."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from lrd_core.config import Config
from lrd_core.disk import whole_file

Kind = Literal["models", "tasks"]

MOST = 400
"""Names of a kind that are kept."""


def favourites(config: Config, kind: Kind) -> tuple[str, ...]:
    """The kept names of a kind in their order; none where the file is missing or broken."""
    return tuple(_read(config).get(kind, ()))


def keep_favourites(config: Config, kind: Kind, names: Sequence[str]) -> None:
    """Keep these names instead of those that were kept; none forgets them.

    Raises: JobError on a read-only installation; UnwritableError where the file cannot be written.
    """
    config.refuse_read_only("keep favourites")
    kept = _read(config) | {kind: list(dict.fromkeys(names))[:MOST]}
    with whole_file(config.data_dir / "favourites.json") as path:
        path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def _read(config: Config) -> dict[str, list[str]]:
    try:
        found: Any = json.loads((config.data_dir / "favourites.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    kinds = {kind: found.get(kind) for kind in ("models", "tasks")}
    return {
        kind: [name for name in names if isinstance(name, str)]
        for kind, names in kinds.items()
        if isinstance(names, list)
    }
