"""Play: a slider and a button that move charts through their frames in the browser.

    steps = player.Steps("layer", layers, [f"layer {n} of 6" for n in layers], default=3)
    layer = player.place(steps)
    player.play(steps, layer, label="Layer", figures=["cloud"])

The page learns of a place when it is held: on pause, at the end, when the slider is let go. Then it
stands in the address, as ?layer=3, and what is below the charts follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._shared import state
from pages._shared.chart_motion import MOTION_JS
from pages._shared.chart_watch import WATCH_JS


@dataclass(frozen=True)
class Steps:
    """Where a player can stand.

    key: the name in the address. values: one a frame of the charts. names: each in words.
    """

    key: str
    values: Sequence[int]
    names: Sequence[str]
    default: int


@dataclass(frozen=True)
class Strip:
    """Bars behind the slider, one between every two steps.

    shares: 0 to 1, None where there is no value. names: each in words. marked: the bar that stands
    out. caption: what bars are.
    """

    shares: Sequence[float | None]
    names: Sequence[str]
    marked: int | None
    caption: str


@dataclass(frozen=True)
class Pace:
    """Milliseconds that a step takes: on the way to it, and standing there."""

    glide: int = 450
    stand: int = 350


_CSS = """
.player { display: grid; grid-template-columns: auto 1fr auto; gap: .15rem .8rem;
  align-items: center; color: var(--st-text-color); font: inherit; }
button { font: inherit; font-size: .875rem; padding: .35rem .7rem; cursor: pointer; width: 6.2rem;
  color: var(--st-text-color); background: var(--st-background-color);
  border: 1px solid color-mix(in srgb, var(--st-text-color) 25%, transparent);
  border-radius: var(--st-button-radius, .375rem); }
button:hover:enabled { border-color: var(--st-primary-color); }
button:disabled { opacity: .6; cursor: default; }
button:focus-visible, input:focus-visible { outline: 2px solid var(--st-primary-color);
  outline-offset: 2px; }
label, .said, .caption { font-size: .875rem; }
label { grid-column: 2; }
.said { min-width: 9.5rem; font-variant-numeric: tabular-nums; grid-column: 3; grid-row: 2; }
button { grid-column: 1; grid-row: 2; }
.track { position: relative; height: 1.5rem; grid-column: 2; grid-row: 2; }
.track.bars { height: 2.75rem; }
.strip { position: absolute; inset: 0 7px; display: none; }
.bars .strip { display: flex; align-items: flex-end; border-bottom: 1px solid
  color-mix(in srgb, var(--st-text-color) 45%, transparent); }
.strip i { flex: 1; margin: 0 1px; min-width: 1px;
  background: color-mix(in srgb, var(--st-text-color) 30%, var(--st-background-color)); }
.strip i.marked { background: var(--st-primary-color); }
.strip i.unknown { background: none; }
input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; cursor: pointer;
  appearance: none; background: transparent; }
.track:not(.bars) input { background: linear-gradient(color-mix(in srgb, var(--st-text-color) 30%,
  transparent) 0 0) center / calc(100% - 14px) 4px no-repeat; }
input::-webkit-slider-thumb { appearance: none; width: 14px; height: 1.35rem; border-radius: 4px;
  border: 2px solid var(--st-primary-color); background: var(--st-background-color); }
.bars input::-webkit-slider-thumb { height: 2.75rem; background: color-mix(in srgb,
  var(--st-primary-color) 25%, transparent); }
input::-moz-range-thumb { width: 10px; height: 1.2rem; border-radius: 4px;
  border: 2px solid var(--st-primary-color); background: var(--st-background-color); }
.caption { grid-column: 2 / 4; margin: 0; opacity: .85; }
@media (max-width: 640px) { .said { grid-column: 2; grid-row: 3; } }
"""

_JS = (
    WATCH_JS
    + MOTION_JS
    + """
const HOLD_MS = 250;
const soft = (share) => share * share * (3 - 2 * share);

function part(tag, name, parent) {
  const made = parent.appendChild(document.createElement(tag));
  made.className = name;
  return made;
}

