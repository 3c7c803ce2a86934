"""Choosing among many models or tasks: a count in the side bar, groups and search behind it.

Up to MANY names the list itself stands in the side bar. Beyond, its chips would fill it: then the
side bar says how many are chosen and of which groups, and a button opens the list.
"""

import html
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from lrd_core.actions import favourites
from lrd_core.actions.favourites import Kind
from lrd_core.config import load_config
from lrd_core.views import offered
from lrd_core.views.crowds import MANY
from lrd_core.views.groups import Group, in_groups, toggled
from lrd_core.views.task_names import task_titles
from pages._shared import cache, state, widgets

MOST_NAMED = 6
"""Chosen names up to which the side bar writes them out."""


def pick(
    label: str,
    options: Sequence[str],
    *,
    key: Kind,
    default: Sequence[str],
    help: str | None = None,
) -> list[str]:
    """Any number of names: as a list, or where there are many as a count with a list behind it."""
    shared: dict[str, Any] = {"key": key, "default": default, "help": help}
    if len(options) <= MANY:
        return state.choose_many(label, options, **shared)
    told = st.container(gap="small", key=f"told_{key}")
    groups = groups_of(key, options)
    with st.popover(f"Choose {label.lower()}", key=f"pick_{key}", width="stretch"):
        st.caption("A group is added as a whole, or taken away where all of it is chosen.")
        with st.container(horizontal=True, gap="small"):
            group_buttons(key, options, groups)
        chosen = state.choose_many(f"{label}, by name", options, **shared)
        keep_button(key, chosen)
    with told:
        tell(label, chosen, options, groups)
    return chosen


def groups_of(key: Kind, options: Sequence[str]) -> list[Group]:
    """All, families or types, the papers' panels, and the favourites that the store holds."""
    found = cache.read(offered.offered)
    made = found.model_groups if key == "models" else found.task_groups
    kept = tuple(n for n in favourites.favourites(load_config(), key) if n in options)
    own = [Group("Favourites", kept)] if kept else []
    return [Group("All", tuple(options)), *own, *made]


def group_buttons(key: Kind, options: Sequence[str], groups: Sequence[Group]) -> None:
    """A button a group."""
    for group in groups:
        st.button(
            f"{widgets.plain(group.name)} ({len(group.members)})",
            key=f"group_{key}_{group.name}",
            on_click=lambda group=group: state.move(
                key, toggled(st.session_state.get(key, ()), group, options)
            ),
        )


def keep_button(key: Kind, chosen: Sequence[str]) -> None:
    """Keep what is chosen as favourites, where this installation may be written to."""
    if widgets.read_only():
        return
    if st.button("Keep as favourites", key=f"keep_{key}", type="tertiary"):
        favourites.keep_favourites(load_config(), key, chosen)
        st.caption(f"{len(chosen)} kept; they are a group from now on.")


def tell(
    label: str, chosen: Sequence[str], options: Sequence[str], groups: Sequence[Group]
) -> None:
    """How many are chosen, and which: by name where they are few, else by group."""
    st.markdown(f"**{label}** · {len(chosen)} of {len(options)}")
    if len(chosen) <= MOST_NAMED:
        # Colours follow the order of the store, which the selection to come will have too, and
        # those that are chosen differ from one another.
        look = replace(widgets.look(), order=options, together=tuple(chosen))
        models = label == "Models"
        titles = {name: name for name in chosen} if models else task_titles(chosen)
        rows = "".join(
            f'<div class="lrd-chosen" style="border-color:'
            f'{look.colour(name) if models else "transparent"}">{html.escape(titles[name])}</div>'
            for name in chosen
        )
        st.html(rows or "none")
    elif len(chosen) < len(options):
        st.caption(widgets.plain(in_groups(chosen, [g for g in groups if g.name != "All"])))
