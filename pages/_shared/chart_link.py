"""What Streamlit does not tell about a chart, and what it cannot do to one.

    figure = chart_link.hold("cloud", signature, lambda: drawn.of(view, look))
    widgets.draw(view, "cloud", figure=figure)
    chart_link.follow("cloud", "view", clouds=(0, 1))

The camera (zoom of a plane, eye of a scene) goes into the URL when a visitor has moved it; a click
and twins under the pointer work in every drag mode. What moves a chart is player.py.
"""

from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from pages._shared import state
from pages._shared.chart_watch import WATCH_JS

_JS = (
    WATCH_JS
    + """
const round = (value) => Number(value).toPrecision(4) * 1;

function cameraOf(gd) {
  const layout = gd._fullLayout;
  if (layout.scene) {
    const eye = layout.scene.camera.eye, centre = layout.scene.camera.center;
    return [eye.x, eye.y, eye.z, centre.x, centre.y, centre.z].map(round).join(",");
  }
  return [...layout.xaxis.range, ...layout.yaxis.range].map(round).join(",");
}

function twinOf(gd, curve, point, twins) {
  const other = curve === twins[0] ? twins[1] : twins[0];
  const id = gd._fullData[curve].customdata[point][0];
  const rows = gd._fullData[other].customdata;
  for (let row = 0; row < rows.length; row++) if (rows[row][0] === id) return [other, row];
  return null;
}

export default function ({ data, setStateValue, setTriggerValue }) {
  let gd = null, timer = null, last = null;
  const moved = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const now = cameraOf(gd);
      if (now !== last) { last = now; setStateValue("camera", now); }
    }, 500);
  };
  const clicked = (event) => {
    const found = event.points && event.points[0];
    if (found && data.clouds.includes(found.curveNumber)) {
      const [, id] = gd._fullData[found.curveNumber].customdata[found.pointNumber];
      setTriggerValue("clicked", String(id));
    }
  };
  const pointed = (event) => {
    const found = event.points && event.points[0];
    if (!found || !data.clouds.includes(found.curveNumber)) return;
    clearPicture(gd);
    const [, id] = gd._fullData[found.curveNumber].customdata[found.pointNumber];
    const address = data.pictures[id];
    if (address) pictureOn(gd, found.curveNumber, found.pointNumber, address);
    if (data.clouds.length !== 2) return;
    const twin = twinOf(gd, found.curveNumber, found.pointNumber, data.clouds);
    clearRings(gd);
    if (twin) ringOn(gd, ...twin);
  };
  const left = () => { clearRings(gd); clearPicture(gd); };
  const listeners = { plotly_relayout: moved, plotly_click: clicked, plotly_hover: pointed,
    plotly_unhover: left };
  const stop = watchChart("link", data.figure, listeners,
    (chart) => { gd = chart; last = cameraOf(gd); });
  return () => { clearTimeout(timer); stop(); };
}
"""
)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_chart_link", js=_JS)


def follow(
    figure: str,
    camera: str = "",
    *,
    clouds: tuple[int, ...] = (),
    pictures: Mapping[int, str] | None = None,
    on_click: Callable[[int], None] | None = None,
) -> None:
    """Keep the chart with this key and the page together.

    camera: the URL parameter that follows zoom and turns. clouds: traces of texts; a click on a
    point calls `on_click` with its text, and with two clouds pointing rings the twin. pictures:
    addresses of small pictures by text, of which the one under the pointer is shown.
    """
    key = f"link_{figure}"

    def clicked() -> None:
        chosen = st.session_state[key].get("clicked")
        if on_click is not None and chosen is not None and chosen.isdecimal():
            on_click(int(chosen))

    seen = _component()(
        key=key,
        data={"figure": figure, "clouds": list(clouds), "pictures": dict(pictures or {})},
        height="content",
        on_camera_change=lambda: None,
        on_clicked_change=clicked,
    )
    if camera:
        state.is_dragged(camera)
    if camera and seen.camera and numbers(seen.camera) is not None:
        st.query_params[camera] = seen.camera


def hold(name: str, signature: object, draw: Callable[[], go.Figure]) -> go.Figure:
    """The figure that `draw` gives, the same one until its signature changes.

    Streamlit mounts a chart anew whenever its figure differs. What moves inside a figure (its
    frame, its camera) must therefore stay out of it until something else changes it anyway.
    """
    held = st.session_state.setdefault("_held_figures", {})
    if name not in held or held[name][0] != signature:
        held[name] = (signature, draw())
    figure: go.Figure = held[name][1]
    return figure


def camera_now(camera: str) -> tuple[float, ...] | None:
    """The camera in the URL, if it holds one."""
    found = numbers(st.query_params.get(camera, ""))
    return None if found is None else tuple(found)


def numbers(text: str) -> list[float] | None:
    """Four or six finite numbers with commas between them; anything else is no camera."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    finite = all(abs(value) < 1e6 for value in values)
    return values if len(values) in (4, 6) and finite else None