function makePlayer(root) {
  const box = part("div", "player", root);
  const label = part("label", "", box), button = part("button", "play", box);
  const track = part("div", "track", box), strip = part("div", "strip", track);
  const slider = part("input", "", track), said = part("div", "said", box);
  const caption = part("p", "caption", box);
  button.type = "button";
  slider.type = "range";
  slider.id = "place";
  label.htmlFor = "place";
  strip.setAttribute("aria-hidden", "true");
  said.setAttribute("aria-hidden", "true");
  const charts = new Map();
  let data = null, tell = null, heard = null, at = 0, from = 0, began = 0;
  let drawing = null, timer = null, sliding = false, visiting = false, stops = [];

  const last = () => data.names.length - 1;
  const moving = () => Boolean(drawing) || sliding || timer !== null;
  const say = () => {
    const index = Math.round(at);
    slider.value = index;
    said.textContent = data.names[index];
    const [before, after] = [data.strip && data.strip.names[index - 1],
      data.strip && data.strip.names[index]];
    slider.setAttribute("aria-valuetext",
      [data.names[index], after || before].filter(Boolean).join("; "));
    slider.title = after || before || "";
    button.textContent = drawing ? "❚❚ Pause" : "▶ Play";
    button.setAttribute("aria-label", `${drawing ? "Pause" : "Play"}, ${data.label}`);
  };
  const show = (place) => {
    const passed = Math.round(place) !== Math.round(at);
    at = place;
    for (const gd of charts.values()) if (framesOf(gd) > last()) showAt(gd, place);
    if (passed) say();
  };
  const stand = () => {
    clearTimeout(timer);
    timer = null;
    sliding = false;
    at = Math.round(at);
    for (const gd of charts.values()) if (framesOf(gd) > last()) rest(gd, at);
    say();
    if (at !== heard) { heard = at; tell("held", String(at)); }
  };
  const pause = () => { cancelAnimationFrame(drawing); drawing = null; };
  const step = (now) => {
    const beat = data.glide + data.stand, gone = (now - began) / beat, whole = Math.floor(gone);
    const within = (gone - whole) * beat;
    const place = data.glide ? from + whole + soft(Math.min(1, within / data.glide)) : from + whole;
    drawing = place < last() ? requestAnimationFrame(step) : null;
    show(Math.min(place, last()));
    if (!drawing) stand();
  };
  button.onclick = () => {
    if (drawing) { pause(); stand(); return; }
    clearTimeout(timer);
    from = at < last() ? Math.round(at) : 0;
    began = performance.now();
    drawing = requestAnimationFrame(step);
    say();
  };
  // Until the slider is let go nothing is told: what the page does then would make it stick.
  slider.oninput = () => { sliding = true; pause(); show(Number(slider.value)); };
  slider.onchange = () => hold();
  // Let go where it was taken it has not changed, and comes to rest all the same.
  slider.onpointerup = slider.onpointercancel = () => { if (sliding) hold(); };
  const hold = () => { clearTimeout(timer); timer = setTimeout(stand, HOLD_MS); };

  function bars() {
    track.classList.toggle("bars", Boolean(data.strip));
    caption.textContent = data.strip ? data.strip.caption : "";
    strip.replaceChildren();
    if (!data.strip) return;
    data.strip.shares.forEach((share, index) => {
      const bar = part("i", share === null ? "unknown" : "", strip);
      bar.classList.toggle("marked", index === data.strip.marked);
      bar.style.height = `${100 * (share ?? 0)}%`;
    });
  }
  // Pointing at what says its place (meta.places of a trace) shows that place in all charts.
  const pointed = (event) => {
    const found = event.points && event.points[0];
    const meta = metaOf(found && found.fullData);
    const place = meta && meta.places ? meta.places[found.pointNumber] : undefined;
    if (moving() || place === undefined) return;
    visiting = true;
    for (const gd of charts.values()) if (framesOf(gd) > last() && isFlat(gd)) showAt(gd, place);
  };
  const left = () => {
    if (!visiting) return;
    visiting = false;
    if (!moving()) for (const gd of charts.values()) rest(gd, at);
  };
  const listeners = { plotly_hover: pointed, plotly_unhover: left };
  const met = (figure) => (gd) => { charts.set(figure, gd); };
  const idle = (gd) => {
    if (!moving() && !visiting && framesOf(gd) > last()) rest(gd, at);
  };
  return (given, trigger) => {
    data = given;
    tell = trigger;
    label.textContent = data.label;
    Object.assign(slider, { min: 0, max: last(), step: 1 });
    button.disabled = !data.moves;
    const jump = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (jump) Object.assign(data, { glide: 0, stand: data.glide + data.stand });
    bars();
    // The page's own place counts where it has moved; else the one that is looked at now.
    if (data.at !== heard) { heard = data.at; pause(); at = data.at; }
    say();
    for (const stop of stops) stop();
    charts.clear();
    const mine = stops = data.figures.map(
      (figure) => watchChart("player", figure, listeners, met(figure), idle));
    return () => { if (stops === mine) { pause(); for (const stop of mine) stop(); } };
  };
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.__lrdPlayer ??= makePlayer(parentElement);
  return parentElement.__lrdPlayer({ ...data }, setTriggerValue);
}
"""
)


@st.cache_resource(max_entries=1, show_spinner=False)
def _component() -> Any:
    return st.components.v2.component("lrd_player", css=_CSS, js=_JS)


def place(steps: Steps) -> int:
    """The value at which the page stands: the address's, else the default."""
    return state.place(steps.key, steps.values, steps.default)


def play(
    steps: Steps,
    at: int,
    *,
    label: str,
    figures: Sequence[str],
    strip: Strip | None = None,
    pace: Pace = Pace(),
    moves: bool = True,
) -> None:
    """A slider and a play button for the charts with these keys.

    at: as `place` gave it. moves: False where the charts have no frames; each place is then drawn
    by the page when the slider is let go.
    """
    key = f"player_{steps.key}"

    def held() -> None:
        told = st.session_state[key].get("held")
        if told is not None and told.isdecimal() and int(told) < len(steps.values):
            state.keep_place(steps.key, steps.values[int(told)], steps.default)

    hidden = ", ".join(f".st-key-figure_{one} .updatemenu-container" for one in figures)
    st.html(f"<style>{hidden} {{ display: none; }}</style>")
    _component()(
        key=key,
        data={
            "label": label,
            "names": list(steps.names),
            "at": list(steps.values).index(at),
            "figures": list(figures),
            "glide": pace.glide,
            "stand": pace.stand,
            "moves": moves,
            "strip": None if strip is None else _strip(strip),
        },
        height="content",
        on_held_change=held,
    )


def _strip(strip: Strip) -> dict[str, Any]:
    return {
        "shares": list(strip.shares),
        "names": list(strip.names),
        "marked": strip.marked,
        "caption": strip.caption,
    }
