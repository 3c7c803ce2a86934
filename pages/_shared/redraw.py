"""A chart that stands is drawn over, not mounted anew, when its figure changes.

Streamlit mounts a chart anew whenever its figure differs: it vanishes, and Plotly's first drawing
takes several times what a change takes. Here Streamlit keeps the figure with which a chart was
mounted, and a script gives Plotly what is to be seen now:

    redraw.begin("depth")            # the frame of all pages
    redraw.chart(figure, "depth", alt="...", config={})
    redraw.follow()                  # the frame, when the page is done

Figures are told apart by their revision (plots/steady.py). One without, with frames, or of another
build (height, axes, kinds of traces) is mounted anew; so is one whose points can be chosen and lie
elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go
import plotly.io
import streamlit as st

_STANDING, _WANTED, _PAGE, _ANEW = "_charts", "_charts_wanted", "_charts_page", "_charts_anew"
MOST_REVISIONS = 100
"""After so many changes a chart is mounted anew, so that what is known of it stays small."""

_JS = """
const OVERLAYS = ":scope > .lrd-ring, :scope > .lrd-picture, :scope > .lrd-cursor";

export default function ({ data, setTriggerValue }) {
  // What the charts are to show: for whoever waits until they do.
  window.__lrdWanted = data.charts.map(({ figure, revision, known }) =>
    ({ figure, revision, known }));
  let failed = false;
  const fail = () => { failed = true; setTriggerValue("failed", true); };
  const draw = ({ figure, revision, known, spec, alt }) => {
    const gd = document.querySelector(
      `.st-key-figure_${CSS.escape(figure)} .js-plotly-plot`);
    if (failed || !gd || !gd._fullLayout || gd.__lrdDrawing) return;
    const now = gd.layout.datarevision;
    // A chart that was mounted since has a figure that is not ours to replace.
    if (now === revision || !known.includes(now)) return;
    if (!window.Plotly) { fail(); return; }
    const { data: traces, layout } = JSON.parse(spec), { width, height } = gd.layout;
    for (const one of gd.querySelectorAll(OVERLAYS)) one.remove();
    gd.__lrdDrawing = true;
    const done = () => { gd.__lrdDrawing = false; };
    window.Plotly.react(gd, traces, { ...layout, width, height }, gd._context).then(() => {
      done();
      gd.emit("plotly_redraw");  // Streamlit remembers what is drawn now
      const frame = gd.closest("[data-testid=stPlotlyChart]");
      if (frame && alt) frame.setAttribute("aria-label", alt);
    }).catch((error) => { done(); console.error(error); fail(); });
  };
  const all = () => data.charts.forEach(draw);
  all();
  const watch = setInterval(all, 200);  // charts that are still being mounted
  return () => clearInterval(watch);
}
"""


@dataclass
class _Standing:
    """What Streamlit has of a chart that stands: its first figure, and all that it has shown."""

    figure: go.Figure
    alt: str | None
    config: Mapping[str, Any]
    known: list[str] = field(default_factory=list)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_redraw", js=_JS)


def begin(page: str) -> None:
    """A page begins to run: charts of another one stand no more."""
    if st.session_state.get(_PAGE) != page:
        st.session_state[_STANDING] = {}
        st.session_state[_PAGE] = page
    st.session_state[_WANTED] = {}


def chart(
    figure: go.Figure, key: str, *, config: Mapping[str, Any], alt: str | None = None, **more: Any
) -> Any:
    """Show a figure under this key: over what stands there, where it can be.

    more: passed on to st.plotly_chart, whose answer is returned.
    """
    standing: dict[str, _Standing] = st.session_state.setdefault(_STANDING, {})
    revision = figure.layout.datarevision
    one = standing.get(key)
    if one is None or not _can_stay(one, figure, config, selects="on_select" in more):
        one = _Standing(figure, alt, config)
    standing[key] = one
    if revision is not None and revision not in one.known:
        one.known.append(revision)
    st.session_state.setdefault(_WANTED, {})[key] = {
        "figure": key,
        "revision": revision,
        "known": list(one.known),
        "alt": alt,
        "spec": plotly.io.to_json(figure, validate=False) if len(one.known) > 1 else "",
    }
    return st.plotly_chart(
        one.figure, key=key, theme=None, config=dict(config), alt=one.alt, **more
    )


def _can_stay(
    one: _Standing, figure: go.Figure, config: Mapping[str, Any], *, selects: bool
) -> bool:
    if st.session_state.get(_ANEW) or len(one.known) >= MOST_REVISIONS or one.config != config:
        return False
    if selects and _places(one.figure) != _places(figure):
        return False
    return can_be_drawn_over(one.figure, figure)


def can_be_drawn_over(old: go.Figure, new: go.Figure) -> bool:
    """Whether Plotly draws the new figure over the old one as it would draw it alone."""
    if None in (old.layout.datarevision, new.layout.datarevision) or old.frames or new.frames:
        return False
    return _build(old) == _build(new)


def _build(figure: go.Figure) -> tuple[Any, ...]:
    layout = figure.layout
    axes = frozenset(name for name in layout if name[1:].startswith(("axis", "oloraxis")))
    return layout.height, axes, frozenset(trace.type for trace in figure.data)


def _places(figure: go.Figure) -> list[Any]:
    """Where the points of each trace lie, which a choice among them counts by."""
    return [(trace.type, str(trace.x), str(trace.y)) for trace in figure.data]


def follow() -> None:
    """Draw over the charts that stand; for the end of a run that was not cut short."""
    wanted: dict[str, Any] = st.session_state.get(_WANTED, {})
    standing: dict[str, _Standing] = st.session_state.get(_STANDING, {})
    st.session_state[_STANDING] = {key: standing[key] for key in wanted}

    def failed() -> None:
        st.session_state[_ANEW] = True

    changed = [one for one in wanted.values() if one["spec"]]
    _component()(key="redraw", data={"charts": changed}, height=1, on_failed_change=failed)
