"""A callback records layers along a real fine-tuning, and changes nothing of it."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import Trainer, TrainingArguments

import lrd_core
from lrd_core.config import Config
from lrd_core.errors import InputError, UnknownNameError
from lrd_core.views.depth import DepthRequest, depth
from lrd_core.views.view import Selection
from tests.tiny import tiny_model, tiny_tokenizer

TEXTS = [f"text {letter} of a few words" for letter in "abcdefghijkl"]
STEPS = ("step0", "step2", "step4", "step5")


def fine_tune(folder: Path, *callbacks: Any) -> torch.nn.Module:
    """Five real steps of a tiny language model on twelve texts."""
    torch.manual_seed(0)
    tokenizer = tiny_tokenizer()
    model = tiny_model("gpt2", head=True)
    model.requires_grad_(True)
    rows = [tokenizer(text, padding="max_length", max_length=8, truncation=True) for text in TEXTS]
    data = [{**dict(row), "labels": list(row["input_ids"])} for row in rows]
    options = {"max_steps": 5, "per_device_train_batch_size": 4, "learning_rate": 0.05}
    arguments = TrainingArguments(
        output_dir=str(folder / "out"),
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        use_cpu=True,
        seed=3,
        **options,
    )
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=data,
        processing_class=tokenizer,
        callbacks=list(callbacks),
    )
    trainer.train()
    return model


def recorder(folder: Path, **options: Any) -> lrd_core.LayerRecorder:
    given = {"name": "tuned", "store": folder / "data", "every": 2, "max_length": 8} | options
    return lrd_core.LayerRecorder(TEXTS, "nrs,effective_rank", **given)


def of_step(ranks: pd.DataFrame, step: str) -> np.ndarray:
    return ranks[ranks["revision"] == step].sort_values("position")["value"].to_numpy()


def test_each_measured_step_is_a_checkpoint_and_the_training_is_as_without(tmp_path: Path) -> None:
    alone = fine_tune(tmp_path)
    watched = fine_tune(tmp_path, recorder(tmp_path))
    for (name, one), (_, other) in zip(
        alone.named_parameters(), watched.named_parameters(), strict=True
    ):
        assert torch.equal(one, other), name
    assert watched.training == alone.training

    store = lrd_core.open_store(tmp_path / "data")
    assert set(store.runs()["revision"]) == set(STEPS)
    ranks = store.profiles(series="effective_rank")
    last, first = (of_step(ranks, step) for step in ("step5", "step0"))
    again = lrd_core.measure((watched, tiny_tokenizer()), TEXTS, "effective_rank", max_length=8)
    now = again.table().query("series == 'effective_rank'")["value"].to_numpy()
    assert np.isfinite(last).sum() >= 4
    np.testing.assert_array_equal(last, now)
    assert not np.array_equal(first, last, equal_nan=True)

    selection = Selection(("tuned",), ("texts",))
    view = depth(
        Config(tmp_path / "data"),
        DepthRequest(selection, series=("effective_rank",), vary="revision"),
    )
    assert set(view.table["variation"]) == set(STEPS)


def test_a_name_that_the_store_has_is_refused_before_the_first_step(tmp_path: Path) -> None:
    fine_tune(tmp_path, recorder(tmp_path))
    with pytest.raises(InputError, match="has a model 'tuned' already; give this training a name"):
        fine_tune(tmp_path, recorder(tmp_path))


def test_what_cannot_be_measured_is_refused_before_the_training(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="every=0 measures no step"):
        recorder(tmp_path, every=0)
    with pytest.raises(UnknownNameError, match="pooling"):
        recorder(tmp_path, poolin="mean")
    with pytest.raises(InputError, match="step -1 is before the training"):
        layers = [torch.randn(6, 4) for _ in range(3)]
        lrd_core.measure_arrays(layers, "effective_rank", name="arrays").at_step(-1, "one")
