"""A visitor's own texts in three steps: give them, look at them, run them; it ends on their map."""

import streamlit as st

from lrd_core.actions import own_texts as service
from lrd_core.actions.own_texts import MOST_TEXT_MB, PASTED, TEXT_SUFFIXES, OwnTexts
from lrd_core.config import load_config
from lrd_core.errors import LrdError
from lrd_core.numbers import whole
from lrd_core.views import runs
from lrd_core.views.words import counted
from pages._shared import jobs, state, widgets

NO_LABEL = "none"
_JOB, _KEPT = "_own_job", "_own_kept"


def draw() -> None:
    """The three steps, each once the one before is done."""
    with state.section("Your own texts, in three steps", key="own") as part:
        if not part.open:
            return
        if widgets.read_only():
            st.caption("This app only shows results; nothing can be added.")
            return
        one, two, three = widgets.side_by_side([2, 3, 2], key="own")
        with one:
            st.markdown("**1. Give them**")
            texts = _give()
        if texts is not None:
            with two:
                st.markdown("**2. Is this right?**")
                columns = _check(texts)
            with three:
                st.markdown("**3. Run them**")
                _run(texts, *columns)
        with three:
            _follow()


def _give() -> OwnTexts | None:
    """A file or pasted lines, read; None before there is one, or where it cannot be read."""
    file = st.file_uploader(
        "A file with a text a row",
        type=[suffix.removeprefix(".") for suffix in TEXT_SUFFIXES],
        key="own_file",
        max_upload_size=MOST_TEXT_MB,
        help="Columns sentence1, sentence2 and score make an STS task. A .txt has a text a line.",
    )
    pasted = st.text_area("Or paste them, a text a line", key="own_paste", height=110)
    if file is None and not pasted.strip():
        return None
    given = (PASTED, pasted.encode()) if file is None else (file.name, file.getvalue())
    try:
        return service.look_at(*given)
    except LrdError as error:
        widgets.error_box(error)
        return None


def _check(texts: OwnTexts) -> tuple[str, str, str | None]:
    """The first rows and what is what in them; gives name, text column and label column."""
    st.dataframe(
        texts.first, hide_index=True, key="own_preview", alt="The first rows of your texts."
    )
    text, label = texts.text, texts.label
    if texts.pairs:
        st.caption("Pairs of sentences: the columns are known by their names.")
    else:
        left, right = st.columns(2)
        # Another file has other columns: its pickers are others too.
        own = f"{texts.file_name}_{'_'.join(texts.columns)}"
        text = left.selectbox(
            "Text", texts.columns, texts.columns.index(texts.text), key=f"own_text_{own}"
        )
        labels = [NO_LABEL, *(name for name in texts.columns if name != text)]
        usual = labels.index(texts.label) if texts.label in labels else 0
        picked = right.selectbox("Label", labels, usual, key=f"own_label_{own}_{text}")
        label = None if picked == NO_LABEL else picked
    kept = st.session_state.get(_KEPT, ("", ""))
    mine = kept[0] == texts.mark
    free = kept[1] if mine else service.free_name(load_config(), texts.file_name)
    name = st.text_input("Name", free, key=f"own_name_{free}", max_chars=64)
    return name, text, label


def _run(texts: OwnTexts, name: str, text: str, label: str | None) -> None:
    """The models, how long it takes, and the button that keeps the texts and starts the work."""
    models = st.multiselect(
        "Models",
        runs.launch_choices().models,
        key="own_models",
        default=runs.launch_choices().models[:1],
    )
    if not models:
        st.caption("Choose at least one model.")
        return
    config = load_config()
    estimate = service.estimate(config, models, name, texts)
    size = whole(texts.run_size)
    of = "" if texts.run_size == texts.n else f" of {whole(texts.n)}"
    pressed = st.button(
        widgets.plain(f"Run {counted(len(models), 'model')} on {size}{of} texts"),
        type="primary",
        key="own_run",
    )
    st.caption(widgets.plain(f"Takes {estimate.sentence}."))
    if jobs.confirmed(pressed, estimate.question, key="own"):
        try:
            _start(texts, name, text, label, models)
        except LrdError as error:
            widgets.error_box(error)


def _start(texts: OwnTexts, name: str, text: str, label: str | None, models: list[str]) -> None:
    config = load_config()
    choice = (texts.mark, name, text, label)
    if st.session_state.get(_KEPT) != choice:
        service.keep(config, texts, name, text=text, label=label)
        st.session_state[_KEPT] = choice
    st.session_state[_JOB] = service.run(config, name, models, texts).id


def _follow() -> None:
    """The work that was started here, and the way to the map once it is done."""
    job_id = st.session_state.get(_JOB)
    if job_id is None:
        return
    jobs.live_job(job_id, key="own")
    view = runs.results_of(runs.job(load_config(), job_id))
    if view is not None and st.button("See your map", type="primary", key="own_map"):
        state.open_view(*view)
