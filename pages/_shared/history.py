"""The browser's Back: one entry for each view that a person chose, none in between.

Streamlit replaces the address when a control is used, so that Back leaves the page, and empties it
as a step of its own on the way to another page. Here a choice (a control, a click, another page)
is a step; what is dragged or played (a slider, a camera, the place of a player), and what the page
adds to the address by itself, changes the step at hand.

Streamlit follows the browser's steps by itself: it runs the page anew with the address's view.
"""

from collections.abc import Iterable
from typing import Any

import streamlit as st

_JS = """
const CLEARED_MS = 4000;

function install() {
  const own = {
    push: history.pushState.bind(history),
    replace: history.replaceState.bind(history),
  };
  const here = { quiet: new Set(), acted: false, cleared: null };
  const act = () => { here.acted = true; };
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, act, true);
  // A step of the browser is no choice: what the page writes now belongs to that step.
  window.addEventListener("popstate", () => { here.acted = false; here.cleared = null; }, true);

  // The keys of two queries that differ.
  const changed = (one, other) => {
    const keys = new Set([...one.keys(), ...other.keys()]);
    return [...keys].filter((key) => one.getAll(key).join("\\n") !== other.getAll(key).join("\\n"));
  };
  const write = (kind, state, title, url) => {
    const next = new URL(url ?? location.href, location.href);
    if (next.pathname !== location.pathname) {
      // The page before was emptied on the way here: that was no view.
      const emptied = here.cleared && here.cleared.url === location.href
        && performance.now() - here.cleared.at < CLEARED_MS;
      here.cleared = null;
      here.acted = false;
      own[emptied ? "replace" : kind](state, title, url);
      return;
    }
    const keys = changed(new URLSearchParams(location.search), next.searchParams);
    if (!keys.length) { own.replace(state, title, url); return; }
    const step = here.acted && keys.some((key) => !here.quiet.has(key));
    own[step ? "push" : "replace"](state, title, url);
    if (step && !next.search) here.cleared = { url: next.href, at: performance.now() };
    if (step) here.acted = false;
  };
  history.pushState = (...given) => write("push", ...given);
  history.replaceState = (...given) => write("replace", ...given);
  return here;
}

export default function ({ data }) {
  window.__lrdHistory ??= install();
  window.__lrdHistory.quiet = new Set(data.quiet);
}
"""


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_history", js=_JS)


def follow(quiet: Iterable[str]) -> None:
    """Make a step in the browser's history of every choice; the frame of all pages calls it.

    quiet: names in the address whose changes are no steps, because they are dragged or played.
    """
    _component()(key="history", data={"quiet": sorted(quiet)}, height=1)
