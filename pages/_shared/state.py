"""The view: what is selected on a page, kept in the URL.

A page makes its controls with `choose_one`, `choose_many`, `switch` and `number`. Each is an
ordinary Streamlit widget bound to a query parameter called `key`, so the address of the page is
the view. What differs from the default stands in the address; `full_query` names every value
and is what "copy link" copies, so that a link still gives the same view when defaults change.

    metrics = state.choose_many("Metrics", names, key="metrics", default=names[:2], show=label)
    chosen = state.selection()          # models, tasks and settings of the sidebar
    state.open_view("pages/depth.py", {"models": ["gpt2"], "axis": "Layer"})
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import streamlit as st

from lrd_core.views.view import Selection

T = TypeVar("T")

_VIEW = "_view"
_PENDING = "_pending_view"
_SELECTION = "_selection"
_SIDES = "_side_by_side"
_DRAGGED = "_dragged_keys"
_DEFAULTS = "_defaults"


def begin() -> None:
    """Forget which values the last run of the script registered; app.py calls it once a run."""
    st.session_state[_VIEW] = {}
    st.session_state[_DRAGGED] = set()


def is_dragged(key: str) -> None:
    """Say that this name in the address is dragged or played: no step of the browser's Back."""
    st.session_state.setdefault(_DRAGGED, set()).add(key)


def dragged() -> set[str]:
    """The names that `is_dragged` was told of in this run."""
    return set(st.session_state.get(_DRAGGED, ()))


def selection() -> Selection:
    """The global selection, as the sidebar has it in this run."""
    chosen: Selection = st.session_state.get(_SELECTION, Selection())
    return chosen


def select(chosen: Selection, *, sides: bool) -> None:
    """Remember the global selection for the page. sides: two models stand beside each other."""
    st.session_state[_SELECTION] = chosen
    st.session_state[_SIDES] = sides


def side_by_side() -> bool:
    """Whether two models are shown beside each other."""
    return bool(st.session_state.get(_SIDES, False))


def choose_many(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    default: Iterable[T] = (),
    show: Callable[[T], str] = str,
    help: str | None = None,
    max_selections: int | None = None,
) -> list[T]:
    """Any number of `options`, in the URL as ?key=a&key=b (as `show` writes them).

    Keep `options` the same whatever else is selected: a value that is not offered is dropped.
    """
    initial = [value for value in default if value in options]
    chosen = st.multiselect(
        label,
        options,
        default=None if _given(key, initial, options) else initial,
        key=key,
        format_func=show,
        help=help,
        max_selections=max_selections,
        bind="query-params",
    )
    _register(key, [show(value) for value in chosen])
    return list(chosen)


def choose_one(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    default: T | None = None,
    show: Callable[[T], str] = str,
    help: str | None = None,
    list_box: bool = False,
    label_visibility: str = "visible",
) -> T:
    """One of `options`, in the URL as ?key=value; `default` is the first one unless given.

    Buttons side by side by default; `list_box` gives a drop-down list, for many options and for
    names that a user wrote (button captions are read as Markdown, lists are not).
    Returns None only when there are no options.
    """
    if not options:
        return None  # type: ignore[return-value]
    first = next((option for option in options if option == default), options[0])
    was_set = _given(key, first, options)
    shared: dict[str, Any] = {
        "key": key,
        "format_func": show,
        "help": help,
        "label_visibility": label_visibility,
        "bind": "query-params",
    }
    if list_box:
        index = 0 if was_set else list(options).index(first)
        chosen = st.selectbox(label, options, index=index, **shared)
    else:
        chosen = st.segmented_control(
            label, options, default=None if was_set else first, required=True, **shared
        )
    chosen = first if chosen is None else chosen
    _register(key, [show(chosen)])
    return chosen


def switch(label: str, *, key: str, default: bool = False, help: str | None = None) -> bool:
    """On or off, in the URL as ?key=true."""
    value = False if _given(key, default) else default
    chosen = st.toggle(label, value=value, key=key, help=help, bind="query-params")
    if chosen or default:
        _register(key, [str(chosen).lower()])
    return chosen


def number(
    label: str,
    low: float,
    high: float,
    *,
    key: str,
    default: float | None = None,
    step: float | None = None,
    help: str | None = None,
) -> Any:
    """A slider from low to high (both whole numbers, or both not), in the URL as ?key=3."""
    is_dragged(key)
    start = low if default is None else min(max(default, low), high)
    value = None if _given(key, start) else start
    chosen = st.slider(
        label, low, high, value, step, key=key, help=help, bind="query-params", width="stretch"
    )
    _register(key, [str(chosen)])
    return chosen


