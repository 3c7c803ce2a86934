"""The keyboard alone through every page: Tab reaches every control, is seen there, and goes on.

One browser and one server for all pages. What colours and names of controls have to be is tested
with axe, in test_pages.py.
"""

from typing import Any

from lrd_core.views import pages
from tests.browser.conftest import Visit

MOST_STOPS = 160
"""More than any page has; whoever needs as many is caught."""

ONE_STOP_EACH = (
    "() => [...document.querySelectorAll('.modebar')].every(bar => "
    "[...bar.querySelectorAll('.modebar-btn')].filter(one => one.tabIndex === 0).length === 1)"
)
"""Toolbars are arranged, a moment after figures are drawn."""

SCRIPT = """
window.__stops = (() => {
  const inner = (node) => (node && node.shadowRoot && node.shadowRoot.activeElement) || node;
  const looks = (node) => {
    const parts = [];
    for (let at = node, up = 0; at && at.nodeType === 1 && up < 4; at = at.parentElement, up++) {
      const style = getComputedStyle(at);
      parts.push(style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor,
        style.backgroundColor, style.color, style.textDecorationLine);
    }
    return parts.join("|");
  };
  // Of buttons of which one is chosen, the arrow keys reach the others.
  const told = (node) => `${node.tagName.toLowerCase()}.${String(node.className).slice(0, 40)} `
    + (node.getAttribute("aria-label") || node.innerText || "").trim().slice(0, 40);
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (one) => (one.shadowRoot ? [one, ...within(one.shadowRoot)] : [one]));
  const seen = (node) => node.getClientRects().length > 0
    && getComputedStyle(node).visibility !== "hidden" && !node.closest("[inert]");
  const wanted = within(document).filter((one) => one.tabIndex >= 0 && !one.disabled && seen(one)
    && one.matches("a[href], button, input, select, textarea, summary, [tabindex]"));
  const before = new Map(wanted.map((one) => [one, looks(one)]));
  return {
    // [name, whether it looks other than without the focus, which stop of the page it is]
    now: () => {
      const node = inner(document.activeElement);
      if (!node || node === document.body) return null;
      // A table is a canvas, which draws the ring of its cell itself.
      const shown = before.get(node) !== looks(node) || node.matches("canvas");
      return [told(node), shown, wanted.indexOf(node)];
    },
    missed: (reached) => wanted.filter((one, at) => !reached.includes(at)
      && one.type !== "radio" && one.getAttribute("role") !== "radio"
      && !one.contains(inner(document.activeElement))).map(told),
  };
})();
"""


def walk(visit: Visit) -> tuple[list[list[Any]], list[str]]:
    """Each stop of the Tab key once round a page, and the controls that it never came to."""
    page = visit.page
    page.wait_for_function(ONE_STOP_EACH)
    page.evaluate(
        "() => { document.activeElement.blur(); window.getSelection().removeAllRanges(); }"
    )
    page.evaluate(SCRIPT)
    stops: list[list[Any]] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        page.wait_for_timeout(30)
        stop = page.evaluate("window.__stops.now()")
        if stop is None or (stops and stop[2] >= 0 and stop[2] == stops[0][2]):
            break  # once round
        stops.append(stop)
    missed = page.evaluate("reached => window.__stops.missed(reached)", [s[2] for s in stops])
    return stops, missed


def test_tab_reaches_every_control_of_every_page_and_shows_where_it_is(
    app_server: str, visit: Visit
) -> None:
    faults = []
    for one in pages.PAGES:
        visit.open(f"{app_server}/{one.name}", one.title)
        visit.page.wait_for_timeout(1_000)
        visit.settle()
        stops, missed = walk(visit)
        if len(stops) >= MOST_STOPS:
            faults.append(f"{one.name}: the keyboard is caught at {stops[-1][0]}")
        faults += [f"{one.name}: never reached: {name}" for name in missed]
        faults += [
            f"{one.name}: no sign of the focus: {name}" for name, shown, _ in stops if not shown
        ]
    assert faults == []
    assert visit.faults == []


def test_the_toolbar_of_a_figure_is_one_stop_and_lies_over_nothing(
    app_server: str, visit: Visit
) -> None:
    """Five stops a figure, and keys and column heads behind it, before."""
    visit.open(f"{app_server}/depth", "Depth")
    figure = visit.figure("depth")
    visit.page.wait_for_function(ONE_STOP_EACH)
    buttons = figure.locator(".modebar-btn")
    assert buttons.count() > 3
    buttons.first.focus()
    visit.page.keyboard.press("ArrowRight")
    assert buttons.nth(1).evaluate("e => e === document.activeElement")
    bar, drawn = figure.locator(".modebar").bounding_box(), figure.bounding_box()
    assert bar["y"] + bar["height"] <= drawn["y"] + 4


def test_a_deep_link_asks_for_nothing_that_is_not_there(app_server: str, visit: Visit) -> None:
    refused: list[str] = []
    visit.page.on("response", lambda found: found.status >= 400 and refused.append(found.url))
    visit.open(f"{app_server}/depth?axis=Layer", "Depth")
    assert refused == []
