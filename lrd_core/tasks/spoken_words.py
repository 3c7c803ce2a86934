"""Words of the offline texts, spoken by espeak-ng on this machine.

Another version of the program speaks otherwise, so that its version is the task's revision. Of
those that were tried, what they say is checked by its digest: it is the same everywhere.
"""

import collections
import functools
import hashlib
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np

from lrd_core.config import Config, load_config
from lrd_core.disk import whole_file
from lrd_core.errors import TaskError, UnwritableError
from lrd_core.tasks.content import Table
from lrd_core.tasks.offline import read_lee
from lrd_core.tasks.offline_tasks import SPLIT_SEED, Tables, rows
from lrd_core.tasks.sounds import Sound
from lrd_core.tasks.splits import shuffled, take_groups

DIGESTS: Mapping[str, str] = {
    "1.51": "defb1956719612faa6786b99371a245523fb54cb11d5e90d4f1525ebad54f8c6"
}
"""By version of espeak-ng, over all samples of all recordings in their order; SHA-256."""

VOICES = (
    *("en-us+m3", "en-us+f2", "en-us+m6", "en-us+f5", "en-gb-scotland+m7", "en-gb-x-rp+f1"),
    *("en-029+m5", "en-gb-x-gbclan+f3"),
)
SPEEDS = (120, 160, 200)
"""Words a minute, as espeak-ng counts them."""

N_WORDS = 20
_LETTERS = re.compile(r"\b[a-z]{5,9}\b")
_LEAST_OFTEN = 20


def spoken(label: str, apart: str) -> Tables:
    """Half of the recordings evaluated, the other for training.

    label: which of word, voice and pace is to be told. apart: of which of them no value is on
    both sides, so that what is told is not the recording's twin.
    """
    table = read_spoken_words()
    test = take_groups(table[apart], len(table["audio"]) // 2, SPLIT_SEED)
    named = {"label" if name == label else name: cells for name, cells in table.items()}
    train = set(range(len(table["audio"]))) - test
    return {"train": rows(named, train), "test": rows(named, test)}


@functools.cache
def espeak_version() -> str:
    """The version of espeak-ng that is installed; empty without one."""
    program = shutil.which("espeak-ng")
    if program is None:
        return ""
    asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d[\w.-]*", asked.stdout)
    return found.group() if found else "of unknown version"


def spoken_revision() -> str:
    """What the recordings are made with here; without espeak-ng, what they were first made with."""
    version = espeak_version() or next(iter(DIGESTS))
    return "-".join(("espeak-ng", version, DIGESTS.get(version, "")[:12])).rstrip("-")


def read_spoken_words(config: Config | None = None) -> Table:
    """Every word in every voice at every speed: audio, word, voice, pace.

    Spoken once, then kept beside the packs.
    Raises: TaskError without espeak-ng, or where it speaks otherwise than its version does.
    """
    version = espeak_version()
    if not version:
        raise TaskError(
            "spoken words are made with espeak-ng, which is not installed; run: apt-get install "
            "espeak-ng (Debian and Ubuntu), brew install espeak-ng (macOS), or see "
            "https://github.com/espeak-ng/espeak-ng"
        )
    words = spoken_vocabulary()
    spoken_as = list(itertools.product(words, VOICES, SPEEDS))
    file = (config or load_config()).packs_dir / "speech" / f"{spoken_revision()}.npz"
    waves, rate = _kept(file, version) or _synthesised(spoken_as, file, version)
    return {
        "audio": tuple(
            Sound.of_samples(wave / 32768, rate, word)
            for wave, (word, _, _) in zip(waves, spoken_as, strict=True)
        ),
        "word": tuple(word for word, _, _ in spoken_as),
        "voice": tuple(voice for _, voice, _ in spoken_as),
        "pace": tuple(f"{speed} words a minute" for _, _, speed in spoken_as),
    }


def spoken_vocabulary() -> tuple[str, ...]:
    """Words of 5 to 9 letters that are often in the news summaries of lee-news, seeded."""
    counted = collections.Counter(
        word for text in read_lee().background for word in _LETTERS.findall(text)
    )
    often = sorted(word for word, count in counted.items() if count >= _LEAST_OFTEN)
    return tuple(sorted(often[place] for place in shuffled(len(often), SPLIT_SEED)[:N_WORDS]))


Waves = list[np.ndarray]
"""(n,) int16 samples of each recording."""


def _kept(file: Path, version: str) -> tuple[Waves, int] | None:
    """What was spoken before; None where there is nothing, or something else by now."""
    try:
        with np.load(file, allow_pickle=False) as held:
            waves = np.split(held["samples"], held["ends"][:-1])
            rate = int(held["rate"])
    except (OSError, ValueError, KeyError, EOFError):
        return None
    return (waves, rate) if _digest(waves) == DIGESTS.get(version, _digest(waves)) else None


def _synthesised(
    spoken_as: list[tuple[str, str, int]], file: Path, version: str
) -> tuple[Waves, int]:
    program = shutil.which("espeak-ng") or "espeak-ng"
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        sounds = list(pool.map(partial(_say, program, Path(folder)), spoken_as))
    waves, rate = [np.round(s.array() * 32768).astype(np.int16) for s in sounds], sounds[0].rate
    found = _digest(waves)
    if found != DIGESTS.get(version, found):
        raise TaskError(
            f"espeak-ng {version} says here what it says nowhere else (digest {found[:12]}, not "
            f"{DIGESTS[version][:12]}), so that numbers would not be those of others; install it "
            "as Debian 12 or Ubuntu 24.04 have it, or make a folder of recordings of your own"
        )
    with suppress(UnwritableError), whole_file(file) as unfinished, unfinished.open("wb") as stream:
        ends = np.cumsum([len(wave) for wave in waves])
        np.savez_compressed(stream, samples=np.concatenate(waves), ends=ends, rate=rate)
    return waves, rate


def _say(program: str, folder: Path, spoken_as: tuple[str, str, int]) -> Sound:
    word, voice, speed = spoken_as
    file = folder / f"{word}-{voice}-{speed}.wav"
    command = [program, "-v", voice, "-s", str(speed), "-w", str(file), word]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode or not file.is_file():
        reason = (said.stderr.strip().splitlines() or ["no reason given"])[-1][:200]
        raise TaskError(f"espeak-ng could not say {word!r} as {voice}: {reason}")
    return Sound.of_bytes(file.read_bytes(), file.name)


def _digest(waves: Waves) -> str:
    total = hashlib.sha256()
    for wave in waves:
        total.update(len(wave).to_bytes(8, "little") + wave.tobytes())
    return total.hexdigest()
