"""Results in one DuckDB file; large arrays are files beside it."""

from lrd_core.store.connection import connect, store_version
from lrd_core.store.keys import RunIdentity, content_key

__all__ = ["RunIdentity", "connect", "content_key", "store_version"]
