"""The app's name and sign above the pages: layers, and the valley that entropy makes in them."""

import streamlit as st

from lrd_core.plots.theme import OKABE_ITO
from pages._shared import widgets


def draw() -> None:
    """Put the wordmark into the side bar, in the colours of the theme."""
    look = widgets.look()
    sign = _SIGN.format(accent=OKABE_ITO[1], text=look.text, quiet=look.quiet)
    st.logo(sign, size="large")


_SIGN = """<svg xmlns="http://www.w3.org/2000/svg" width="232" height="44" viewBox="0 0 232 44">
<g stroke="{quiet}" stroke-width="2" stroke-linecap="round" opacity=".45">
<path d="M4 8h36M4 17h36M4 26h36M4 35h36"/></g>
<path d="M4 10c9 0 9 24 15 24s8-18 21-20" fill="none" stroke="{accent}" stroke-width="4"
stroke-linecap="round"/>
<text x="54" y="30" font-family="'Source Sans 3', 'Source Sans Pro', Helvetica, Arial, sans-serif"
font-size="25" font-weight="700" fill="{text}">LRD Explorer</text></svg>"""
