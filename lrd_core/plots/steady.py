"""A figure that a browser draws once.

A page draws each of its charts twice: when it is mounted, and once more from a copy of the same
figure. Plotly lets the second be where nothing differs, but takes for different what it cannot
compare: an object, like the theme or what a trace says to scripts (`meta`), and an array of bytes.
Here the theme is written into what it is the default of, `meta` is JSON text, and arrays are lists,
whose sameness the figure's revision promises.
"""

import base64
import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

MOST_LISTED = 5_000
"""Numbers of an array that is written as a list, which takes more memory and time to read."""

_ON_CANVAS = {"scatter3d", "surface", "mesh3d", "scattergl"}
"""Types of traces that the graphics card draws."""

_ELSEWHERE = ("scene", "polar", "ternary", "geo", "map", "mapbox")
"""Parts of a theme for figures that are not drawn on two axes."""

_STANDING = {"bar", "box", "violin", "histogram", "funnel", "waterfall"}
"""Types of traces that stand on an axis, which then has no grid of its own accord."""

_ERRORS = {"error_x", "error_y", "error_z"}

_OF_EACH = {"annotationdefaults": "annotations", "shapedefaults": "shapes"}


def steady(figure: go.Figure) -> go.Figure:
    """The same picture, without a theme to compare: what a page sends to the browser.

    What the graphics card draws is left as it is: where Plotly draws it once, it loses track of
    the camera in space and of the places on large maps.
    """
    if any(trace.type in _ON_CANVAS for trace in figure.data):
        return figure
    written: dict[str, Any] = figure.to_dict()
    written["data"], layout = _listed(written["data"]), _listed(written["layout"])
    written["layout"] = layout  # frames are not compared, and many: they stay bytes
    template = layout.pop("template", None) or {}
    _dress_traces(written["data"], template.get("data", {}))
    layout |= {name: layout.get(name, {}) for name in ("xaxis", "yaxis")}
    _keep_lines_off(layout, written["data"])
    _dress_layout(layout, template.get("layout", {}))
    layout["datarevision"] = 1
    found = go.Figure(written, _validate=False)  # it was checked when it was drawn
    found.layout.template = None  # a new figure has Plotly's
    return found


def _dress_traces(traces: list[dict[str, Any]], defaults: Mapping[str, Any]) -> None:
    seen = dict.fromkeys(defaults, 0)
    for trace in traces:
        if "meta" in trace and not isinstance(trace["meta"], str):
            trace["meta"] = json.dumps(trace["meta"])
        kind = _type_of(trace)
        if choices := defaults.get(kind):
            default = choices[seen[kind] % len(choices)]
            # Where a trace has no error bars, a colour of theirs would make some.
            _fill(trace, {k: v for k, v in default.items() if k in trace or k not in _ERRORS})
            seen[kind] += 1


def _keep_lines_off(layout: dict[str, Any], traces: Sequence[Mapping[str, Any]]) -> None:
    """Say which lines axes do not have: a colour for one, which the theme has, would draw it.

    A line along the axis, and for axes that bars stand on a grid and a zero line.
    """
    bare = set()
    for trace in traces:
        if _type_of(trace) in _STANDING:
            letter = "y" if trace.get("orientation") == "h" else "x"
            bare.add(trace.get(f"{letter}axis", letter).replace(letter, f"{letter}axis"))
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")):
            for line in ("line", "grid", "zeroline") if name in bare else ("line",):
                if f"{line}color" not in axis and f"{line}width" not in axis:
                    axis.setdefault(line if line == "zeroline" else f"show{line}", False)


def _dress_layout(layout: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    rest = {name: value for name, value in defaults.items() if name not in _ELSEWHERE}
    for letter in "xy":
        axis = rest.pop(f"{letter}axis", {})
        for name in layout:
            if name.startswith(f"{letter}axis"):
                _fill(layout[name], axis)
    for name, listed in _OF_EACH.items():
        default = rest.pop(name, {})
        for one in layout.get(listed, ()):
            _fill(one, default)
    if not any(key.startswith("coloraxis") for key in layout):
        rest.pop("coloraxis", None)
    _fill(layout, rest)


def _fill(own: dict[str, Any], default: Mapping[str, Any]) -> None:
    """Give what is not said the default's value, deeply; lists are one value."""
    for key, value in default.items():
        if key not in own:
            own[key] = copy.deepcopy(value)
        elif isinstance(own[key], dict) and isinstance(value, Mapping):
            _fill(own[key], value)


def _type_of(trace: Mapping[str, Any]) -> str:
    return str(trace.get("type", "scatter"))


def _listed(value: Any, gaps: bool = True) -> Any:
    """Arrays that Plotly wrote as bytes as lists of numbers, None for what is not finite.

    gaps: whether None is a gap. An error bar without a length it would be one of no length.
    """
    if isinstance(value, Mapping):
        if "bdata" in value:
            return _numbers(value, gaps)
        return {key: _listed(one, gaps and key not in _ERRORS) for key, one in value.items()}
    return [_listed(one, gaps) for one in value] if isinstance(value, (list, tuple)) else value


def _numbers(written: Mapping[str, Any], gaps: bool) -> Any:
    array = np.frombuffer(base64.b64decode(written["bdata"]), dtype=written["dtype"])
    whole = array.dtype.kind != "f" or bool(np.isfinite(array).all())
    if array.size > MOST_LISTED or not (whole or gaps):
        return written
    if "shape" in written:
        array = array.reshape([int(length) for length in str(written["shape"]).split(",")])
    if whole:
        return array.tolist()
    known = array.astype(object)
    known[~np.isfinite(array)] = None
    return known.tolist()
