"""The panel: which of its 31 models have metrics, scores, scores by layer, and from where."""

from lrd_core.views.panel_models import PanelRequest, PanelView, panel_models
from pages._shared import cache, state, widgets


def draw() -> None:
    """One figure, a row a model; the same as a table."""
    view: PanelView = cache.read(panel_models, PanelRequest())
    widgets.page_header("Selection", view.sentence)
    widgets.draw(view, "panel")
    with state.section("Table", key="panel_table") as part:
        if part.open:
            part.dataframe(view.table, hide_index=True)
