"""Recordings in folders and models that hear them, from files to the store and what pages show."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from lrd_core.config import Config
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.runs.items import PICTURE, item_to_hear, run_items
from lrd_core.settings import RunSettings
from lrd_core.tasks import load_task
from lrd_core.tasks.sounds import Sound
from lrd_core.views.stored import profiles
from tests.tiny_audio import AST, BLOCKS, save_tiny_audio

METRICS = ("prompt_entropy", "token_curvature", "effective_rank", "infonce:n_texts=6")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve noises of two pitches and of several lengths, and two models."""
    root = tmp_path_factory.mktemp("hearing")
    generator = np.random.default_rng(0)
    for place in range(12):
        label, smooth = ("low", 9) if place % 2 else ("high", 1)
        noise = generator.normal(size=4_000 + 300 * place)
        noise = np.convolve(noise, np.ones(smooth) / smooth, "same")
        file = root / "noises" / label / f"{place}.wav"
        file.parent.mkdir(parents=True, exist_ok=True)
        wavfile.write(file, 16_000, (3_000 * noise).astype(np.int16))
    for name in ("whisper", AST):
        save_tiny_audio(name, root / name)
    return root


def test_a_run_goes_all_the_way(here: Path, config: Config) -> None:
    """Frames have a path; patches of a spectrogram have none, and that is said."""
    found = {}
    for name in ("whisper", AST):
        request = RunRequest(str(here / name), str(here / "noises"), METRICS, RunSettings(n=12))
        report = execute_run(request, config=config)
        found[name] = report
        assert execute_run(request, config=config).computed == ()
    values = profiles(config, variants=True)
    for name, report in found.items():
        own = values[values["model"] == name].set_index("series")["value"]
        for series in ("prompt_entropy", "effective_rank", "infonce"):
            assert own[series].notna().sum() == BLOCKS + 1, (name, series)
        curved = own[own.index == "token_curvature"].notna().any()
        gaps = [reason for reason in report.missing if "no path from one to the next" in reason]
        assert (curved, bool(gaps)) == ((True, False) if name == "whisper" else (False, True))
    heard = run_items(config, found["whisper"].run_key)
    assert heard["text"].str.fullmatch(r"\d+\.wav, 0\.\d\d s").all()
    assert heard[PICTURE].str.startswith("data:image/svg+xml").all()
    third = load_task(str(here / "noises")).items[3]
    content = item_to_hear(config, found["whisper"].run_key, 3)
    assert content is not None
    again = Sound.of_bytes(content, "x.wav")
    np.testing.assert_allclose(again.array(), third.array(), atol=1e-4)
    assert item_to_hear(config, found["whisper"].run_key, 99) is None
    (here / "noises" / "low" / "1.wav").write_bytes(content)  # another task by now
    assert item_to_hear(config, found["whisper"].run_key, 3) is None
