"""One cursor for all panels of a figure, or of figures beside each other: pointing at a depth marks
it in the others too.

    widgets.draw(view, "depth")
    cursor_link.follow("depth")
    cursor_link.follow("sides_0", "sides_1")

Plotly links the hover of panels on one x axis; panels beside each other have axes of their own.
"""

from typing import Any

import streamlit as st

from pages._shared.chart_watch import WATCH_JS

_JS = (
    WATCH_JS
    + """
function axesOf(gd) {
  return Object.keys(gd._fullLayout)
    .filter((key) => /^xaxis[0-9]*$/.test(key))
    .map((key) => gd._fullLayout[key]);
}

function clear(gd) {
  for (const line of gd.querySelectorAll(":scope > .lrd-cursor")) line.remove();
}

function mark(gd, value) {
  const size = gd._fullLayout._size;
  clear(gd);
  gd.style.position = "relative";
  for (const axis of axesOf(gd)) {
    const line = document.createElement("div");
    line.className = "lrd-cursor";
    line.style.cssText = "position:absolute;width:1px;pointer-events:none;opacity:.55;"
      + "background:currentColor;z-index:4";
    line.style.color = gd._fullLayout.font.color;
    line.style.left = `${axis._offset + axis.l2p(value)}px`;
    line.style.top = `${size.t}px`;
    line.style.height = `${size.h}px`;
    gd.appendChild(line);
  }
}

export default function ({ data }) {
  const charts = new Map();
  const pointed = (event) => {
    const value = (event.xvals && event.xvals[0]) ?? (event.points[0] && event.points[0].x);
    if (value === undefined || value === null) return;
    for (const gd of charts.values()) if (gd.isConnected) mark(gd, value);
  };
  const left = () => { for (const gd of charts.values()) clear(gd); };
  const stops = data.figures.map((figure) => watchChart("cursor", figure,
    { plotly_hover: pointed, plotly_unhover: left },
    (gd) => { charts.set(figure, gd); gd.setAttribute("data-one-cursor", "true"); }));
  return () => { for (const stop of stops) stop(); };
}
"""
)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_cursor_link", js=_JS)


def follow(*figures: str) -> None:
    """Show the depth under the pointer in every panel of the charts with these keys."""
    _component()(key=f"cursor_{figures[0]}", data={"figures": list(figures)}, height="content")
