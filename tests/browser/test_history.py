"""The browser's Back: the former view of the page, none in between, nothing for what is dragged."""

from tests.browser.conftest import WAIT_MS, Visit


def back(visit: Visit, address: str) -> None:
    """Go a step back and wait until the address ends so and the page stands."""
    visit.page.evaluate("history.back()")
    visit.page.wait_for_function(
        "wanted => (location.pathname + location.search).endsWith(wanted)",
        arg=address,
        timeout=WAIT_MS,
    )
    visit.page.wait_for_timeout(500)
    visit.settle()


def test_back_gives_each_view_that_was_chosen_and_none_in_between(
    app_server: str, visit: Visit
) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth")
    layer = visit.page.get_by_role("radio", name="Layer", exact=True).first
    layer.click()
    visit.page.wait_for_function("location.search === '?axis=Layer'")
    visit.settle()
    visit.page.get_by_role("link", name="Selection", exact=True).click()
    visit.wait_for("Selection")
    visit.page.get_by_role("radio", name="Families", exact=True).click()
    visit.page.wait_for_function("location.search === '?question=Families'")
    visit.settle()
    back(visit, "/selection")
    assert not visit.page.get_by_role("radio", name="Families", exact=True).is_checked()
    back(visit, "/depth?axis=Layer")
    visit.wait_for("Depth")
    assert layer.is_checked()
    back(visit, "/depth")
    assert not layer.is_checked()
    assert visit.faults == []


def test_a_slider_and_the_player_are_no_steps(app_server: str, visit: Visit) -> None:
    visit.open(f"{app_server}/trajectories", "Trajectories")
    visit.figure("paths")
    before = visit.page.evaluate("history.length")
    slider = visit.page.locator(".player input[type=range]").first
    slider.focus()
    slider.press("ArrowLeft")
    visit.page.wait_for_function("location.search !== ''")
    visit.settle()
    assert visit.page.evaluate("history.length") == before
    assert visit.faults == []


def test_back_while_presenting_gives_the_view_before_and_then_leaves(
    app_server: str, visit: Visit
) -> None:
    visit.open(f"{app_server}/depth", "Depth")
    visit.figure("depth")
    visit.page.get_by_text("Present", exact=True).click()
    visit.page.wait_for_function("location.search === '?present=true'")
    visit.settle()
    visit.page.mouse.move(400, 20)  # controls come back at the top edge
    visit.page.get_by_role("radio", name="Layer", exact=True).first.click()
    visit.page.wait_for_function("location.search.includes('axis=Layer')")
    visit.page.mouse.move(400, 600)
    visit.page.wait_for_timeout(2_000)  # the stage tells its height once the page stands
    visit.settle()
    back(visit, "/depth?present=true")
    assert not visit.page.locator("[data-testid=stSidebar]").is_visible()
    assert visit.figure("depth").locator(".xtitle").first.text_content() == "Depth (% of blocks)"
    back(visit, "/depth")
    visit.page.locator("[data-testid=stSidebar]").wait_for(timeout=WAIT_MS)
    # What hid the side bar goes before what hid the controls.
    visit.page.wait_for_function(
        "() => !document.querySelector('[data-lrd-off-stage]')", timeout=15_000
    )
    assert visit.faults == []
