"""What a person, a script or an attacker writes where a name, a number or a path is asked for."""

import os
import random
from pathlib import Path

NUMBERS = (
    *("-1", "0", "1", "2", "7", "2147483647", "2147483648", "-2147483649", "9" * 30, "9" * 5000),
    *("--5", "-0", "01", "1_0", "٣", "0x10", "1e3", "1e400", "-1e400", "nan", "inf", "-inf"),
    *("0.5", "-0.5", "1.0000000001", "5e-324", "1,2", "1;2", "+1", " 1 ", "1e", ".", "-"),
)
NAMES = (
    *("", " ", "x", "a" * 300, "a" * 5000, "~nouser", "~nouser/x", "~", "..", ".", "/", "//"),
    *("../../x", "C:\\x", "\\\\host\\share", "\x1b[2J\x1b[31m", "‮٣é漢😀", "\u2028", "a\nb", "\r\n"),
    *("\ud800", "\udce9x", "=cmd|'/c calc'!A0", "'; DROP TABLE runs; --", "%s%n", "{}", "{0.x}"),
    *("None", "null", "true", "[", "(", "*", "?", "\\", "'", '"', "`id`", "$HOME", "<b>x</b>"),
    *("@", "a@", "@b", "a@b@c", "a/b", "a/b@main", "/a/b@c", "a//b", "org/name/more", "memory:x"),
    *("pack:x", "published:x", "hf://x", "https://example.org/x", "file:///etc/passwd", "con"),
    *(":", "::", "a:", ":a", "a:b", "a=b", "a=", "=b", "a:b=c", "a:alpha=nan", "a:k=-1"),
    *(",", ",,", "a,,b", "+", "mean+", "mean+mean", "mean+cls+max", "all", "lrd", "lrd:published"),
    *("dataset_entropy:alpha=2", "dataset_entropy:alpha=nan", "dataset_entropy:alpha=1e400"),
    *("gfmi:k=0", "gfmi:k=9999999999", "nrs:k=-1", "nrs:k=1.5", "lidar:views=0", "dime:x=1"),
    *("repeat:", "repeat:2", "repeat:nan", "repeat:-1", "random:1e400", "length:0", "length:-1"),
    *("length:99999999999", "mask:0.5", "noise:inf", "blur:-1", "repeat:0.3:0.3", "repeat"),
    *("without_dominating:", "without_dominating:nan", "without_dominating:0", "cuda:99", "mps"),
    *("bbc-news", "BBC-News", "STS17", "Sts17", "all-MiniLM-L6-v2", "all-MiniLM-L6-v2@main"),
)
"""No null among them: no operating system passes one to a program. Doors that files, links and
notebooks lead to are given NULL beside them."""

NULL = ("\0", "a\0b", "/tmp/\0", "\0" * 300)

PLACES = ("file", "folder", "gone", "loop", "dead", "pipe", "zero", "null", "long", "below", "name")
"""What can stand where a path is asked for; see `path_at`."""


def path_at(generator: random.Random, place: Path) -> str:
    """A path below `place` to something that is not what it seems."""
    kind = generator.choice(PLACES)
    path = place / generator.choice(
        ["x", "x.csv", "x.json", "x.parquet", "x.npy", "x.zip", "x.svg"]
    )
    path.unlink(missing_ok=True)
    if kind in ("file", "below"):
        path.write_bytes(generator.choice([b"", b"text\n", b"\xff\xfe", b"\0" * 64, b"[" * 5000]))
    elif kind == "folder":
        path = place / "folder"
        path.mkdir(exist_ok=True)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind in ("loop", "dead", "zero", "null"):
        target = {"loop": path, "dead": place / "gone", "zero": "/dev/zero", "null": "/dev/null"}
        path.symlink_to(target[kind])
    if kind == "long":
        return str(place / ("a" * 300))
    if kind == "name":
        return str(place / generator.choice(["é.csv", "\udce9.csv", "a b.csv", "\x1b[2J.csv"]))
    return str(path / "inside.csv" if kind == "below" else path)
