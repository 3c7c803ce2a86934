"""LRD Explorer: page settings, the global selection and the list of pages."""

from pathlib import Path

import streamlit as st

from lrd_core.views import stored as results
from pages._shared import brand, cache, doors, state, widgets

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
    """One run of the app for one visitor."""
    st.set_page_config(page_title="LRD Explorer", layout="wide")
    state.begin()
    folder = Path(__file__).parent / "pages"
    start, *others = (
        st.Page(folder / f"{name}.py", title=title, url_path=path, default=path == START)
        for path, name, title in PAGES
    )
    # The first page stands at the root; people type its name into the address all the same.
    alias = st.Page(
        lambda: st.switch_page(start, query_params=st.query_params),
        title="Overview",
        url_path="overview",
        visibility="hidden",
    )
    page = st.navigation([start, *others, alias])
    brand.draw()
    with widgets.frame(page.url_path or "overview"):
        cache.fill_empty_store()
        with st.sidebar:
            state.choose_selection(cache.read(results.runs), cache.read(results.scores))
            widgets.colour_chips()
        page.run()


if __name__ == "__main__":
    main()
else:  # `streamlit run` imports this file once, for the server that then runs it for each visitor
    app = st.App(__file__, middleware=doors.middleware())
