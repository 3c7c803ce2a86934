"""Figures as files: whole, without a network, and refused in words where they cannot be."""

import shutil
from pathlib import Path

import plotly.graph_objects as go
import pytest

from lrd_core.errors import InputError
from lrd_core.plots.save import save_figure

FIGURE = go.Figure(go.Scatter(y=[1, 3, 2], name="a line"))
needs_chromium = pytest.mark.skipif(not shutil.which("chromium"), reason="draws with Chromium")


def test_html_needs_no_network(tmp_path: Path) -> None:
    save_figure(FIGURE, tmp_path / "f.html", "#123456")
    text = (tmp_path / "f.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in text
    assert "#123456" in text
    assert "<script src=" not in text


@pytest.mark.browser
@needs_chromium
@pytest.mark.parametrize(("name", "start"), [("f.svg", b"<svg"), ("F.PNG", b"\x89PNG")])
def test_pictures_are_drawn(tmp_path: Path, name: str, start: bytes) -> None:
    save_figure(FIGURE, tmp_path / name, "#FFFFFF")
    assert (tmp_path / name).read_bytes().startswith(start)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_other_kinds_of_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot draw f\.pdf; choose a name that ends in \.html"):
        save_figure(FIGURE, tmp_path / "f.pdf", "#FFFFFF")
    assert list(tmp_path.iterdir()) == []


def test_without_chromium_a_picture_is_refused_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import kaleido
    from kaleido.errors import ChromeNotFoundError

    def refuse(*_: object, **__: object) -> bytes:
        raise ChromeNotFoundError("no browser found")

    monkeypatch.setattr(kaleido, "calc_fig_sync", refuse)
    with pytest.raises(InputError, match=r"install it, or write \.html"):
        save_figure(FIGURE, tmp_path / "f.svg", "#FFFFFF")
    assert list(tmp_path.iterdir()) == []
