"""What pages share. Importing it makes app.py the only entrance, whatever address comes first.

Streamlit runs the files of a folder called pages/ by themselves until st.navigation was called
once; a first visitor who follows a deep link would see a page without its frame. The flag that
decides is turned off here, and a run that began without it starts again through app.py.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

began_without_frame = PagesManager.uses_pages_directory is True
PagesManager.uses_pages_directory = False
if began_without_frame:
    st.rerun()
