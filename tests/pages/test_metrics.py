"""A page for each quantity: its card, how it is computed, what it is for the chosen models."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lrd_core.config import Config
from lrd_core.metrics import all_metrics
from lrd_core.metrics.registry import find_series, owner_of
from lrd_core.views import metrics as metric_pages

Open = Callable[..., AppTest]


def words(app: AppTest) -> str:
    return " ".join(element.value for element in [*app.markdown, *app.caption])


ONE_OF_EACH_KIND = ("LiDAR", "Path curvature", "Straightness", "Layer-to-layer distance")
"""A value a layer, a transition's neighbour, one number a model, a matrix: each drawn its way."""


def test_every_kind_of_quantity_has_a_page_of_its_own(
    filled_store: Config, open_page: Open
) -> None:
    app = open_page("metrics")
    for label in ONE_OF_EACH_KIND:
        name = next(n for n, said in metric_pages.series_names().items() if said == label)
        app.selectbox(key="metric").set_value(name).run()
        assert not app.exception
        assert not app.error
        said = words(app)
        for part in (f"**{label}**", "**Range.**", "**Reading.**", "**Pitfalls.**", "Source: "):
            assert part in said, (label, part)
        assert "python -m lrd_core run" in app.code[0].value


@pytest.mark.parametrize("label", sorted(metric_pages.series_names().values()))
def test_every_quantity_is_explained_in_full(label: str) -> None:
    name = next(n for n, said in metric_pages.series_names().items() if said == label)
    card = find_series(name).card
    assert all([card.definition, card.range, card.reading, card.pitfalls])
    assert owner_of(name).source


def test_what_the_store_holds_is_drawn_and_the_rest_is_said(
    filled_store: Config, open_page: Open
) -> None:
    drawn = open_page("metrics", metric="Prompt entropy")
    assert len(drawn.get("plotly_chart")) == 1
    assert "falls to 0.41 at layer 12 of 30" in words(drawn).replace("\\", "")
    assert "have no value of it" in words(open_page("metrics", metric="LiDAR"))


def test_an_empty_store_still_explains(empty_store: Config, open_page: Open) -> None:
    app = open_page("metrics", metric="DiME")
    assert not app.exception
    assert "**DiME**" in words(app)


def test_the_catalogue_names_each_series_once() -> None:
    table = metric_pages.catalogue()
    assert len(table) == sum(len(metric.series) for metric in all_metrics())
    assert table["Quantity"].is_unique
    assert not table.isna().any(axis=None)


def test_a_metric_says_its_modes_parameters_and_commands() -> None:
    entropy = owner_of("prompt_entropy")
    assert "mode exact or published" in metric_pages.how_computed(entropy)
    lines = metric_pages.commands(entropy, ["a b"], ["news"]).splitlines()
    assert lines[1].endswith("--model 'a b' --task news --metrics prompt_entropy:published")
