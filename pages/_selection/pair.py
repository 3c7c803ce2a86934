"""Side by side: the two models' scores and numbers beside each other, above what all models say."""

from lrd_core.config import Config
from lrd_core.views.evidence import EvidenceRequest
from lrd_core.views.pairs import VALUES, PairRequest, PairView, pair_of
from lrd_core.views.score_tables import score_table
from pages._selection import evidence
from pages._shared import cache, state, widgets


def draw() -> None:
    """One figure, a row a number."""
    every = state.switch("Every number of the two", key="pair_all")
    widgets.draw_pair(cache.read(_pair, PairRequest(state.selection(), every)), "pair")


def _pair(config: Config, request: PairRequest) -> PairView:
    """From the numbers of all models that the page keeps."""
    settings = dict(request.selection.settings)
    levels = [evidence.levels(EvidenceRequest(kind, settings=settings)) for kind in VALUES]
    return pair_of(config, request, levels, cache.read(score_table, "english"))
