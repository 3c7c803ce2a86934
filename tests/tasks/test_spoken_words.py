"""Words spoken by espeak-ng: a few of them, since each takes a twentieth of a second."""

import shutil
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import TaskError
from lrd_core.tasks import find_task, spoken_words

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six words in four voices at one speed."""
    monkeypatch.setattr(spoken_words, "N_WORDS", 6)
    monkeypatch.setattr(spoken_words, "VOICES", spoken_words.VOICES[::2])
    monkeypatch.setattr(spoken_words, "SPEEDS", (160,))
    monkeypatch.setattr(spoken_words, "load_config", lambda: None)


@needs_espeak
def test_words_are_spoken_once_and_split_apart(
    few: None, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken_words, "DIGESTS", {spoken_words.espeak_version(): "0" * 64})
    with pytest.raises(TaskError, match="says here what it says nowhere else") as refused:
        spoken_words.read_spoken_words(config)
    monkeypatch.setattr(spoken_words, "load_config", lambda: config)
    said: list[str] = []
    digest = spoken_words._digest
    monkeypatch.setattr(spoken_words, "_digest", lambda w: said.append(digest(w)) or said[-1])
    monkeypatch.setattr(spoken_words, "DIGESTS", {})
    first = spoken_words.read_spoken_words()
    assert said[0].startswith(str(refused.value).partition("digest ")[2][:12])
    assert len(set(first["audio"])) == 24 and set(first["pace"]) == {"160 words a minute"}
    assert all(0.3 < sound.seconds < 2 for sound in first["audio"])
    assert first["audio"][0].words().startswith(first["word"][0])
    monkeypatch.setattr(spoken_words, "_say", None)  # from here on nothing is spoken
    assert spoken_words.read_spoken_words() == first and len(set(said)) == 1
    for label, apart in (("word", "voice"), ("voice", "word")):
        tables = spoken_words.spoken(label, apart)
        sides = [set(tables[name][apart]) for name in ("train", "test")]
        assert not sides[0] & sides[1]
        assert set(tables["train"]["label"]) == set(tables["test"]["label"]) == set(first[label])
        assert len(tables["test"]["audio"]) == 12


def test_without_the_program_the_task_says_how_to_get_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoken_words, "espeak_version", lambda: "")
    assert spoken_words.spoken_revision() == "espeak-ng-1.51-defb19567196"
    with pytest.raises(TaskError, match="not installed; run: apt-get install espeak-ng"):
        spoken_words.read_spoken_words(config)


def test_a_torn_copy_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(b"torn")
    assert spoken_words._kept(tmp_path / "x.npz", "1.51") is None


def test_entries_say_what_they_hold() -> None:
    task = find_task("spoken-voices")
    assert (task.modality, task.type, task.language) == ("audio", "classification", "en")
    assert task.revision.startswith(spoken_words.spoken_revision())
    assert len(spoken_words.spoken_vocabulary()) == 20
