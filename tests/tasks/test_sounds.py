"""Recordings as items: read, told apart, changed, and found in folders and data sets."""

import base64
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from lrd_core.errors import InputError, TaskError
from lrd_core.runs.items import PICTURE, as_table
from lrd_core.tasks import TaskSpec, find_task, hub, load_calibration_items, load_task
from lrd_core.tasks.sound_conditions import SoundCondition
from lrd_core.tasks.sound_views import at_speed, augment_sound
from lrd_core.tasks.sounds import Sound

RATE = 8_000
TONE = np.sin(np.arange(2_000) * 0.2) / 2


def save(file: Path, pitch: float, kind: type = np.int16) -> Path:
    """A tone of a quarter of a second."""
    file.parent.mkdir(parents=True, exist_ok=True)
    wave = np.sin(np.arange(2_000) * pitch) / 2
    if np.dtype(kind).kind in "iu":
        wave = wave * np.iinfo(np.int16).max if kind is np.int16 else wave * 127 + 128
    wavfile.write(file, RATE, wave.astype(kind))
    return file


def test_a_sound_is_its_content(tmp_path: Path) -> None:
    first, second = save(tmp_path / "a.wav", 0.1), save(tmp_path / "b.wav", 0.1)
    assert Sound.of_file(first) == Sound.of_file(second)
    assert Sound.of_file(first) != Sound.of_file(save(tmp_path / "c.wav", 0.2))
    assert Sound.of_samples(TONE, RATE) == Sound.of_samples(TONE, RATE)
    assert Sound.of_samples(TONE, RATE) != Sound.of_samples(TONE, RATE + 1)
    sound = Sound.of_file(first)
    assert (sound.rate, sound.length, sound.seconds) == (RATE, 2_000, 0.25)
    assert sound.words() == "a.wav, 0.25 s"
    assert Sound.of_samples(TONE, RATE).words().endswith(", 0.25 s")


def test_every_kind_of_number_is_the_same_wave(tmp_path: Path) -> None:
    expected = np.sin(np.arange(2_000) * 0.1) / 2
    for kind, off in ((np.int16, 1e-4), (np.uint8, 2e-2), (np.float32, 1e-6)):
        found = Sound.of_file(save(tmp_path / "a.wav", 0.1, kind)).array()
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=off)
    stereo = np.stack([expected, np.zeros(2_000)], axis=1)
    np.testing.assert_allclose(Sound.of_samples(stereo, RATE).array(), expected / 2, atol=1e-6)


