"""The command line as a door: each command with one or two of its options given something else.

The options are read off the parser, so that a new one is tried from its first day.
"""

import argparse
import contextlib
import io
import os
import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from lrd_core.cli import build_parser, main
from lrd_core.config import Config
from lrd_core.views.questions import QUESTIONS, option_names
from tests.example_store import fill
from tests.fuzz.samples import BROUGHT, write
from tests.fuzz.words import NAMES, NUMBERS, path_at
from tests.tiny import tiny_model, tiny_tokenizer

NOT_TRIED = {
    "app": "becomes the server",
    "worker": "takes jobs until none comes",
    "demo": "computes the bundled results, for hours",
    "prune-evidence": "the same of pruning",
    "fetch": "asks a package index",
}
NOT_GIVEN = {"help", "version", "detach", "engine", "address"}
"""Options that end the command, start another process, or need a package that is not there."""

SUBJECTS = ("market", "match", "film", "phone")
SCORES = b"model,task,layer,score\nm,STS17,1,0.5\n"
TABLE = "text,label\n" + "".join(
    f"the {word} number {number} of the day,{word}\n" for number in range(15) for word in SUBJECTS
)
"""Sixty texts of four classes, so that every command has enough of them."""

_MOVES_THE_CURSOR = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@cache
def commands() -> dict[str, argparse.ArgumentParser]:
    """Every command that is tried, by its words."""
    return dict(_below("", build_parser()))


def _below(
    name: str, parser: argparse.ArgumentParser
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    chosen = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    if not chosen:
        yield name, parser
    for words, one in [pair for group in chosen for pair in group.choices.items()]:
        if words not in NOT_TRIED:
            yield from _below(f"{name} {words}".strip(), one)


def try_command(generator: random.Random, place: Path, config: Config) -> None:
    """One command line, made up; raises what the command lets through.

    Raises: AssertionError for an answer that is neither a result nor one line of what is wrong, or
    that would move a terminal's cursor.
    """
    ready = _prepare(place, config)
    name = generator.choice(sorted(commands()))
    usual = _usual(name, ready, place)
    words = [*name.split(), *_options(generator, commands()[name], place, usual)]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with _at_home(place), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main(words)
        except SystemExit as ended:
            status = ended.code
    said = [_text_of(one) for one in (out, err)]
    called = " ".join(words)[:300]
    assert status in (0, 2), f"{called!r} ended with {status}: {said[1][-300:]!r}"
    for text in said:
        assert not _MOVES_THE_CURSOR.search(text), f"{called!r} printed {text[-300:]!r}"
    errors = [line for line in said[1].splitlines() if "error: " in line]
    assert status == 0 or len(errors) == 1, f"{called!r} said {said[1][-300:]!r}"
    assert "Traceback" not in said[1], f"{called!r} said {said[1][-300:]!r}"


@contextlib.contextmanager
def _at_home(place: Path) -> Iterator[None]:
    """In a folder below `place`, which is the user's own: what a command writes stays inside."""
    here = place / "here" / "below"
    here.mkdir(parents=True, exist_ok=True)
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(place)
    try:
        with contextlib.chdir(here):
            yield
    finally:
        os.environ.pop("HOME")
        if before is not None:
            os.environ["HOME"] = before


def _prepare(place: Path, config: Config) -> Path:
    """A filled store, a tiny model, a task of classes and a run of one on the other, made once."""
    ready = place.parent / "ready"
    if not ready.exists():
        fill(config)
        tiny_model("bert", num_layers=4).save_pretrained(ready / "model")
        tiny_tokenizer().save_pretrained(ready / "model")
        for part, other in (("test", "of"), ("train", "in")):
            write(ready / "task", {f"{part}.csv": TABLE.replace("of", other).encode()})
        spec = ["--model", str(ready / "model"), "--task", str(ready / "task"), "--n", "20"]
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["run", *spec, "--metrics", "lrd,dominance"]) == 0
            assert main(["scores", *spec]) == 0
    return ready


def _usual(name: str, ready: Path, place: Path) -> dict[str, str]:
    """What a command is given where nothing strange is tried, by the name of the option."""
    write(place, {"layers.npy": BROUGHT["layers.npy"], "scores.csv": SCORES})
    task = "bbc-news" if name == "select models" else "task"
    stored = name in (
        "select models",
        "place",
        "tokens",
        "enough",
        "select layer",
        "show",
        "export",
    )
    return {
        "model": "model" if stored else str(ready / "model"),
        "task": task if stored else str(ready / "task"),
        "path": str(place / ("layers.npy" if name == "bring" else "scores.csv")),
        "n": "40",
        "text": "a text",
        "name": "mine",
        "id": "1",
        "layer": "1",
        "removed": "0",
        "to": str(place / "kept.csv"),
        "figure": str(place / "x.svg"),
        "k": "3",
        "out": str(place / "taken"),
        "export": str(place / "exported"),
        "budget": "0.5",
    }


def _options(
    generator: random.Random, parser: argparse.ArgumentParser, place: Path, usual: dict[str, str]
) -> list[str]:
    known = [one for one in parser._actions if one.dest not in NOT_GIVEN]
    needed = [one for one in known if one.required or one.dest == "n"]
    strange = generator.sample(known, min(len(known), generator.choice([1, 1, 1, 2, 2, 3])))
    words: list[str] = []
    for one in dict.fromkeys([*needed, *strange]):
        value = usual.get(one.dest, "1")
        if one in strange and generator.random() < 0.85:
            value = _strange(generator, one, place)
        flag = list(one.option_strings[:1])
        if one.nargs == 0:
            words += flag
        elif flag and generator.random() < 0.5:
            words += [f"{flag[0]}={value}"]
        else:
            words += [*flag, value]
    return words


def _strange(generator: random.Random, option: argparse.Action, place: Path) -> str:
    kinds = [NUMBERS, NAMES] if option.type in (int, float) else [NAMES, NAMES, NUMBERS]
    if option.dest == "view":
        return generator.choice(QUESTIONS).name
    if option.type is int and generator.random() < 0.3:
        return str(generator.randint(-2, 70))
    if option.choices and generator.random() < 0.7:
        return str(generator.choice(sorted(map(str, option.choices))))
    if option.dest == "options":
        return _asked(generator)
    likely = 0.7 if option.type is Path else 0.2 * (option.dest in ("model", "task"))
    if generator.random() < likely:
        return path_at(generator, place)
    word = generator.choice(generator.choice(kinds))
    outside = option.type is Path and word.startswith("/")
    return f"{place}{word}" if outside else word


def _asked(generator: random.Random) -> str:
    """A view's own option, as `show --with` has it, with something else for its value."""
    names = sorted(option_names(generator.choice(QUESTIONS))) or ["x"]
    return f"{generator.choice(names)}={generator.choice(NUMBERS + NAMES)}"


def _text_of(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()
