"""Tiny sentence-transformers folders of every layout, written by hand."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from tests.tiny import HIDDEN_SIZE, tiny_model, tiny_tokenizer

KIND = "sentence_transformers.models."
TANH, IDENTITY = "torch.nn.modules.activation.Tanh", "torch.nn.modules.linear.Identity"
FLAGS = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens")
TEXTS = [
    "rain on the river",
    "a",
    "Money In The BANK </s> and stones under the tree",
    "12 + 7 = 19?",
    "A longer text, so that every limit matters, and still longer than all of the others.",
]


def put(file: Path, content: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def edit(file: Path, **changes: Any) -> None:
    put(file, (json.loads(file.read_text()) if file.exists() else {}) | changes)


def flags(**on: bool) -> dict[str, Any]:
    """Pooling settings as releases before modes had names wrote them."""
    named = {f"pooling_mode_{flag}": False for flag in FLAGS}
    return {"word_embedding_dimension": HIDDEN_SIZE} | named | on


def dense(reads: int, gives: int, activation: str = TANH, **more: Any) -> dict[str, Any]:
    return {
        "kind": "Dense",
        "in_features": reads,
        "out_features": gives,
        "bias": True,
        "activation_function": activation,
    } | more


def base(folder: Path, architecture: str = "bert") -> Path:
    """What transformers saves."""
    tiny_model(architecture, num_layers=2).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return folder


def make(
    folder: Path,
    architecture: str = "bert",
    pooling: str | Sequence[str] | dict[str, Any] = "mean",
    tail: Sequence[dict[str, Any]] = (),
    whole: dict[str, Any] | None = None,
    **transformer: Any,
) -> Path:
    """whole: config_sentence_transformers.json. transformer: sentence_bert_config.json."""
    base(folder, architecture)
    if not isinstance(pooling, dict):
        pooling = {"embedding_dimension": HIDDEN_SIZE, "pooling_mode": pooling}
    put(folder / "1_Pooling" / "config.json", pooling)
    kinds = ["Transformer", "Pooling"]
    for place, module in enumerate(tail, start=2):
        settings = dict(module)
        kinds.append(settings.pop("kind"))
        path = folder / f"{place}_{kinds[-1]}"
        put(path / "config.json", settings)
        _save_weights(path / "model.safetensors", kinds[-1], settings)
    put(folder / "modules.json", [_line(place, kind) for place, kind in enumerate(kinds)])
    put(folder / "config_sentence_transformers.json", whole or {})
    put(folder / "sentence_bert_config.json", {"max_seq_length": None} | transformer)
    return folder


def move_pooling(folder: Path) -> Path:
    (folder / "1_Pooling").rename(folder / "pool")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["path"] = "pool"
    put(folder / "modules.json", modules)
    return folder


def move_transformer(folder: Path) -> Path:
    """As releases before 1.0 wrote it."""
    (folder / "0_Transformer").mkdir()
    for file in [path for path in folder.iterdir() if path.is_file()]:
        if file.name not in ("modules.json", "config_sentence_transformers.json"):
            file.rename(folder / "0_Transformer" / file.name)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    put(folder / "modules.json", modules)
    return folder


def rename_settings(folder: Path) -> Path:
    (folder / "sentence_bert_config.json").rename(folder / "sentence_roberta_config.json")
    return folder


NORM: dict[str, Any] = {"kind": "Normalize"}
LAYER_NORM: dict[str, Any] = {"kind": "LayerNorm", "dimension": HIDDEN_SIZE}
ALL_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
QUERY = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}

LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "mean": lambda folder: make(folder),
    "cls, scaled": lambda folder: make(folder, pooling="cls", tail=[NORM]),
    "old flags": lambda folder: make(folder, pooling=flags(pooling_mode_max_tokens=True)),
    "old flags, none set": lambda folder: make(folder, pooling=flags()),
    "old flags, two set": lambda folder: make(
        folder, pooling=flags(pooling_mode_mean_tokens=True, pooling_mode_cls_token=True)
    ),
    "every mode joined": lambda folder: make(folder, pooling=ALL_MODES, tail=[NORM]),
    "root of the length": lambda folder: make(folder, pooling="mean_sqrt_len_tokens"),
    "Dense": lambda folder: make(folder, tail=[dense(HIDDEN_SIZE, 12)]),
    "Dense, scaled, cut": lambda folder: make(
        folder, tail=[dense(HIDDEN_SIZE, 12), NORM], whole={"truncate_dim": 5}
    ),
    "joined, two Dense": lambda folder: make(
        folder,
        pooling=["max", "cls"],
        tail=[
            dense(2 * HIDDEN_SIZE, 12, IDENTITY, bias=False, use_residual=True),
            {"kind": "Dropout", "dropout": 0.5},
            dense(12, 12, "torch.nn.GELU", use_residual=True),
        ],
    ),
    "LayerNorm, scaled": lambda folder: make(folder, tail=[LAYER_NORM, NORM]),
    "T5 with Dense": lambda folder: make(folder, "t5", tail=[dense(HIDDEN_SIZE, 12), NORM]),
    "pooling elsewhere": lambda folder: move_pooling(make(folder, pooling="cls")),
    "decoder by weighted mean": lambda folder: make(folder, "llama", "weightedmean", [NORM]),
    "decoder at its last token": lambda folder: make(folder, "qwen3", "lasttoken", [NORM]),
    "decoder read both ways": lambda folder: make(
        folder, "llama", config_args={"is_causal": False}
    ),
    "0_Transformer": lambda folder: move_transformer(make(folder, tail=[dense(HIDDEN_SIZE, 12)])),
    "lower case": lambda folder: make(folder, do_lower_case=True),
    "shorter": lambda folder: make(folder, max_seq_length=16),
    "longer than the tokenizer says": lambda folder: make(folder, max_seq_length=80),
    "length among the tokenizer's": lambda folder: make(
        folder, max_seq_length=16, tokenizer_args={"model_max_length": 9}
    ),
    "settings under an older name": lambda folder: rename_settings(
        make(folder, max_seq_length=16, do_lower_case=True)
    ),
    "prompts": lambda folder: make(folder, whole=QUERY | {"similarity_fn_name": "dot"}),
    "prompt not pooled": lambda folder: make(
        folder,
        whole=QUERY,
        pooling={"embedding_dimension": HIDDEN_SIZE, "pooling_mode": list(ALL_MODES)}
        | {"include_prompt": False},
    ),
}
"""Each writes one folder."""


def _line(place: int, kind: str) -> dict[str, Any]:
    path = "" if kind == "Transformer" else f"{place}_{kind}"
    return {"idx": place, "name": str(place), "path": path, "type": KIND + kind}


def _save_weights(file: Path, kind: str, settings: dict[str, Any]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        if kind == "Dense":
            reads, gives = settings["in_features"], settings["out_features"]
            weights = {"linear.weight": torch.randn(gives, reads) / reads**0.5}
            if settings["bias"]:
                weights["linear.bias"] = torch.randn(gives)
            if settings.get("use_residual") and reads != gives:
                weights["residual.weight"] = torch.randn(gives, reads) / reads**0.5
        elif kind == "LayerNorm":
            size = settings["dimension"]
            weights = {"norm.weight": torch.rand(size) + 0.5, "norm.bias": torch.randn(size)}
        else:
            return
    save_file(weights, file)
