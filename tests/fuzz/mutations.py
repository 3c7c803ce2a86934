"""Seeded damage to files: what transfers, editors, exporters and attackers do to them."""

import io
import json
import random
import zipfile
from collections.abc import Callable, Sequence

SNIPPETS: tuple[bytes, ...] = (
    *(b'"', b'""', b",", b";", b"\t", b"\n", b"\r", b"\r\n", b"\n\n", b" ", b"'", b"\\"),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\x1b[31m"),
    *(b"\\ud800", b"\\udfff", b"\\u0000", "‮٣é漢".encode(), "\u2028".encode()),
    *(b"--5", b"-0", b"01", b"1_0", b"1e400", b"-1e400", b"NaN", b"inf", b"null", b"true"),
    *(b"9" * 400, b"9" * 5000, b"[" * 3000, b'{"a":' * 3000, b"x" * 5000, b"0.5", b"-1"),
    *(b"=cmd|'/c calc'!A0", b"~nouser", b"../../x", b"C:\\x", b"/dev/zero", b"a" * 300),
    *(b"{}", b"[]", b'""', b"[1]", b'{"a": 1}', b"[columns]", b"[files]", b"columns = 'text'"),
)
"""What is put into a file, or in place of one of its cells."""

Change = Callable[[random.Random, bytes], bytes]


def mutate(generator: random.Random, content: bytes) -> bytes:
    """The content after one to four changes."""
    for _ in range(generator.randint(1, 4)):
        content = generator.choice(CHANGES)(generator, content)
    return content


def _places(generator: random.Random, content: bytes) -> tuple[int, int]:
    first, second = (generator.randint(0, len(content)) for _ in range(2))
    return min(first, second), max(first, second)


def _flip(generator: random.Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(min(len(changed), generator.randint(1, 8))):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed)


def _insert(generator: random.Random, content: bytes) -> bytes:
    place = generator.randint(0, len(content))
    return content[:place] + generator.choice(SNIPPETS) + content[place:]


def _cut(generator: random.Random, content: bytes) -> bytes:
    first, second = _places(generator, content)
    return content[:first] + content[second:]


def _truncate(generator: random.Random, content: bytes) -> bytes:
    return content[: generator.randint(0, len(content))]


def _repeat(generator: random.Random, content: bytes) -> bytes:
    first, second = _places(generator, content)
    return content[:second] + content[first:second] * generator.randint(1, 3) + content[second:]


def _replace_cell(generator: random.Random, content: bytes) -> bytes:
    """Something else between two separators of text files and JSON."""
    marks = [place for place, sign in enumerate(content) if sign in b',\t\n:"[]{}=']
    if len(marks) < 2:
        return _insert(generator, content)
    at = generator.randrange(len(marks) - 1)
    return content[: marks[at] + 1] + generator.choice(SNIPPETS) + content[marks[at + 1] :]


def _swap_lines(generator: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    generator.shuffle(lines)
    return b"\n".join(lines)


def _other_encoding(generator: random.Random, content: bytes) -> bytes:
    return content.decode("latin-1").encode(generator.choice(["utf-16", "utf-16-le", "utf-8"]))


CHANGES: Sequence[Change] = (
    *(_flip, _insert, _insert, _cut, _truncate, _repeat, _replace_cell, _replace_cell),
    *(_replace_cell, _swap_lines, _other_encoding),
)


def mutate_json(generator: random.Random, content: bytes) -> bytes:
    """JSON that stays JSON while one of its values becomes something else."""
    strange = [None, True, -1, 1e308, 10**30, [], {}, "", "a" * 300, "\x1b[2J", [[]], {"a": {}}]

    def change(value: object) -> object:
        if generator.random() < 0.2:
            return generator.choice(strange)
        if isinstance(value, dict) and value:
            key = generator.choice(sorted(value))
            name = generator.choice([key, key, key, "", "max", "main_score", "../x"])
            return {**{k: v for k, v in value.items() if k != key}, name: change(value[key])}
        if isinstance(value, list) and value:
            place = generator.randrange(len(value))
            return [*value[:place], change(value[place]), *value[place + 1 :]]
        return generator.choice(strange)

    return json.dumps(change(json.loads(content))).encode()


def mutate_zip(generator: random.Random, content: bytes) -> bytes:
    """A zip file damaged as a whole, or packed again around one damaged member."""
    if generator.random() < 0.4:
        return mutate(generator, content)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before:
        members = {name: before.read(name) for name in before.namelist()}
    name = generator.choice(sorted(members))
    members[name] = mutate(generator, members[name])
    if generator.random() < 0.2:
        members[generator.choice(["../x.json", "a/", "x.pkl", "trials.parquet"])] = b"1"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for member, inside in members.items():
            after.writestr(member, inside)
    return packed.getvalue()
