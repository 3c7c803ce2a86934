"""LRD Explorer: page settings, the global selection and the list of pages."""

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="LRD Explorer", layout="wide")

from lrd_core.services import results  # noqa: E402  the page's settings come first
from pages._shared import brand, cache, state, widgets  # noqa: E402

PAGES = (
    ("overview", "Overview"),
    ("depth", "Depth"),
    ("trajectories", "Trajectories"),
    ("neighbourhoods", "Neighbourhoods"),
    ("selection", "Selection"),
    ("pruning", "Pruning"),
    ("runs", "Runs"),
    ("data", "Data"),
)


def main() -> None:
    state.begin()
    folder = Path(__file__).parent / "pages"
    page = st.navigation(
        [
            st.Page(folder / f"{name}.py", title=title, url_path=name, default=name == "overview")
            for name, title in PAGES
            if (folder / f"{name}.py").exists()
        ]
    )
    brand.draw()
    with widgets.frame(page.url_path or "overview"):
        cache.fill_empty_store()
        with st.sidebar:
            state.choose_selection(cache.read(results.runs), cache.read(results.scores))
            widgets.colour_chips()
        page.run()


main()
