"""Claims in a real browser: a card a claim, filters in the address, the way to the view behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrd_core.actions.bundled import load_demo
from lrd_core.config import Config
from tests.browser.conftest import Visit, serve


@pytest.fixture(scope="module")
def bundled_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an app that holds the bundled results, published ones among them."""
    data_dir = tmp_path_factory.mktemp("claims") / "data"
    assert load_demo(Config(data_dir=data_dir))
    yield from serve(data_dir)


def cards(visit: Visit) -> list[str]:
    return [str(one).split()[0] for one in visit.page.locator("h2").all_inner_texts()]


def test_a_card_a_claim_with_verdicts_numbers_and_figure(
    bundled_server: str, visit: Visit, check_accessibility: Callable[[Visit], list[str]]
) -> None:
    visit.open(f"{bundled_server}/claims", "Claims")
    visit.figure("claims")
    assert cards(visit) == [f"L{n}" for n in range(1, 13)]
    first = visit.page.locator(".st-key-claim_L1")
    visit.figure("claim_L1_figure")
    words = first.inner_text()
    assert "Published values" in words and "holds" in words and "n=8 models" in words
    assert "Computed here" in words and "open" in words and "To settle it" in words
    first.get_by_role("button", name="How it is judged").click()
    visit.page.get_by_text("Rule:").first.wait_for()
    rule = visit.page.locator("[data-testid=stPopoverBody]").inner_text()
    assert "Layer by Layer, released results" in rule
    visit.page.keyboard.press("Escape")
    visit.settle()
    assert check_accessibility(visit) == []
    assert visit.faults == []


def test_filters_stand_in_the_address_and_a_link_restores_them(
    bundled_server: str, visit: Visit
) -> None:
    visit.open(f"{bundled_server}/claims?paper=all&verdict=contradicted", "Claims")
    assert "L10" in cards(visit) and "L1" not in cards(visit)
    visit.page.get_by_role("radio", name="not testable here", exact=True).click()
    visit.page.wait_for_function("location.search.includes('verdict=not')")
    visit.settle()
    assert "S1" in cards(visit)
    assert visit.faults == []


def test_a_card_leads_to_the_view_behind_it(bundled_server: str, visit: Visit) -> None:
    visit.open(f"{bundled_server}/claims?verdict=holds", "Claims")
    visit.page.locator(".st-key-open_L3 button").click()
    visit.wait_for("Depth")
    assert "metrics=Prompt" in visit.page.url
    visit.figure("depth")
    assert visit.faults == []


def test_it_can_be_downloaded_as_a_table(bundled_server: str, visit: Visit) -> None:
    visit.open(f"{bundled_server}/claims?paper=Attention+sinks", "Claims")
    visit.page.locator(".st-key-download_claims button").first.click()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="CSV, the data").first.click()
    table = Path(download.value.path()).read_text()
    assert table.count("published") >= 20 and "contradicted" in table