def test_flac_is_read_as_wav_is(tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.flac", TONE, RATE)
    sound = Sound.of_file(tmp_path / "a.flac")
    np.testing.assert_allclose(sound.array(), TONE, atol=1e-4)
    content = (tmp_path / "a.flac").read_bytes()
    np.testing.assert_array_equal(Sound.of_bytes(content, "b.flac").array(), sound.array())


def test_another_rate_is_the_same_tone() -> None:
    slow = Sound.of_samples(TONE, RATE)
    for rate in (16_000, 11_025, 4_000):
        found = slow.array(rate)
        assert len(found) == slow.samples_at(rate)
        times = np.arange(len(found)) / rate
        middle = slice(len(found) // 4, -len(found) // 4)
        expected = np.sin(times * RATE * 0.2) / 2
        np.testing.assert_allclose(found[middle], expected[middle], atol=0.01)


def test_what_is_no_recording_says_so(tmp_path: Path) -> None:
    torn = tmp_path / "torn.wav"
    torn.write_bytes(b"no sound")
    with pytest.raises(TaskError, match=r"torn\.wav is no recording that can be read"):
        Sound.of_file(torn)
    torn.write_bytes(save(tmp_path / "a.wav", 1).read_bytes()[:30])
    with pytest.raises(TaskError, match=r"torn\.wav"):
        Sound.of_file(torn)
    for samples, wrong in ((np.zeros(0), "is no sound"), (np.array([np.nan]), "NaN")):
        with pytest.raises(TaskError, match=wrong):
            Sound.of_samples(samples, RATE)
    with pytest.raises(TaskError, match="5 samples a second"):
        Sound.of_samples(TONE, 5)
    sound = Sound.of_file(tmp_path / "a.wav")
    save(tmp_path / "a.wav", 2)
    with pytest.raises(TaskError, match=r"a\.wav has changed meanwhile"):
        sound.array()


def test_its_outline_is_loud_where_it_is() -> None:
    table = as_table(load_task_of(np.concatenate([np.zeros(1_000), np.ones(1_000)])))
    drawing = base64.b64decode(table[PICTURE][0].partition(",")[2]).decode()
    heights = [int(bar.partition("v")[2]) for bar in drawing.partition('d="M')[2].split("M")[:-1]]
    assert heights[:11] == [1] * 11 and heights[13:] == [30] * (len(heights) - 13)
    assert len(table[PICTURE][0]) < 1_000


def load_task_of(samples: np.ndarray) -> object:
    from lrd_core.runs.given_items import as_sample

    return as_sample([Sound.of_samples(samples, RATE)], "given", "audio")


def test_views_are_seeded_and_say_the_same_thing() -> None:
    sound = Sound.of_samples(TONE, RATE)
    views = [augment_sound(sound, 0, view) for view in range(8)]
    assert views == [augment_sound(sound, 0, view) for view in range(8)]
    assert len(set(views)) == 8 and augment_sound(sound, 1, 0) != views[0]
    assert all(2_000 / 1.1 <= view.length <= 2_000 / 0.9 + 1 for view in views)
    assert len({view.length for view in views}) > 4
    for view in views:
        ratio = np.sqrt(np.mean(view.array() ** 2) / np.mean(TONE**2))
        assert 0.95 < ratio < 1.05  # noise is far below the tone
    np.testing.assert_allclose(at_speed(TONE, 2.0), TONE[::2])


def test_conditions_are_seeded_and_grow() -> None:
    samples = TONE.astype(np.float32)

    def changed(condition: str, place: int = 3) -> np.ndarray:
        parsed = SoundCondition.parse(condition)
        assert parsed is not None and str(parsed) == condition
        found = parsed.apply(samples, RATE, 7, place)
        assert len(found) == parsed.kept(len(samples), RATE) and found.dtype == np.float32
        return found

    np.testing.assert_array_equal(changed("noise:0.5"), changed("noise:0.5"))
    assert not np.array_equal(changed("noise:0.5"), changed("noise:0.5", place=4))
    far = [np.std(changed(f"noise:{strength}") - samples) for strength in (0.5, 1, 2)]
    np.testing.assert_allclose(far, np.array([0.5, 1, 2]) * np.sqrt(np.mean(TONE**2)), rtol=0.05)
    np.testing.assert_array_equal(changed("length:0.1"), samples[:800])
    for condition in ("noise:0", "length:9"):
        np.testing.assert_array_equal(changed(condition), samples)
    with pytest.raises(InputError, match="known: noise:S, length:SECONDS"):
        SoundCondition.parse("mask:0.5")


def test_folders_are_labels(tmp_path: Path) -> None:
    for turn in range(6):
        part = "train" if turn % 2 else "test"
        save(tmp_path / "tones" / part / ("high" if turn > 2 else "low") / f"{turn}.wav", turn + 1)
    task = find_task(str(tmp_path / "tones"))
    assert (task.type, task.modality, task.item_column) == ("classification", "audio", "audio")
    sample = load_task(task)
    assert sample.labels == ("high", "low", "low")
    assert [item.length for item in sample.items] == [2_000] * 3
    assert len(load_calibration_items(task, None, 0)) == 3
    save(tmp_path / "tones" / "train" / "low" / "twin.wav", 1)
    with pytest.raises(TaskError, match=r"recording test/low/0\.wav: this recording is also in"):
        find_task(str(tmp_path / "tones"))
    (tmp_path / "tones" / "train" / "low" / "twin.png").write_bytes(b"")
    with pytest.raises(TaskError, match="holds pictures and recordings; put each kind"):
        find_task(str(tmp_path / "tones"))


def test_a_table_names_recordings(tmp_path: Path) -> None:
    for turn in (1, 2):
        save(tmp_path / "tones" / "files" / f"{turn}.wav", turn)
    table = tmp_path / "tones" / "test.csv"
    table.write_text("audio,label,room\nfiles/1.wav,a,hall\nfiles/2.wav,b,street\n")
    sample = load_task(str(tmp_path / "tones"))
    assert (sample.spec.modality, sample.labels) == ("audio", ("a", "b"))
    assert sample.columns["room"] == ("hall", "street")
    table.write_text("audio,label\nfiles/3.wav,a\n")
    with pytest.raises(TaskError, match=r"test\.csv, line 2: audio is .*no recording of that name"):
        find_task(str(tmp_path / "tones"))


def test_mtebs_recordings_are_read_as_their_files_hold_them(tmp_path: Path) -> None:
    from datasets import Audio, Dataset, DatasetDict
    from mteb.mocks.mock_tasks import MockAudioClassification

    content = [save(tmp_path / f"{turn}.wav", turn).read_bytes() for turn in (1, 2)]
    rows = {
        "audio": [{"bytes": one, "path": f"{turn}.wav"} for turn, one in enumerate(content)],
        "label": [1, 2],
    }
    split = Dataset.from_dict(rows).cast_column("audio", Audio())
    task = MockAudioClassification()
    task.dataset = hub.undecoded(DatasetDict({"train": split, "test": split}))
    spec = TaskSpec("mock", "mock", "classification", "hub", "1", "x", "", "d", modality="audio")
    tables = hub.of_items(hub.tables_of(task, spec), spec)
    assert [item.rate for item in tables["test"]["audio"]] == [RATE, RATE]
    np.testing.assert_array_equal(
        tables["test"]["audio"][1].array(), Sound.of_file(tmp_path / "2.wav").array()
    )
    assert tables["train"]["label"] == (1, 2)
    found = find_task("VoiceGenderClustering")
    assert (found.modality, found.type) == ("audio", "clustering")
