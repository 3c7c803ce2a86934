"""The frame in a real browser: deep links, the side bar on every page, copy link, themes."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.conftest import WAIT_MS, Visit, serve
from tests.example_store import HOSTILE


def query(address: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address).query, keep_blank_values=True)


def test_an_empty_store_shows_the_next_step(empty_server: str, visit: Visit) -> None:
    visit.open(empty_server + "/depth", "Depth")
    visit.page.get_by_text("python -m lrd_core run").wait_for(timeout=WAIT_MS)
    assert visit.faults == []


def test_the_first_visitor_may_come_by_a_deep_link(tmp_path: Path, visit: Visit) -> None:
    for address in serve(tmp_path / "data"):
        visit.open(address + "/depth?axis=Layer", "Depth")
        visit.page.get_by_text("Models and tasks can be chosen here").wait_for(timeout=WAIT_MS)


def test_the_name_of_the_first_page_leads_to_it_with_its_view(
    app_server: str, visit: Visit
) -> None:
    visit.open(f"{app_server}/overview?models=SmolLM2-135M", "Overview")
    assert not visit.page.get_by_text("Page not found").count()
    chips = visit.page.locator(".st-key-models [data-tag]")
    assert chips.all_inner_texts() == ["SmolLM2-135M"]


def test_a_deep_link_restores_the_view(app_server: str, visit: Visit) -> None:
    view = "models=SmolLM2-135M&tasks=kjv&metrics=NRS&axis=Layer&view=Small+multiples&table=true"
    visit.open(f"{app_server}/depth?{view.replace('NRS', 'Dataset+entropy')}", "Depth")
    figure = visit.figure("depth")
    assert "Dataset entropy" in figure.inner_text()
    assert figure.locator(".xtitle").first.text_content() == "Layer"
    assert visit.page.get_by_role("radio", name="Small multiples").is_checked()
    chips = visit.page.locator(".st-key-models [data-tag]")
    assert chips.all_inner_texts() == ["SmolLM2-135M"]
    assert query(visit.address())["tasks"] == ["kjv"]


def test_pages_share_the_selection_and_it_stays_in_the_address(
    app_server: str, visit: Visit
) -> None:
    visit.open(f"{app_server}/depth?models=SmolLM2-135M&axis=Layer", "Depth")
    visit.page.get_by_role("link", name="Overview").click()
    visit.wait_for("Overview")
    assert query(visit.address()) == {"models": ["SmolLM2-135M"]}
    assert visit.page.locator(".st-key-models [data-tag]").all_inner_texts() == ["SmolLM2-135M"]
    visit.page.get_by_role("link", name="Depth").click()
    visit.wait_for("Depth")
    visit.page.wait_for_function("location.search.includes('axis=Layer')")
    assert query(visit.address())["models"] == ["SmolLM2-135M"]


def test_a_copied_link_names_the_whole_view_and_gives_it_again(
    app_server: str, visit: Visit
) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth")
    visit.page.get_by_role("radio", name="Layer", exact=True).click()
    visit.page.wait_for_function("location.search.includes('axis=Layer')")
    visit.settle()
    visit.page.get_by_role("button", name="Copy link").first.click()
    visit.page.get_by_role("button", name="Copied").first.wait_for()
    link = visit.page.evaluate("navigator.clipboard.readText()")
    named = query(link)
    assert named["models"] == ["all-MiniLM-L6-v2", "SmolLM2-135M", HOSTILE]
    assert named["axis"] == ["Layer"]
    assert {"tasks", "metrics", "view", "band"} <= set(named)
    visit.open(link, "Depth")
    assert visit.figure("depth").locator(".xtitle").first.text_content() == "Layer"


def test_presenting_hides_the_side_bar_and_enlarges_text(app_server: str, visit: Visit) -> None:
    visit.open(f"{app_server}/depth?present=true", "Depth")
    figure = visit.figure("depth")
    assert not visit.page.locator("[data-testid=stSidebar]").is_visible()
    size = figure.locator(".annotation-text").first.evaluate("e => getComputedStyle(e).fontSize")
    assert size == "18px"


@pytest.mark.parametrize("visit", [{"viewport": {"width": 1440, "height": 900}}], indirect=True)
def test_the_figure_fills_the_screen_and_escape_leaves(app_server: str, visit: Visit) -> None:
    visit.open(f"{app_server}/depth?present=true", "Depth")
    visit.figure("depth")
    controls = visit.page.locator(".st-key-depth_controls")
    visit.page.wait_for_function(
        """() => {
          const box = document.querySelector(".js-plotly-plot").getBoundingClientRect();
          return box.top < 200 && box.bottom > 860 && box.bottom <= 900;
        }""",
        timeout=WAIT_MS,
    )
    # Buttons that come and go beside the caption must not move the figure.
    stands = """() => {
      const box = (name) => document.querySelector(name).getBoundingClientRect();
      const buttons = box(".st-key-frame_actions");
      return box(".js-plotly-plot").top - box(".lrd-sentence").bottom < 40 && buttons.height < 60
        && buttons.right <= window.innerWidth;
    }"""
    visit.page.get_by_role("button", name="Scenes").wait_for()
    assert visit.page.evaluate(stands)
    hidden = "e => !!e.closest('[data-lrd-off-stage]') && getComputedStyle("
    hidden += "e.closest('[data-lrd-off-stage]')).opacity === '0'"
    assert controls.evaluate(hidden)
    visit.page.mouse.move(400, 20)
    visit.page.wait_for_function("document.documentElement.hasAttribute('data-lrd-controls')")
    assert not controls.evaluate(hidden)
    visit.page.mouse.move(400, 600)
    visit.page.keyboard.press("Escape")
    visit.page.locator("[data-testid=stSidebar]").wait_for()
    visit.settle()
    assert "present" not in visit.address()
    assert not visit.page.locator("[data-lrd-off-stage]").count()
    assert visit.faults == []


def test_names_from_outside_are_text_everywhere(app_server: str, visit: Visit) -> None:
    visit.page.add_init_script("window.alert = () => { window.alerted = true; }")
    visit.open(f"{app_server}/depth?table=true&spread=true", "Depth")
    visit.figure("depth")
    visit.open(app_server, "Overview")
    assert visit.page.evaluate("window.alerted === undefined")
    assert visit.page.locator("strong", has_text="bold").count() == 0
    assert visit.page.locator(".katex").count() == 0


def test_figures_and_data_can_be_downloaded(app_server: str, visit: Visit) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth")
    for caption, suffix in (("SVG", "svg"), ("PNG", "png"), ("CSV", "csv"), ("HTML", "html")):
        menu = visit.page.locator(".st-key-download_depth [data-testid=stPopoverButton]").first
        button = visit.page.get_by_role("button", name=re.compile(f"^{caption}")).first
        if not button.is_visible():
            menu.click()
        with visit.page.expect_download() as download:
            button.click()
        assert download.value.suggested_filename == f"depth.{suffix}"
        content = Path(download.value.path()).read_bytes()
        assert len(content) > 1000
        if suffix == "csv":
            assert content.startswith(b"model,revision,task")
        if suffix == "svg":
            assert b"<svg" in content


def test_the_figure_follows_the_theme_of_the_browser(app_server: str, visit: Visit) -> None:
    visit.page.emulate_media(color_scheme="light")
    visit.open(f"{app_server}/depth", "Depth")
    fill = "e => getComputedStyle(e).fill"
    title = visit.figure("depth").locator(".xtitle").first
    light = title.evaluate(fill)
    visit.page.emulate_media(color_scheme="dark")
    visit.page.wait_for_function(
        "light => getComputedStyle(document.querySelector('.xtitle')).fill !== light", arg=light
    )


@pytest.mark.parametrize("visit", [{"viewport": {"width": 1024, "height": 900}}], indirect=True)
def test_a_narrow_window_has_no_sideways_scrolling(app_server: str, visit: Visit) -> None:
    for path, heading in (("/", "Overview"), ("/depth", "Depth")):
        visit.open(app_server + path, heading)
        visit.page.locator(".js-plotly-plot .main-svg").first.wait_for()
        main = visit.page.locator("[data-testid=stMain]")
        assert main.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
