"""Buttons that act in the browser alone: copy a link or a command, save a figure as a picture.

One small component without server round trip. What it copies reaches it as data and is only
ever written as text.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

_CSS = """
:host, div.row { display: flex; gap: .35rem; flex-wrap: wrap; align-items: center; }
button {
  font: inherit; font-size: .8125rem; line-height: 1.3; padding: .28rem .6rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid color-mix(in srgb, var(--st-text-color) 25%, transparent);
  border-radius: var(--st-button-radius, .375rem);
}
button:hover { border-color: var(--st-primary-color); color: var(--st-link-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
"""

_JS = """
const captions = { link: "Copy link", command: "Copy command", svg: "SVG", png: "PNG" };

function fullLink(query) {
  const params = new URLSearchParams(query);
  const current = new URLSearchParams(location.search);
  for (const key of new Set(current.keys())) {
    params.delete(key);
    for (const value of current.getAll(key)) params.append(key, value);
  }
  const text = params.toString();
  return location.origin + location.pathname + (text ? "?" + text : "");
}

async function copyText(text) {
  try { await navigator.clipboard.writeText(text); }
  catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function savePicture(key, format) {
  const figure = document.querySelector(`.st-key-${CSS.escape(key)} .js-plotly-plot`);
  const button = figure && figure.querySelector('.modebar-btn[data-attr="toImage"], '
    + '.modebar-btn[data-title^="Download plot"]');
  if (!button) return false;
  const options = figure._context.toImageButtonOptions;
  const before = options.format;
  options.format = format;
  button.click();
  options.format = before;
  return true;
}

export default function ({ data, parentElement }) {
  let row = parentElement.querySelector("div.row");
  if (!row) {
    row = document.createElement("div");
    row.className = "row";
    parentElement.appendChild(row);
  }
  row.replaceChildren();
  for (const action of data.actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = captions[action];
    button.onclick = async () => {
      let done = "Copied";
      if (action === "link") await copyText(fullLink(data.query));
      else if (action === "command") await copyText(data.command);
      else done = savePicture(data.figure, action) ? "Saved" : "No figure";
      button.textContent = done;
      setTimeout(() => { button.textContent = captions[action]; }, 1200);
    };
    row.appendChild(button);
  }
}
"""


_WATCH_JS = """
const isDark = () => {
  const colour = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor;
  const parts = colour.match(/[\\d.]+/g).map(Number);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] < 128;
};

export default function ({ data, setTriggerValue }) {
  let told = null;
  const compare = () => {
    const mode = isDark() ? "dark" : "light";
    if (mode === data.mode || mode === told) return;
    told = mode;
    setTriggerValue("changed", mode);
  };
  const timer = setInterval(compare, 700);
  compare();
  return () => clearInterval(timer);
}
"""


@st.cache_resource(max_entries=1, show_spinner=False)
def _theme_watch() -> Callable[..., Any]:
    return st.components.v2.component("lrd_theme_watch", js=_WATCH_JS)


def follow_theme(mode: str) -> None:
    """Run the page again when the browser turns light or dark, so that figures follow.

    mode: what the figures were drawn for. Streamlit tells the new theme only with the next run.
    """
    _theme_watch()(key="theme_watch", data={"mode": mode}, height=1, on_changed_change=lambda: None)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component("lrd_actions", css=_CSS, js=_JS)


def browser_actions(
    actions: list[str], *, key: str, query: str = "", command: str = "", figure: str = ""
) -> None:
    """A row of small buttons: any of link, command, svg, png.

    query: the full query string of the view. figure: key of the chart that svg and png save.
    """
    data = {"actions": actions, "query": query, "command": command, "figure": figure}
    _component()(key=key, data=data, width="content", height="content")
