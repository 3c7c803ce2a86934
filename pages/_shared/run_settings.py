"""The settings of a run as a form."""

import streamlit as st

from lrd_core.settings import RunSettings
from pages._shared import state


def choose() -> RunSettings:
    """Every setting with its default explained; each is part of a result's identity."""
    with st.expander("Settings", key="run_settings"):
        n = state.choose_one(
            "Texts",
            [100, 300, 1000, 3000, 10_000, 0],
            key="run_n",
            default=1000,
            show=lambda n: f"{n:,}" if n else "all",
            help="Drawn at random with the seed. 1,000 is enough for stable profiles.",
        )
        left, right = st.columns(2)
        with left:
            seed = st.number_input(
                "Seed", 0, 2**31 - 1, 0, key="run_seed", help="Of the sample and the augmentation."
            )
            pooling = state.choose_one(
                "Pooling",
                ["", "mean", "cls", "lasttoken", "weightedmean", "max", "mean_sqrt_len"],
                key="run_pooling",
                show=lambda name: name or "the model's own",
                list_box=True,
                help="How token states become one vector for each text, at every layer.",
            )
            max_length = st.number_input(
                "Longest text (tokens)",
                8,
                8192,
                None,
                key="run_length",
                placeholder="the model's limit, 512 at most",
                help="Longer texts are cut.",
            )
            dtype = state.choose_one(
                "Number format",
                ["auto", "float32", "bfloat16", "float16"],
                key="run_dtype",
                list_box=True,
                help="auto: float32 on a processor, the weights' own on a GPU.",
            )
        with right:
            final_norm = state.choose_one(
                "Last layer",
                ["hf", "raw", "all"],
                key="run_norm",
                list_box=True,
                show={
                    "hf": "as Hugging Face gives it",
                    "raw": "before the final norm",
                    "all": "final norm on every layer",
                }.__getitem__,
                help="Where the model's final normalisation is applied.",
            )
            capture = state.choose_one(
                "Captured",
                ["block", "attention"],
                key="run_capture",
                list_box=True,
                show={"block": "after each block", "attention": "after attention"}.__getitem__,
                help="Between attention and MLP, or after both.",
            )
            tail = state.choose_one(
                "After pooling",
                ["none", "all"],
                key="run_tail",
                list_box=True,
                show={"none": "nothing", "all": "the model's own tail"}.__getitem__,
                help="What the model's folder puts after pooling (Dense, Normalize): on no layer, "
                "or on every one, so that the last layer is what the model publishes.",
            )
            prompt = st.text_input("Prompt", key="run_prompt", help="Put before every text.")
            condition = st.text_input(
                "Extreme input",
                key="run_condition",
                placeholder="repeat:0.3, random:0.5",
                help="Repeats, replaces or repeats up to a length: repeat:P, random:P, length:N.",
            )
    return RunSettings(
        n=n or None,
        seed=int(seed),
        max_length=max_length,
        pooling=pooling or None,
        final_norm=final_norm,
        dtype=dtype,
        prompt=prompt,
        condition=condition,
        capture=capture,
        tail=tail,
    )
