"""Points, texts or rows that were picked, kept in the URL; chart selections cannot bind themselves.

ids = picked_ids.selected("points")
picked_ids.keep("points", ids)
"""

import re
from collections.abc import Iterable, Sequence
from itertools import islice

import streamlit as st

_RANGE = re.compile(r"(?<![^,])(\d{1,18})(?:-(\d{1,18}))?(?![^,])", re.ASCII)

MOST_IDS = 100_000
"""Texts of a run are far fewer; an address may ask for any number."""


def selected(key: str) -> list[int]:
    """Ids of the points that were picked.

    Each once, in the order of the address, and MOST_IDS at most, whatever the address says.
    """
    ranges = _RANGE.findall(st.query_params.get(key, ""))
    named = (n for first, last in ranges for n in range(int(first), int(last or first) + 1))
    return list(dict.fromkeys(islice(named, MOST_IDS)))


def keep(key: str, ids: Iterable[int]) -> None:
    """Put picked ids into the URL, as ranges (?key=1-4,9); no ids remove the parameter."""
    wanted = sorted({int(number) for number in ids})
    if wanted == selected(key):
        return
    if wanted:
        st.query_params[key] = _as_ranges(wanted)
    elif key in st.query_params:
        del st.query_params[key]


def _as_ranges(ids: Sequence[int]) -> str:
    parts: list[list[int]] = []
    for number in ids:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
