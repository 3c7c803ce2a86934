"""What counts as evidence: its controls, what they choose, what to do where it is too little."""

import streamlit as st

from lrd_core.config import Config, load_config
from lrd_core.views import evidence
from lrd_core.views.command_text import FIRST_MODEL, FIRST_TASK, command
from lrd_core.views.evidence import (
    At,
    EvidenceChoices,
    EvidenceRequest,
    Levels,
    ModelEvidence,
    Values,
)
from lrd_core.views.score_tables import score_table
from pages._shared import cache, state, widgets

VALUES: dict[Values, str] = {"exact": "Computed here", "published": "Imported, published formula"}
AT: dict[At, str] = {"last": "Last layer", "best": "Best layer"}


def choose() -> EvidenceRequest:
    """The controls of the evidence."""
    offered: EvidenceChoices = cache.read(evidence.choices)
    at = state.choose_one("Score of the", list(AT), key="at", show=AT.__getitem__)
    values = offered.values[0]
    if len(offered.values) > 1:
        values = state.choose_one(
            "Metric values", offered.values, key="values", show=VALUES.__getitem__
        )
    with st.popover("Filter", help="Families and task types"):
        families = state.choose_many("Families", offered.families, key="families")
        types = state.choose_many("Task types", offered.task_types, key="types")
    return EvidenceRequest(
        values=values,
        at=at,
        families=tuple(families),
        task_types=tuple(types),
        settings=dict(state.selection().settings),
    )


def read(request: EvidenceRequest) -> ModelEvidence:
    """The evidence, kept by the tables that it is read from: jobs that write others leave it.

    All visitors share it, as they share what cache.read gives: it is to be read only.
    """
    return _evidence(cache.read(evidence.version), load_config(), request)


@st.cache_resource(max_entries=16, show_spinner=False)
def _evidence(version: str, _config: Config, request: EvidenceRequest) -> ModelEvidence:
    levels = _levels(version, _config, request.of_levels)
    return evidence.correlate(levels, cache.read(score_table, request.subsets), request)


def levels(request: EvidenceRequest) -> Levels:
    """The numbers of all models that the evidence is made from, kept and shared alike."""
    return _levels(cache.read(evidence.version), load_config(), request.of_levels)


@st.cache_resource(max_entries=8, show_spinner=False)
def _levels(version: str, _config: Config, request: EvidenceRequest) -> Levels:
    """What does not depend on the scores, for when only the layer or the task types change."""
    return evidence.stored_levels(_config, request)


def too_little(found: ModelEvidence) -> None:
    """What to do where too few models share a task."""
    widgets.page_header("Selection", found.shared_models)
    widgets.empty_state(
        "Not enough to compare models yet",
        "A correlation across models needs at least four models with metrics and a score on the "
        "same task. Run more models, score them, or import scores.",
        button="Start a run",
        page="pages/runs.py",
        command=command("scores", model=FIRST_MODEL, task=FIRST_TASK),
        key="too_little",
    )
    st.dataframe(found.coverage, hide_index=True, alt="What is there")