def place(key: str, values: Sequence[int], default: int) -> int:
    """One of `values`, in the URL as ?key=3, for a control that is no widget of Streamlit's.

    What is no value of them gives the default.
    """
    is_dragged(key)
    pending = st.session_state.get(_PENDING, {})
    if key in pending:
        moved = pending.pop(key)
        st.query_params[key] = str(moved[0] if isinstance(moved, (list, tuple)) else moved)
    known = {str(value): value for value in values}
    chosen = known.get(st.query_params.get(key, ""), default)
    _register(key, [str(chosen)])
    return chosen


def keep_place(key: str, value: int, default: int) -> None:
    """Put a value of `place` into the URL; the default stands there without being named."""
    if value != default:
        st.query_params[key] = str(value)
    elif key in st.query_params:
        del st.query_params[key]


def text(
    label: str, *, key: str, help: str | None = None, placeholder: str = "", lines: int = 1
) -> str:
    """What a visitor types, in the URL as ?key=...; `lines` above 1 gives a box of that height."""
    _was_set(key)
    shared: dict[str, Any] = {
        "key": key,
        "help": help,
        "placeholder": placeholder,
        "bind": "query-params",
    }
    if lines > 1:
        typed = st.text_area(label, height=30 + 24 * lines, **shared)
    else:
        typed = st.text_input(label, **shared)
    if typed:
        _register(key, [typed])
    return typed or ""


def section(label: str, *, key: str) -> Any:
    """A part of the page that opens and closes, in the URL as ?key=true.

    Fill it only when it is open, so that closed parts cost nothing:
    `with state.section("Table", key="table") as part: if part.open: ...`
    """
    is_open = bool(st.session_state.get(_PENDING, {}).pop(key, False))
    part = st.expander(label, expanded=is_open, key=key, on_change="rerun", bind="query-params")
    if part.open:
        _register(key, ["true"])
    return part


def open_view(page: str, query: Mapping[str, str | Sequence[str]]) -> None:
    """Go to `page` with this query, as if its link had been followed.

    Values are captions, as an address has them. Controls that are not named keep what they have.
    Those that stand on this page too (the sidebar's) are moved: Streamlit guards their address.
    """
    here = st.session_state.get(_VIEW, {})
    for key in query.keys() & here.keys():
        move(key, query[key])
    st.switch_page(page, query_params={key: query[key] for key in query.keys() - here.keys()})


def move(key: str, value: Any) -> None:
    """Give a control of this page another value at the next rerun; for callbacks and timers."""
    st.session_state.setdefault(_PENDING, {})[key] = value


def presenting() -> bool:
    """Whether the visitor asked for large text and thick lines."""
    return bool(st.session_state.get("present", False))


def full_query() -> str:
    """The query string that names every value of the view, defaults included."""
    view: dict[str, list[str]] = dict(st.session_state.get(_VIEW, {}))
    for key in st.query_params:
        view.setdefault(key, st.query_params.get_all(key))
    return urlencode(view, doseq=True)


def _was_set(key: str, options: Sequence[Any] | None = None) -> bool:
    """Hand a value that `move` left for this control to it; says whether there was one."""
    pending = st.session_state.get(_PENDING, {})
    if key not in pending:
        return False
    value = pending.pop(key)
    if options is not None:
        several = isinstance(value, (list, tuple))
        known = [v for v in (value if several else [value]) if v in options]
        if not known and not (several and not value):
            return False
        value = known if several else known[0]  # an empty list was meant as one
    st.session_state[key] = value
    return True


def _given(key: str, default: Any, options: Sequence[Any] | None = None) -> bool:
    """Whether this run gives the control a value: its new default, or what `move` left for it."""
    followed = _follows(key, default)  # first: the default is remembered either way
    return _was_set(key, options) or followed


def _follows(key: str, default: Any) -> bool:
    """Give a control that stands at its default the new one; says whether there was another.

    What a control starts at may hang on what else is chosen. Streamlit keeps the value it began
    with, which no address names: a link would give another view.
    """
    defaults = st.session_state.setdefault(_DEFAULTS, {})
    before, defaults[key] = defaults.get(key, default), default
    if before == default or st.session_state.get(key, default) != before:
        return False
    st.session_state[key] = default
    return True


def _register(key: str, values: list[str]) -> None:
    st.session_state.setdefault(_VIEW, {})[key] = values or [""]
