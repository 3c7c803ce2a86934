"""One text on all maps of a figure: pointing at it rings it in the others too.

    widgets.draw(view, "around")
    point_link.follow("around", len(view.layers))

The first traces of the figure are the clouds; the same number in each is the same text.
"""

from typing import Any

import streamlit as st

from pages._shared.chart_watch import WATCH_JS

_JS = (
    WATCH_JS
    + """
const SIZE = 18;

function clear(gd) {
  for (const ring of gd.querySelectorAll(":scope > .lrd-ring")) ring.remove();
}

function ringAt(gd, curve, number) {
  const trace = gd._fullData[curve];
  const axis = (name) => gd._fullLayout[name[0] + "axis" + name.slice(1)];
  const x = axis(trace.xaxis || "x"), y = axis(trace.yaxis || "y");
  const ring = document.createElement("div");
  ring.className = "lrd-ring";
  ring.style.cssText = `position:absolute;width:${SIZE}px;height:${SIZE}px;border-radius:50%;`
    + "border:3px solid currentColor;pointer-events:none;z-index:4;box-sizing:border-box";
  ring.style.color = gd._fullLayout.font.color;
  ring.style.left = `${x._offset + x.l2p(trace.x[number]) - SIZE / 2}px`;
  ring.style.top = `${y._offset + y.l2p(trace.y[number]) - SIZE / 2}px`;
  gd.appendChild(ring);
}

export default function ({ data }) {
  let gd = null;
  const left = () => clear(gd);
  const pointed = (event) => {
    clear(gd);
    const point = event.points && event.points[0];
    if (!point || point.curveNumber >= data.clouds) return;
    gd.style.position = "relative";
    for (let cloud = 0; cloud < data.clouds; cloud += 1) ringAt(gd, cloud, point.pointNumber);
  };
  const listeners = { plotly_hover: pointed, plotly_unhover: left, plotly_relayout: left };
  return watchChart("points", data.figure, listeners,
    (chart) => { gd = chart; gd.setAttribute("data-one-point", "true"); });
}
"""
)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_point_link", js=_JS)


def follow(figure: str, clouds: int) -> None:
    """Ring the text under the pointer in each of the first `clouds` traces of this chart."""
    data = {"figure": figure, "clouds": clouds}
    _component()(key=f"points_{figure}", data=data, height="content")
