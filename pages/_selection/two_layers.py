"""Choose a layer, side by side: the curves and the choices of two models beside each other."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from lrd_core.numbers import counted
from lrd_core.views import best_layer, layer_choice
from lrd_core.views.best_layer import BestLayer, LayerRequest
from lrd_core.views.layer_choice import Scored
from lrd_core.views.score_tables import Subsets
from lrd_core.views.words import joined
from pages._shared import cache, state, two, widgets

NOTHING = "It has no scores at every layer."


def draw(subjects: Sequence[Scored], table: pd.DataFrame, subsets: Subsets) -> bool:
    """Both models on the tasks that they share; False, with the reason, where one has no scores."""
    names = state.selection().models
    found = [layer_choice.subject_named(subjects, name) for name in names]
    missing = [name for name, entry in zip(names, found, strict=True) if entry is None]
    if missing:
        st.caption(widgets.plain(f"{joined(missing)}: no scores at every layer, so one is shown."))
        return False
    both = [entry for entry in found if entry is not None]
    shared = tuple(task for task in both[0].tasks if task in both[1].tasks)
    if not shared:
        st.caption("The two share no task with scores at every layer, so one is shown.")
        return False
    views = [_of(entry, shared, table, subsets) for entry in both]
    told = " ".join(one.curve.sentence for one in views)
    widgets.page_header("Selection", told)
    st.caption(
        widgets.plain(
            f"Over {counted(len(shared), 'task')} that both have at every layer: "
            f"{joined(shared, most=6)}. Turn Side by side off to take a layer."
        )
    )
    same_depth = both[0].num_blocks == both[1].num_blocks
    scores = [one.curve.scores for one in views]
    # Each knows the other's scores: names are placed by the scale, which is one for both.
    curves = [
        replace(one.curve, beside=other) for one, other in zip(views, scores[::-1], strict=True)
    ]
    two.draw(curves, names, "sides_layers", NOTHING, axes="x" if same_depth else "")
    st.markdown("**What each way to choose a layer gives**")
    # The sentence stands above the curves already.
    ways = [replace(one.strategies, sentence="", alt=one.strategies.sentence) for one in views]
    two.draw(ways, names, "sides_strategies", NOTHING, axes="x")
    for one in views:
        if one.note:
            st.caption(widgets.plain(f"{one.scored.subject}: {one.note}"))
    return True


def _of(entry: Scored, tasks: tuple[str, ...], scores: pd.DataFrame, subsets: Subsets) -> BestLayer:
    held = cache.read(layer_choice.metrics_for, entry)
    metrics = tuple(one for one in layer_choice.default_metrics() if one in held)
    request = LayerRequest(entry.subject, metrics, tasks, subsets)
    own = scores[scores["model"] == entry.model]
    found: BestLayer = cache.read(best_layer.best_layer, request, own)
    return found
