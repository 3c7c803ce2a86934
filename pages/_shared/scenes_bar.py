"""The bar of presenting mode: title and sentences of a scene, previous and next, own scenes.

Going to a scene is a step in the browser's history, so a scene is exactly its address: the
browser's own back button, the arrow keys and the buttons all lead to the same view.
"""

import html
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import streamlit as st

from lrd_core.actions import scenes as service
from lrd_core.actions.scenes import Scene
from lrd_core.config import load_config
from lrd_core.errors import LrdError

_CSS = """
div.row { display: flex; gap: .5rem; align-items: center; }
button {
  font: inherit; font-size: 1rem; padding: .35rem .9rem; cursor: pointer;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid color-mix(in srgb, var(--st-text-color) 35%, transparent);
  border-radius: var(--st-button-radius, .375rem);
}
button:hover:not(:disabled) { border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: .45; cursor: default; }
"""

_JS = """
// One listener at a time: each rerun gives new addresses, and an old one would act too.
let listener = null;

function go(address) {
  if (address === null) return;
  const folder = location.pathname.replace(/[^/]*$/, "");
  history.pushState(null, "", folder + address);
  window.dispatchEvent(new PopStateEvent("popstate"));
}

function typing(event) {
  const target = event.composedPath()[0];
  return target.closest && target.closest(
    'input:not([type="checkbox"]), textarea, select, [contenteditable="true"], [role="slider"], '
    + '[role="radiogroup"], [role="tablist"], [role="listbox"], [role="combobox"], '
    + '[role="grid"], canvas');
}

export default function ({ data, parentElement }) {
  let row = parentElement.querySelector("div.row");
  if (!row) {
    row = document.createElement("div");
    row.className = "row";
    parentElement.appendChild(row);
  }
  row.replaceChildren();
  for (const [caption, address] of [["Previous", data.previous], ["Next", data.next]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = caption;
    button.disabled = address === null;
    button.onclick = () => go(address);
    row.appendChild(button);
  }
  document.removeEventListener("keydown", listener);
  listener = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || typing(event)) return;
    if (event.key === "ArrowRight") go(data.next);
    if (event.key === "ArrowLeft") go(data.previous);
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}
"""

STYLE = """
<style>
.lrd-scene { font-size: 1.35rem; font-weight: 600; margin: 0; }
.lrd-scene-text { font-size: 1.2rem; line-height: 1.4; max-width: 80rem; margin: 0; }
</style>
"""


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component("lrd_scenes", css=_CSS, js=_JS)


def draw() -> None:
    """Title, sentences and the two buttons; nothing where there are no scenes."""
    scenes = service.load_scenes(load_config())
    if not scenes:
        return
    keys = [scene.key for scene in scenes]
    here = st.query_params.get("scene", "")
    place = keys.index(here) if here in keys else -1
    before = scenes[place - 1].address() if place > 0 else None
    after = scenes[place + 1].address() if place + 1 < len(scenes) else None
    left, right = st.columns([5, 1], vertical_alignment="top")
    with left:
        st.html(STYLE + _words(scenes, place))
    with right.container(horizontal=True, horizontal_alignment="right"):
        _component()(
            key="scene_steps",
            data={"previous": before, "next": after},
            width="content",
            height="content",
        )


def _words(scenes: tuple[Scene, ...], place: int) -> str:
    if place < 0:
        count = f"{len(scenes)} scenes" if len(scenes) > 1 else "One scene"
        return f'<p class="lrd-scene-text">{count}: Next, or the right arrow key, starts.</p>'
    scene = scenes[place]
    return (
        f'<p class="lrd-scene">{place + 1} of {len(scenes)}. {html.escape(scene.title)}</p>'
        f'<p class="lrd-scene-text">{html.escape(scene.text)}</p>'
    )


def keep(page: str, query: str) -> None:
    """Save this view as a scene; download and upload scene files.

    page: the name of the page that is shown. query: the full query string of its view.
    """
    config = load_config()
    with st.popover("Scenes", key="scenes"):
        title = st.text_input("Title of this view", key="scene_title", max_chars=120)
        text = st.text_area("Two sentences about it", key="scene_text", max_chars=600)
        if title:
            try:
                scene = service.new_scene(title, text, page, parse_qs(query))
            except LrdError as error:
                st.caption(html.escape(str(error)))
                return
            st.download_button(
                "Download as a scene file",
                data=service.scenes_json([scene]),
                file_name="scene.json",
                mime="application/json",
                key="scene_file",
                on_click="ignore",
            )
            if not config.read_only:
                st.button("Save here", key="scene_save", on_click=_save, args=([scene],))
        if config.read_only:
            st.caption("This app only shows results; scenes can be downloaded, not saved here.")
            return
        file = st.file_uploader(
            "Add a scene file", type="json", key="scene_upload", max_upload_size=1
        )
        if file is not None:
            st.button("Add its scenes", key="scene_add", on_click=_add, args=(file.getvalue(),))
        _own_scenes()


def _own_scenes() -> None:
    own = [scene for scene in service.load_scenes(load_config()) if scene.own]
    if not own:
        return
    st.download_button(
        f"Download the {len(own)} saved here",
        data=service.scenes_json(own),
        key="scene_all",
        file_name="scenes.json",
        mime="application/json",
        on_click="ignore",
    )
    chosen = st.selectbox(
        "Delete a saved scene",
        own,
        index=None,
        key="scene_gone",
        format_func=lambda scene: scene.title,
    )
    if chosen is not None:
        st.button("Delete it", key="scene_delete", on_click=_delete, args=(chosen,))


def _save(scenes: list[Scene]) -> None:
    try:
        service.save_scenes(load_config(), scenes)
        st.toast("Saved; it is the last scene now")
    except LrdError as error:
        st.toast(html.escape(str(error)))


def _add(content: bytes) -> None:
    try:
        _save(list(service.parse_scenes(content)))
    except LrdError as error:
        st.toast(html.escape(str(error)))


def _delete(scene: Scene) -> None:
    try:
        service.delete_scene(load_config(), scene)
    except LrdError as error:
        st.toast(html.escape(str(error)))
