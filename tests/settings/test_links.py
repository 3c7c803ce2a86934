"""Links and scenes of 0.2.0 name settings by key, label and caption: these stay."""

import pytest

from lrd_core.settings import ASKED, find_setting
from lrd_core.views import coverage

FORM = {
    "run_n": ("n", ["100", "300", "1,000", "3,000", "10,000", "all"]),
    "run_pooling": (
        "pooling",
        ["the model's own", "mean", "cls", "lasttoken", "weightedmean", "max", "mean_sqrt_len"],
    ),
    "run_dtype": ("dtype", ["auto", "float32", "bfloat16", "float16"]),
    "run_norm": (
        "final_norm",
        ["as Hugging Face gives it", "before the final norm", "final norm on every layer"],
    ),
    "run_capture": ("capture", ["after each block", "after attention"]),
    "run_tail": ("tail", ["nothing", "the model's own tail"]),
}
LABELS = {
    "pooling": "Pooling",
    "final_norm": "Last layer",
    "condition": "Condition",
    "capture": "Measured at",
    "tail": "After pooling",
    "revision": "Model revision",
    "n": "Texts",
    "seed": "Seed",
    "dtype": "Number format",
    "max_length": "Longest text",
    "prompt": "Prompt",
    "split": "Split",
}
WORDS = {
    ("final_norm", "hf"): "as published",
    ("final_norm", "raw"): "before the final norm",
    ("final_norm", "all"): "norm on every layer",
    ("condition", ""): "plain texts",
    ("condition", "repeat:0.5"): "repeat:0.5",
    ("prompt", ""): "none",
    ("capture", "block"): "blocks",
    ("capture", "attention"): "attention",
    ("tail", "none"): "pooled states",
    ("tail", "all"): "model's own tail",
    ("n", 1000): "1000",
    ("pooling", "cls"): "cls",
}


@pytest.mark.parametrize("key", FORM)
def test_the_launch_form_is_found_under_its_keys_and_captions(key: str) -> None:
    name, captions = FORM[key]
    setting = find_setting(name)
    assert f"run_{setting.link or setting.name}" == key
    assert [setting.caption(choice) for choice in setting.choices] == captions


def test_filters_are_found_under_their_labels_and_words() -> None:
    labels = {one.name: one.label for one in coverage.FILTERS}
    assert LABELS.items() <= labels.items()
    assert len(set(labels.values())) == len(labels)
    for (name, value), words in WORDS.items():
        assert find_setting(name).in_words(value) == words


def test_every_choice_of_the_form_has_a_caption_of_its_own() -> None:
    for one in ASKED:
        captions = [one.caption(choice) for choice in one.choices]
        assert all(captions) and len(set(captions)) == len(captions)
