"""A figure as a file: an interactive page that needs no network, or a picture."""

import json
from pathlib import Path

import plotly.graph_objects as go

from lrd_core.disk import whole_file
from lrd_core.errors import InputError
from lrd_core.extras import need
from lrd_core.plots.gliding import with_slider

SUFFIXES = (".html", ".svg", ".png")
WIDTH, HEIGHT = 1000, 450
SCALE = 2
"""Pixels of a .png for each of the figure."""


def interactive_html(figure: go.Figure, background: str) -> str:
    """The figure as one HTML file that needs no network; one with frames has a slider."""
    opaque = go.Figure(with_slider(figure)).update_layout(paper_bgcolor=background)
    return str(opaque.to_html(include_plotlyjs=True, full_html=True))


def save_figure(figure: go.Figure, path: Path, background: str) -> None:
    """Write the figure to `path`, whose suffix says how; it is whole there or not at all.

    background: of the paper, which is transparent on a page.
    Raises: InputError for another suffix, or for a picture where no Chromium is installed, which
    draws it; UnwritableError when the folder may not be written.
    """
    suffix = check_suffix(path)
    if suffix == ".html":
        with whole_file(path) as partial:
            partial.write_text(interactive_html(figure, background), encoding="utf-8")
        return
    picture = _picture(figure, suffix.removeprefix("."), background)
    with whole_file(path) as partial:
        partial.write_bytes(picture)


def check_suffix(path: Path) -> str:
    """The suffix in small letters. Raises: InputError for one that is not among SUFFIXES."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(
            f"cannot draw {path.name}; choose a name that ends in {', '.join(SUFFIXES)}"
        )
    return suffix


def _picture(figure: go.Figure, kind: str, background: str) -> bytes:
    need("kaleido", "drawing a picture")
    import kaleido
    from kaleido import errors

    opaque = go.Figure(figure).update_layout(paper_bgcolor=background)
    size = {"width": WIDTH, "height": figure.layout.height or HEIGHT}
    try:
        drawn = kaleido.calc_fig_sync(
            json.loads(opaque.to_json()),
            opts={"format": kind, "scale": SCALE if kind == "png" else 1, **size},
            kopts={"mathjax": False},  # it would be fetched from the network
        )
    except (errors.KaleidoError, errors.ChromeNotFoundError, errors.BrowserFailedError) as error:
        raise InputError(
            f"a .{kind} is drawn by Chromium, which could not be used ({_first_line(error)}); "
            "install it, or write .html, whose picture button saves SVG"
        ) from error
    return bytes(drawn)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
