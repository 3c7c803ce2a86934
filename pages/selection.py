"""Selection: which label-free metric predicts which task, which model and which layer to take."""

from lrd_core.views import stored
from pages._selection import ask, correlations, families, layers, pair, panel, recommender
from pages._shared import cache, state, widgets

QUESTIONS = {
    "evidence": "Which metric predicts which task",
    "models": "Recommend a model",
    "layers": "Choose a layer",
    "ask": "For my texts",
    "families": "Families",
    "panel": "The panel's 31 models",
}
DRAW = {
    "evidence": correlations.draw,
    "models": recommender.draw,
    "layers": layers.draw,
    "ask": ask.draw,
    "families": families.draw,
    "panel": panel.draw,
}

runs, scores = cache.read(stored.runs), cache.read(stored.scores)
if runs.empty and scores.empty:
    widgets.page_header("Selection", "The store holds neither metrics nor scores yet.")
    widgets.empty_state(
        "Nothing to choose from yet",
        "Choosing without labels needs two things: metrics of several models, and measured scores "
        "on some tasks to learn from. Both can be computed here or imported.",
        button="Start a run",
        page="pages/runs.py",
        command="python -m lrd_core import RESULTS",
        key="selection",
    )
else:
    layered = bool(scores["layer"].notna().any())
    measured = bool(len(set(runs["model"]) & set(scores["model"])) > 1)
    question = state.choose_one(
        "Question",
        list(QUESTIONS),
        key="question",
        show=QUESTIONS.__getitem__,
        default="layers" if layered and not measured else "evidence",
        label_visibility="collapsed",
    )
    if state.side_by_side():
        pair.draw()
    DRAW[question]()
