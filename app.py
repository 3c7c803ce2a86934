"""LRD Explorer: page settings, the global selection and the list of pages."""

from pathlib import Path

import streamlit as st

from lrd_core.views import offered, pages
from pages._shared import (
    brand,
    cache,
    doors,
    frame,
    global_selection,
    picker,
    sides,
    state,
    widgets,
)

ROOT = Path(__file__).parent


def main() -> None:
    """One run of the app for one visitor."""
    st.set_page_config(page_title="LRD Explorer", layout="wide")
    state.begin()
    start, *others = (_page(page) for page in pages.PAGES)
    # The first page stands at the root; people type its name into the address all the same.
    alias = st.Page(
        lambda: st.switch_page(start, query_params=st.query_params),
        title=pages.PAGES[0].title,
        url_path=pages.PAGES[0].name,
        visibility="hidden",
    )
    page = st.navigation([start, *others, alias])
    brand.draw()
    name = page.url_path or pages.PAGES[0].name
    with frame.around(name):
        cache.fill_empty_store()
        with st.sidebar:
            found = cache.read(offered.offered)
            two = sides.choose(found)
            idle = two is None and not next(one.selects for one in pages.PAGES if one.name == name)
            if idle and found.models:
                st.caption("For the other pages: this one looks at the whole store.")
            global_selection.choose(found, picker.pick, two)
            widgets.colour_chips()
        page.run()


def _page(page: pages.Page) -> st.Page:
    first = page is pages.PAGES[0]
    # The path "start" is never seen: the default page's address is the root.
    path = "start" if first else page.name
    return st.Page(ROOT / page.script, title=page.title, url_path=path, default=first)


if __name__ == "__main__":
    main()
else:  # `streamlit run` imports this file once, for the server that then runs it for each visitor
    app = st.App(__file__, middleware=doors.middleware())
