"""The whole way in a real browser: texts pasted, a layer asked for, taken, downloaded, loaded."""

import os
import signal
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lrd_core.config import Config
from lrd_core.jobs.queue import JobQueue
from tests.browser.conftest import Visit, serve
from tests.selection_store import fill_selection

TEXTS = [
    *(f"Rain fell on the river {word}." for word in ("all night", "at dawn", "again", "for days")),
    *(f"The team won the match {word}." for word in ("at home", "away", "at last", "by two goals")),
]
WORK_MS = 240_000


@pytest.fixture
def own_data(tmp_path: Path) -> Iterator[Path]:
    """A data folder with results to choose from, whose workers are ended afterwards."""
    data_dir = tmp_path / "data"
    fill_selection(Config(data_dir=data_dir))
    yield data_dir
    for worker in JobQueue(Config(data_dir=data_dir)).live_workers():
        os.kill(int(worker.process.partition("@")[0]), signal.SIGKILL)


def test_from_pasted_texts_to_a_folder_that_gives_the_same_embeddings(
    own_data: Path, visit: Visit, tmp_path: Path, check_accessibility: Callable[[Visit], list[str]]
) -> None:
    """Axe looks at the finished answer in both themes; from there on it is the keyboard alone."""
    page = visit.page
    asked = "question=For+my+texts&ask_own=true&ask_models=all-MiniLM-L6-v2&ask_n=50&ask_length=64"
    for address in serve(own_data):
        visit.open(f"{address}/selection?{asked}", "Selection")
        page.get_by_role("textbox", name="Or paste them, a text a line").fill("\n".join(TEXTS))
        page.keyboard.press("Control+Enter")
        page.get_by_role("button", name="Ask about these texts").click()
        page.get_by_role("button", name="Ask", exact=True).click()
        page.get_by_text("Without labels, take layer").first.wait_for(timeout=WORK_MS)
        visit.settle()
        assert check_accessibility(visit) == []
        main = page.locator("[data-testid=stMain]")
        for width in (1440, 1024):
            page.set_viewport_size({"width": width, "height": 900})
            visit.settle()
            assert main.evaluate("e => e.scrollWidth <= e.clientWidth + 1"), width
        page.locator("summary").filter(has_text="Take a layer as a model of its own").press("Enter")
        page.get_by_role("button", name="Write the folder").press("Enter")
        zipped = page.get_by_role("button", name="Download as zip")
        zipped.wait_for(timeout=WORK_MS)
        visit.settle()
        with page.expect_download() as download:
            zipped.press("Enter")
        with zipfile.ZipFile(download.value.path()) as archive:
            archive.extractall(tmp_path / "taken")
        assert visit.faults == []
    (folder,) = (tmp_path / "taken").iterdir()
    _gives_our_embeddings(folder)


def _gives_our_embeddings(folder: Path) -> None:
    import json

    from sentence_transformers import SentenceTransformer

    from lrd_core.extraction.hidden_states import extract
    from lrd_core.models.load import load_model

    record = json.loads((folder / "lrd.json").read_text())
    (layer,) = record["layers"]
    ours = extract(load_model("all-MiniLM-L6-v2", device="cpu"), TEXTS).embeddings[layer]
    ours /= np.linalg.norm(ours, axis=1, keepdims=True)
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    np.testing.assert_allclose(model.encode(TEXTS, show_progress_bar=False), ours, atol=1e-6)
