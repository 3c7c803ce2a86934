"""What was read stays until the store changes.

Pages call `read(function, ...)` with a reading function of lrd_core.services:

    runs = cache.read(results.runs)
    values = cache.read(depth.read_values, run_keys, ["speed"])

The function gets the configuration first, then the arguments. Results are kept by the store's
version, so new numbers appear on the next rerun and old ones are dropped. All visitors share
them: a table comes as a lazy copy, which pandas separates when it is written to; anything else
is to be read only.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from lrd_core.config import Config, load_config
from lrd_core.services import results, storage


def read(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """`function(config, *arguments, **named)`, remembered until the store changes.

    The arguments must be plain values (text, numbers, lists, tuples, dictionaries, tables).
    """
    config = load_config()
    version = f"{config.database}:{results.store_version(config)}"
    name = f"{function.__module__}.{function.__qualname__}"
    found = _read(version, name, function, config, arguments, named)
    return found.copy(deep=False) if isinstance(found, pd.DataFrame) else found


@st.cache_resource(max_entries=48, show_spinner=False)
def _read(
    version: str,
    name: str,
    _function: Callable[..., Any],
    _config: Config,
    arguments: tuple[Any, ...],
    named: dict[str, Any],
) -> Any:
    return _function(_config, *arguments, **named)


@st.cache_resource(show_spinner=False)
def _fill_once(data_dir: str) -> bool:
    storage.tidy(load_config())
    return results.load_demo(load_config())


def fill_empty_store() -> bool:
    """Tidy up and load the bundled results where they belong, once for each start of the app."""
    return _fill_once(str(load_config().data_dir))
