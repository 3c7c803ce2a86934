"""Views of a text: reproducible, different from each other, and gentle."""

import difflib
import random
import string

from hypothesis import given
from hypothesis import strategies as st

from lrd_core.tasks import load_task
from lrd_core.tasks.augment import (
    NEIGHBOURING_KEYS,
    augment,
    miss_keys,
    replace_characters,
    split_word,
)

SENTENCE = "In the beginning God created the heaven and the earth."
GOLDEN = [
    "In the vetinnung God created the hjavin and the ear th.",
    "In the beginnin g God created the heaven and the wvrfj.",
]


def test_golden_views() -> None:
    """Written by augment(SENTENCE, 0, view); a change needs AUGMENTATION_VERSION + 1."""
    assert [augment(SENTENCE, 0, view) for view in range(2)] == GOLDEN


@given(st.text(max_size=80), st.integers(0, 5), st.integers(0, 20))
def test_a_view_depends_on_text_seed_and_view_only(text: str, seed: int, view: int) -> None:
    first = augment(text, seed, view)
    random.seed(1)
    augment("something else", seed, view)
    assert augment(text, seed, view) == first


def test_seeds_and_views_differ_and_stay_close() -> None:
    texts = load_task("lee-news", 20, 0).items
    for text in texts:
        views = {augment(text, seed, view) for seed in (0, 1) for view in range(4)}
        assert len(views) == 8
        assert text not in views
        for view in views:
            assert difflib.SequenceMatcher(None, text, view, autojunk=False).ratio() > 0.8


def test_short_texts_come_back_unchanged() -> None:
    assert [augment(text, 0, 0) for text in ("", " ", "a bc def", "!? ...")] == [
        "",
        " ",
        "a bc def",
        "!? ...",
    ]


def test_each_step_does_what_it_says() -> None:
    generator = random.Random(0)
    assert split_word("beginning", generator).replace(" ", "") == "beginning"
    assert " " in split_word("beginning", generator)
    changed = replace_characters("12345678", generator)
    assert len(changed) == 8
    assert set(changed) & set(string.ascii_lowercase)
    missed = miss_keys("ABCDEFGH", generator)
    assert missed.isupper()
    wrong = [(a, b) for a, b in zip("ABCDEFGH", missed, strict=True) if a != b]
    assert wrong
    assert all(b.lower() in NEIGHBOURING_KEYS[a.lower()] for a, b in wrong)


def test_neighbouring_keys_are_mutual_and_right() -> None:
    assert set(NEIGHBOURING_KEYS["g"]) == set("ftyhvb")
    assert set(NEIGHBOURING_KEYS) == set(string.ascii_lowercase)
    for key, near in NEIGHBOURING_KEYS.items():
        assert all(key in NEIGHBOURING_KEYS[other] for other in near)
