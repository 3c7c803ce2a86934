"""LRD Explorer: page settings, the global selection and the list of pages."""

from pathlib import Path

import streamlit as st

st.set_page_config(page_title="LRD Explorer", layout="wide")

from lrd_core.services import results  # noqa: E402  the page's settings come first
from pages._shared import brand, cache, state, widgets  # noqa: E402

START = "start"
PAGES = (
    (START, "overview", "Overview"),
    ("depth", "depth", "Depth"),
    ("trajectories", "trajectories", "Trajectories"),
    ("neighbourhoods", "neighbourhoods", "Neighbourhoods"),
    ("selection", "selection", "Selection"),
    ("pruning", "pruning", "Pruning"),
    ("runs", "runs", "Runs"),
    ("data", "data", "Data"),
    ("metrics", "metrics", "Metrics"),
)


def main() -> None:
    state.begin()
    folder = Path(__file__).parent / "pages"
    start, *others = (
        st.Page(folder / f"{name}.py", title=title, url_path=path, default=path == START)
        for path, name, title in PAGES
    )
    # The first page stands at the root; people type its name into the address all the same.
    alias = st.Page(
        lambda: st.switch_page(start, query_params=st.query_params),
        title="Overview", url_path="overview", visibility="hidden",
    )  # fmt: skip
    page = st.navigation([start, *others, alias])
    brand.draw()
    with widgets.frame(page.url_path or "overview"):
        cache.fill_empty_store()
        with st.sidebar:
            state.choose_selection(cache.read(results.runs), cache.read(results.scores))
            widgets.colour_chips()
        page.run()


main()
