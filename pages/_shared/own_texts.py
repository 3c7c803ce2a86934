"""A visitor's own texts wherever they are asked for: give them, look at them, keep them once."""

from dataclasses import dataclass

import streamlit as st

from lrd_core.actions import own_texts as service
from lrd_core.actions.own_texts import MOST_TEXT_MB, TEXT_SUFFIXES, OwnTexts
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from pages._shared import widgets

NO_LABEL = "none"


@dataclass(frozen=True)
class Columns:
    """What a visitor said of given texts: the task's name, the columns of text and label."""

    name: str
    text: str
    label: str | None


def give(key: str) -> OwnTexts | None:
    """A file or pasted lines, read; None before there is one, or where it cannot be read."""
    file = st.file_uploader(
        "A file with a text a row",
        type=[suffix.removeprefix(".") for suffix in TEXT_SUFFIXES],
        key=f"{key}_file",
        max_upload_size=MOST_TEXT_MB,
        help="Columns sentence1, sentence2 and score make an STS task. A .txt has a text a line.",
    )
    pasted = st.text_area(
        "Or paste them, a text a line",
        key=f"{key}_paste",
        height=110,
        help="Cells of a spreadsheet, with the names of the columns on top, keep their columns.",
    )
    if file is None and not pasted.strip():
        return None
    try:
        if file is None:
            return service.look_at_pasted(pasted)
        return service.look_at(file.name, file.getvalue())
    except LrdError as error:
        widgets.error_box(error)
        return None


def check(texts: OwnTexts, key: str) -> Columns:
    """The first rows and what is what in them; gives name, text column and label column."""
    st.dataframe(
        texts.first, hide_index=True, key=f"{key}_preview", alt="The first rows of your texts."
    )
    text, label = texts.text, texts.label
    if texts.pairs:
        st.caption("Pairs of sentences: the columns are known by their names.")
    else:
        left, right = st.columns(2)
        # Another file has other columns: its pickers are others too.
        own = f"{texts.file_name}_{'_'.join(texts.columns)}"
        text = left.selectbox(
            "Text", texts.columns, texts.columns.index(texts.text), key=f"{key}_text_{own}"
        )
        labels = [NO_LABEL, *(name for name in texts.columns if name != text)]
        usual = labels.index(texts.label) if texts.label in labels else 0
        picked = right.selectbox("Label", labels, usual, key=f"{key}_label_{own}_{text}")
        label = None if picked == NO_LABEL else picked
    kept = st.session_state.get(_kept(key), ("", ""))
    mine = kept[0] == texts.mark
    free = kept[1] if mine else service.free_name(load_config(), texts.file_name)
    name = st.text_input("Name", free, key=f"{key}_name_{free}", max_chars=64)
    return Columns(name, text, label)


def keep(texts: OwnTexts, columns: Columns, key: str) -> None:
    """Keep them as a task, unless the same were kept just now. Raises: LrdError as the service."""
    choice = (texts.mark, columns.name, columns.text, columns.label)
    if st.session_state.get(_kept(key)) != choice:
        service.keep(load_config(), texts, columns.name, text=columns.text, label=columns.label)
        st.session_state[_kept(key)] = choice


def _kept(key: str) -> str:
    return f"_{key}_kept"
