"""The address is the view: one control changed by hand, or named alone in a link, give the same.

What a control starts at may hang on another one. Nobody has chosen it, so no address names it, and
it has to follow.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from tests.example_store import fill
from tests.pruned_store import fill_trials
from tests.selection_store import fill_selection

STORES = {"selection": fill_selection, "pruning": fill_trials}
"""Those of pages whose controls hang on what the example store has little of."""

ELSEWHERE = {"set_condition", "set_pooling", "set_n", "present"}
"""Controls of every page that nothing on it hangs on."""


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A filled store for each of these pages."""
    found = {}
    for page, fill_one in {"neighbourhoods": fill, "trajectories": fill, **STORES}.items():
        config = Config(data_dir=tmp_path_factory.mktemp(page))
        fill_one(config)
        found[page] = config.database
    return found


def values(app: AppTest) -> dict[str, list[str]]:
    """All that the page was drawn for, as the link to copy names it."""
    return dict(app.session_state["_view"])


def another(widget: Any, now: list[str]) -> Any:
    """A value that this control has not; None where there is no other."""
    if widget.type == "toggle":
        return not widget.value
    if widget.type == "slider":
        return widget.max if widget.value != widget.max else widget.min
    others = [one for one in widget.options if str(one) not in now]
    if widget.type == "multiselect":
        kept = list(widget.value)
        return [*kept, others[-1]] if others else kept[:-1] or None
    return others[-1] if others else None


@pytest.mark.parametrize("page", ["neighbourhoods", "trajectories", *STORES])
def test_a_control_changed_by_hand_or_by_a_link_gives_the_same_view(
    page: str, config: Config, databases: dict[str, Path], open_page: Callable[..., AppTest]
) -> None:
    config.data_dir.mkdir(parents=True)
    shutil.copy(databases[page], config.database)
    kinds = ("toggle", "selectbox", "multiselect", "button_group", "slider")
    first = open_page(page)
    keys = [
        (kind, widget.key)
        for kind in kinds
        for widget in first.get(kind)
        if widget.key and widget.key not in ELSEWHERE
    ]
    changed = 0
    for kind, key in keys:
        app = open_page(page)
        before = values(app)
        widget = next(one for one in app.get(kind) if one.key == key)
        value = another(widget, before.get(key, []))
        if value is None or (kind != "toggle" and key not in before):
            continue
        widget.set_value(value)
        app.run()
        found = values(app)
        linked = values(open_page(page, **{key: found.get(key, ["false"])}))
        assert found == linked, key
        changed += 1
    assert changed >= 5
