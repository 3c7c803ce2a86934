"""One item on all maps of a figure: pointing at it rings it in the others too.

    widgets.draw(view, "around")
    point_link.follow("around", len(view.layers))

The first traces of the figure are the clouds; the same number in each is the same item.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._shared.chart_watch import WATCH_JS

_JS = (
    WATCH_JS
    + """
export default function ({ data }) {
  let gd = null;
  const left = () => { clearRings(gd); clearPicture(gd); };
  const pointed = (event) => {
    left();
    const point = event.points && event.points[0];
    if (!point || point.curveNumber >= data.clouds) return;
    for (let cloud = 0; cloud < data.clouds; cloud += 1) ringOn(gd, cloud, point.pointNumber);
    const address = data.pictures[point.pointNumber];
    if (address) pictureOn(gd, point.curveNumber, point.pointNumber, address);
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


def follow(figure: str, clouds: int, pictures: Sequence[str] = ()) -> None:
    """Ring the item under the pointer in each of the first `clouds` traces of this chart.

    pictures: addresses of small pictures by number; that of the item is shown where there is one.
    """
    data = {"figure": figure, "clouds": clouds, "pictures": list(pictures)}
    _component()(key=f"points_{figure}", data=data, height="content")
