"""Results in one DuckDB file; large arrays are files beside it."""

from lrd_core.store.connection import connect, store_version
from lrd_core.store.keys import content_key, run_key

__all__ = ["connect", "content_key", "run_key", "store_version"]
