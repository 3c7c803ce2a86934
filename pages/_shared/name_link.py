"""What a figure of many models does under the pointer: the line in its colour, a click by name.

    widgets.draw(view, "strips")
    name_link.follow("strips", on_click=lambda model: ...)

A trace says in `meta` whom it shows: {"name", "colour"} of a line, or a list of names, one a row of
a heatmap or one a point. Pointing at a grey line gives it the colour it has elsewhere, until the
pointer leaves.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages._shared.chart_watch import WATCH_JS

_JS = (
    WATCH_JS
    + """
function nameOf(gd, point) {
  const meta = metaOf(gd._fullData[point.curveNumber]);
  // A cell of a heatmap has two numbers, row and column; a point of a line has one.
  if (Array.isArray(meta)) return meta[[point.pointNumber].flat()[0]] || "";
  return (meta && meta.name) || "";
}

function strokesOf(gd, curve) {
  const group = groupOf(gd, curve);
  return group ? [...group.querySelectorAll("path.js-line")] : [];
}

export default function ({ data, setTriggerValue }) {
  let gd = null, lit = [];
  const clicked = (event) => {
    const name = event.points && event.points[0] && nameOf(gd, event.points[0]);
    if (name) setTriggerValue("clicked", name);
  };
  const left = () => {
    for (const [path, style] of lit) path.setAttribute("style", style);
    lit = [];
  };
  const pointed = (event) => {
    left();
    const curve = event.points && event.points[0] ? event.points[0].curveNumber : -1;
    const meta = metaOf(gd._fullData[curve]);
    if (!meta || !meta.colour) return;
    for (const path of strokesOf(gd, curve)) {
      lit.push([path, path.getAttribute("style") || ""]);
      path.style.stroke = meta.colour;
      path.style.strokeOpacity = 1;
      path.style.strokeWidth = "3.5px";
    }
  };
  const listeners = { plotly_click: clicked, plotly_hover: pointed, plotly_unhover: left };
  return watchChart("names", data.figure, listeners,
    (chart) => { gd = chart; gd.setAttribute("data-follows-names", "true"); });
}
"""
)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_name_link", js=_JS)


def follow(figure: str, on_click: Callable[[str], None] | None = None) -> str | None:
    """Light up lines of the chart with this key under the pointer; a click gives their name.

    on_click: called with the name before the page runs again. Returns the name in that run.
    """
    key = f"names_{figure}"

    def clicked() -> None:
        chosen = st.session_state[key].get("clicked")
        if chosen and on_click is not None:
            on_click(str(chosen))

    seen = _component()(
        key=key, data={"figure": figure}, height="content", on_clicked_change=clicked
    )
    return str(seen.clicked) if seen.clicked else None
