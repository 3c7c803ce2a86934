"""Toolbars of figures: one stop of the Tab key each, and the arrow keys from button to button.

Plotly gives each button a stop of its own, five a figure. Where a toolbar stands says style.py.
"""

from typing import Any

import streamlit as st

_JS = """
const buttonsOf = (bar) => [...bar.querySelectorAll(".modebar-btn")];

function arrange() {
  for (const bar of document.querySelectorAll(".modebar")) {
    const buttons = buttonsOf(bar);
    const stop = buttons.find((one) => one === document.activeElement) || buttons[0];
    for (const one of buttons) {
      const wanted = one === stop ? 0 : -1;
      if (one.tabIndex !== wanted) one.tabIndex = wanted;
    }
  }
}

function move(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const bar = step && event.target.closest && event.target.closest(".modebar");
  if (!bar) return;
  const buttons = buttonsOf(bar);
  const place = buttons.indexOf(event.target) + step;
  buttons[(place + buttons.length) % buttons.length].focus();
  arrange();
  event.preventDefault();
  event.stopPropagation();
}

export default function () {
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    setTimeout(() => { asked = false; arrange(); }, 100);
  };
  const watch = new MutationObserver(soon);
  watch.observe(document.body, { childList: true, subtree: true });
  document.addEventListener("keydown", move, true);
  arrange();
  return () => { watch.disconnect(); document.removeEventListener("keydown", move, true); };
}
"""


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_toolbars", js=_JS)


def follow() -> None:
    """Arrange the toolbars of a page; the frame of all pages calls it."""
    _component()(key="toolbars", height=1)
