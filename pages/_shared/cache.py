"""What was read stays until the store changes.

Pages call `read(function, ...)` with a reading function of lrd_core.views:

    runs = cache.read(results.runs)
    values = cache.read(depth.read_values, run_keys, ["speed"])

The function gets the configuration first, then the arguments. Results are kept by the store's
version, so new numbers appear on the next rerun and old ones are dropped. All visitors share
them: a table comes as a lazy copy, which pandas separates when it is written to; anything else
is to be read only. What is kept is bounded by number and by size, whatever addresses are visited.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from lrd_core.actions import bundled, clean_up
from lrd_core.config import Config, load_config
from lrd_core.views import stored as results
from pages._shared.sizes import bytes_of

R = TypeVar("R")

MOST_ENTRIES = 48
MOST_BYTES = 192 * 2**20
LARGE = 2**20
"""Smaller things are bounded by their number alone."""


@dataclass
class _Kept:
    """One thing that was read. counted: whether it is among the large ones that are kept."""

    value: Any
    size: int
    counted: bool = False


_large: deque[tuple[int, tuple[Any, ...]]] = deque()
"""Size and key of the large things that are kept, the oldest first."""

_counting = Lock()


def read(function: Callable[..., R], *arguments: Any, **named: Any) -> R:
    """`function(config, *arguments, **named)`, remembered until the store changes.

    The arguments must be plain values (text, numbers, lists, tuples, dictionaries, tables).
    """
    config = load_config()
    version = f"{config.database}:{results.store_version(config)}"
    name = f"{function.__module__}.{function.__qualname__}"
    key = (version, name, function, config, arguments, named)
    kept = _read(*key)
    if kept.size >= LARGE and not kept.counted:
        _make_room(kept, key)
    value: R = kept.value
    return value.copy(deep=False) if isinstance(value, pd.DataFrame) else value


@st.cache_resource(max_entries=MOST_ENTRIES, show_spinner=False)
def _read(
    version: str,
    name: str,
    _function: Callable[..., Any],
    _config: Config,
    arguments: tuple[Any, ...],
    named: dict[str, Any],
) -> _Kept:
    value = _function(_config, *arguments, **named)
    return _Kept(value, bytes_of(value))


def _make_room(kept: _Kept, key: tuple[Any, ...]) -> None:
    """Count a large thing that is new, and forget the oldest ones beyond MOST_BYTES."""
    with _counting:
        if kept.counted:  # another visitor's run was first
            return
        kept.counted = True
        _large.append((kept.size, key))
        gone = []
        while sum(size for size, _ in _large) > MOST_BYTES and _large:
            gone.append(_large.popleft()[1])
    for old in gone:
        _read.clear(*old)


@st.cache_resource(max_entries=1, show_spinner=False)
def _fill_once(data_dir: str) -> bool:
    clean_up.tidy(load_config())
    return bundled.load_demo(load_config())


def fill_empty_store() -> bool:
    """Tidy up and load the bundled results where they belong, once for each start of the app."""
    return _fill_once(str(load_config().data_dir))
