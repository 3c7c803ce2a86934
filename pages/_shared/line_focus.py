"""One line of a figure of several: the others fade while the pointer is on it; a click keeps it so.

    widgets.draw(view, "depth")
    line_focus.follow("depth")

Lines of one name are one line in all panels: they share a legend group, their bands and marks too.
"""

from typing import Any

import streamlit as st

from pages._shared.chart_watch import WATCH_JS

_JS = (
    WATCH_JS
    + """
const FADED = "0.15";

// What is drawn of each trace that has a group: its lines and points, and its band.
function* drawn(gd) {
  for (const [curve, trace] of gd._fullData.entries()) {
    const first = ((gd.calcdata || [])[curve] || [])[0];
    if (!trace.legendgroup || !first) continue;
    for (const selection of [first.node3, first.nodeFills]) {
      const node = selection && selection.node && selection.node();
      if (node) yield [node, trace.legendgroup];
    }
  }
}

function show(gd, group) {
  for (const [node, own] of drawn(gd)) node.style.opacity = !group || own === group ? "" : FADED;
  gd.setAttribute("data-line-in-focus", group || "");
}

export default function ({ data }) {
  let gd = null, pinned = "", doubled = false;
  const groupOf = (event) => {
    if (gd._fullLayout.hovermode !== "closest") return "";
    const point = event.points && event.points[0];
    return point ? gd._fullData[point.curveNumber].legendgroup || "" : "";
  };
  const pointed = (event) => { const group = groupOf(event); if (group) show(gd, group); };
  const left = () => show(gd, pinned);
  const clicked = (event) => {
    if (doubled) return;
    const group = groupOf(event);
    pinned = group === pinned ? "" : group;
    show(gd, pinned);  // Plotly may not tell when the pointer leaves after a click
  };
  // Plotly sends the click of a double click too, right after it: that one pins nothing.
  const released = () => {
    pinned = "";
    show(gd, "");
    doubled = true;
    setTimeout(() => { doubled = false; });
  };
  const listeners = { plotly_hover: pointed, plotly_unhover: left, plotly_click: clicked,
    plotly_doubleclick: released };
  return watchChart("focus", data.figure, listeners,
    (chart) => { gd = chart; pinned = ""; gd.setAttribute("data-line-in-focus", ""); });
}
"""
)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_line_focus", js=_JS)


def follow(figure: str) -> None:
    """Let the line under the pointer stand out in the chart with this key."""
    _component()(key=f"focus_{figure}", data={"figure": figure}, height="content")
