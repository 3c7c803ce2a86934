"""Presenting: the first figure fills the screen under its caption, all else waits off stage.

    if state.presenting():
        stage.draw()

Controls above the figure come back while the pointer is at the top edge or the keyboard is among
them; Escape leaves.
"""

from typing import Any

import streamlit as st

_JS = """
const EDGE = 70, LEAST = 320, BELOW = 16, CLOSE = 8, STILL = 3;
const OFF = "data-lrd-off-stage";
const LISTS = '[role="listbox"], [role="dialog"], [data-testid="stPopoverBody"]';

function stageOf() {
  return document.querySelector(
    "[data-testid=stMain] .block-container > [data-testid=stVerticalBlock]");
}

function firstFigure(stage) {
  return stage && stage.querySelector('[class*="st-key-figure_"] .js-plotly-plot');
}

// What stands above the figure and is no caption. A scene's own words take the sentence's place.
function* aboveIt(stage, gd) {
  const scene = stage.querySelector(".lrd-scene");
  const caption = scene ? ".lrd-scene" : ".lrd-sentence, .lrd-scene-text";
  let block = stage;
  // Down to the block in which the figure has neighbours.
  for (;;) {
    for (const child of block.children) {
      if (child.contains(gd)) break;
      if (!child.querySelector(caption) && child.offsetParent !== null) yield child;
    }
    const next = [...block.children].find((child) => child.contains(gd));
    const inner = next && next.querySelector(":scope [data-testid=stVerticalBlock]");
    if (!inner || !inner.contains(gd) || inner.matches('[class*="st-key-figure_"]')) return;
    block = inner;
  }
}

// The height that is left for the figure; Streamlit alone may set it.
function room(gd) {
  const scrolled = document.querySelector("[data-testid=stMain]").scrollTop;
  const top = gd.getBoundingClientRect().top + scrolled;
  return Math.max(LEAST, Math.round(window.innerHeight - top - BELOW));
}

// One watch at a time: this is called again with every answer of the server.
let leave = () => {};

export default function ({ data, setStateValue, setTriggerValue }) {
  leave();
  const root = document.documentElement;
  let height = data.height, seen = 0, stood = 0, where = "";
  // Once they are back they stay as long as the pointer is among them, or in a list of theirs.
  const pointed = (event) => {
    if (event.target.closest && event.target.closest(LISTS)) return;
    const gd = root.hasAttribute("data-lrd-controls") && firstFigure(stageOf());
    const below = gd ? gd.getBoundingClientRect().top : EDGE;
    root.toggleAttribute("data-lrd-controls", event.clientY < Math.max(EDGE, below));
  };
  const pressed = (event) => {
    const open = document.querySelector('[role="dialog"], [data-testid="stPopoverBody"]');
    if (event.key === "Escape" && !open && !event.defaultPrevented) setTriggerValue("left", true);
  };
  const arrange = () => {
    const stage = stageOf(), gd = firstFigure(stage);
    const off = gd ? new Set(aboveIt(stage, gd)) : new Set();
    for (const one of document.querySelectorAll(`[${OFF}]`)) {
      if (!off.has(one)) one.removeAttribute(OFF);
    }
    for (const one of off) one.setAttribute(OFF, "");
    if (!gd || !gd._fullLayout || root.hasAttribute("data-lrd-controls")) return;
    // Told once the page is done and stands still: it grows from above while it is drawn, and a
    // step in the history must not be met by an answer of the page before.
    const app = document.querySelector("[data-testid=stApp]");
    const done = app && app.getAttribute("data-test-script-state") === "notRunning";
    const now = room(gd);
    stood = done && location.href === where && Math.abs(now - seen) < CLOSE ? stood + 1 : 0;
    [seen, where] = [now, location.href];
    if (stood >= STILL && Math.abs(now - height) >= CLOSE) setStateValue("height", height = now);
  };
  const watch = setInterval(arrange, 300);
  document.addEventListener("mousemove", pointed);
  document.addEventListener("keydown", pressed);
  leave = () => {
    clearInterval(watch);
    document.removeEventListener("mousemove", pointed);
    document.removeEventListener("keydown", pressed);
    root.removeAttribute("data-lrd-controls");
    for (const one of document.querySelectorAll(`[${OFF}]`)) one.removeAttribute(OFF);
  };
  return () => leave();
}
"""

STYLE = """
<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], [data-testid="stHeaderLogo"],
[data-testid="stHeader"] { display: none; }
.block-container { padding: .75rem 2rem 2rem; max-width: none; }
.block-container h1 { position: absolute; width: 1px; height: 1px; overflow: hidden; }
html { font-size: 18px; }
.lrd-sentence, .lrd-scene-text {
  font-size: 1.3rem; max-width: none; overflow: hidden;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2;
}
[data-testid="stColumn"]:has(.st-key-frame_actions) { position: relative; }
.st-key-frame_actions {
  position: absolute; top: 0; right: 0; z-index: 1; width: max-content; flex-wrap: nowrap;
  opacity: 0; pointer-events: none;
}
[data-lrd-controls] .st-key-frame_actions, .st-key-frame_actions:focus-within {
  opacity: 1; pointer-events: auto;
}
[data-lrd-off-stage] { max-height: 0; overflow: hidden; opacity: 0; margin-bottom: -1rem; }
[data-lrd-controls] [data-lrd-off-stage], [data-lrd-off-stage]:focus-within {
  max-height: none; overflow: visible; opacity: 1; margin-bottom: 0;
}
</style>
"""
"""What is off stage takes no height; the negative margin is that of the gap between elements.

The buttons beside the caption lie over it: in its row they would wrap, and the figure would move
and be fitted anew each time that one of them comes or goes.
"""


_HEIGHT, _FREE = "_stage_height", "_stage_free"


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_stage", js=_JS)


def _leave() -> None:
    st.session_state["present"] = False


def draw() -> None:
    """Put the page's first figure on stage; Escape turns presenting off."""
    st.html(STYLE)
    known = st.session_state.get(_HEIGHT, 0)
    told = _component()(
        key="stage",
        data={"height": known},
        height="content",
        on_left_change=_leave,
        on_height_change=lambda: None,
    )
    st.session_state[_HEIGHT] = told.height or known
    st.session_state[_FREE] = True


def take() -> int | None:
    """The height of the stage in pixels, for the first figure that asks in a run of the page."""
    if not st.session_state.pop(_FREE, False):
        return None
    return int(st.session_state.get(_HEIGHT, 0)) or None
