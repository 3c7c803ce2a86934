"""Results in one DuckDB file; large arrays are files beside it.

Importing this loads nothing: the queue of jobs is SQLite, and lists them without DuckDB.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lrd_core.store.connection import connect, store_version
    from lrd_core.store.keys import content_key, run_key

__all__ = ["connect", "content_key", "run_key", "store_version"]

_HOME = {"connect": "connection", "store_version": "connection"}
_HOME |= {"content_key": "keys", "run_key": "keys"}
"""The module of this package where each name is."""


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
