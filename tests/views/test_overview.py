"""The Overview at the panel's scale: what it says beside its headline."""

from lrd_core.config import Config
from lrd_core.views import coverage, stored
from lrd_core.views.overview import overview
from lrd_core.views.strips import StripsView
from lrd_core.views.view import Selection
from tests.panel_store import fill_panel


def test_no_finding_repeats_the_headline_of_many_models(config: Config) -> None:
    fill_panel(config)
    runs, scores = stored.runs(config), stored.scores(config)
    tasks, order = coverage.default_tasks(runs, scores), coverage.model_order(runs, scores)
    models = coverage.default_models(runs, tasks, order)
    shown = overview(config, Selection(tuple(models), tuple(tasks), {}, order))
    assert shown is not None and isinstance(shown.headline, StripsView)
    assert shown.headline.sentence and shown.findings
    assert shown.headline.sentence not in shown.findings
