"""Tiny twins of the 31 models of the panel: other weights, the same peculiarities.

What each repository has of its own stands in its line: the class and settings of its tokenizer,
what its post-processor adds, its pooling, its modules after pooling, its prompts, code of its own
in its configuration, the direction in which its authors use it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tokenizer_files import write_tokenizer
from tests.zoo import zoo_config, zoo_model

BERT = {"name": "BertTokenizer", "template": "[CLS] $A [SEP]", "bos": "[CLS]", "eos": "[SEP]"}
ROBERTA = {"name": "PreTrainedTokenizerFast", "template": "<s> $A </s>"}
MISTRAL_PLAIN = {"name": "LlamaTokenizer", "template": "<s> $A", "add_bos_token": True}
MISTRAL = MISTRAL_PLAIN | {"add_eos_token": True}
GEMMA = {
    "name": "GemmaTokenizer",
    "template": "<bos> $A",
    "bos": "<bos>",
    "eos": "<eos>",
    "add_bos_token": True,
    "add_eos_token": True,
}
_QWEN = {"name": "Qwen2Tokenizer", "by_bytes": True, "bos": "<|im_start|>", "eos": "<|endoftext|>"}
QWEN3 = _QWEN | {"template": "$A <|endoftext|>", "add_bos_token": False, "padding_side": "left"}
QWEN2 = _QWEN | {"template": "", "add_eos_token": True}
LLAMA3 = {
    "name": "PreTrainedTokenizerFast",
    "template": "<|begin|> $A",
    "by_bytes": True,
    "bos": "<|begin|>",
    "eos": "<|end|>",
}
GPT2 = {
    "name": "GPT2Tokenizer",
    "template": "",
    "by_bytes": True,
    "bos": "<|endoftext|>",
    "eos": "<|endoftext|>",
    "pad_token": None,
}

QUERY = {"prompts": {"query": "query: ", "passage": "passage: "}}
INSTRUCT = {"prompts": {"web_search_query": "Instruct: find passages\nQuery: "}}


@dataclass(frozen=True)
class Twin:
    """One repository. last: the token that `lasttoken` must read; None where it is not used."""

    kind: str
    tokenizer: Mapping[str, Any]
    pooling: str | None
    last: str | None = None
    both_ways: bool = True
    normalises: bool = True
    prompts: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    needs_code: bool = False


def _decoder(kind: str, tokenizer: Mapping[str, Any], last: str, **more: Any) -> Twin:
    return Twin(kind, tokenizer, "lasttoken", last, both_ways=False, prompts=INSTRUCT, **more)


def _base(kind: str, tokenizer: Mapping[str, Any], **more: Any) -> Twin:
    return Twin(kind, tokenizer, None, None, both_ways=False, normalises=False, **more)


_WINDOW = {"sliding_window": 8}
_OWN = {"AutoModel": "modeling_own.OwnModel", "AutoConfig": "configuration_own.OwnConfig"}
# What nomic's configuration calls GPT-2's way; transformers' own class knows other names.
_NOMIC = {"n_embd": 64, "n_layer": 4, "n_head": 4, "rotary_emb_base": 1000, "auto_map": _OWN}

TWINS: dict[str, Twin] = {
    "all-MiniLM-L6-v2": Twin("bert", BERT, "mean"),
    "all-mpnet-base-v2": Twin("mpnet", ROBERTA, "mean"),
    "bge-base-en-v1.5": Twin("bert", BERT, "cls"),
    "bge-large-en-v1.5": Twin("bert", BERT, "cls"),
    "e5-base-v2": Twin("bert", BERT, "mean", prompts=QUERY),
    "e5-large-v2": Twin("bert", BERT, "mean", prompts=QUERY),
    "gte-base": Twin("bert", BERT, "mean"),
    "gte-large": Twin("bert", BERT, "mean"),
    "jina-embeddings-v3": Twin("xlm-roberta", ROBERTA, "mean", needs_code=True),
    "mxbai-embed-large-v1": Twin("bert", BERT, "cls", normalises=False),
    "nomic-embed-text-v1.5": Twin("nomic_bert", BERT, "mean", normalises=False, config=_NOMIC),
    "snowflake-arctic-embed-l": Twin("bert", BERT, "cls", prompts=QUERY),
    "snowflake-arctic-embed-m-v2.0": Twin("gte", ROBERTA, "cls", config={"auto_map": _OWN}),
    "GritLM-7B": Twin("mistral", MISTRAL_PLAIN, "mean", config=_WINDOW),
    "Linq-Embed-Mistral": _decoder("mistral", MISTRAL, "</s>", config=_WINDOW),
    "Qwen3-Embedding-0.6B": _decoder("qwen3", QWEN3, "<|endoftext|>"),
    "Qwen3-Embedding-8B": _decoder("qwen3", QWEN3, "<|endoftext|>"),
    "SFR-Embedding-2_R": _decoder("mistral", MISTRAL, "</s>", config=_WINDOW),
    "SFR-Embedding-Mistral": _decoder("mistral", MISTRAL, "</s>", config=_WINDOW),
    "Zeta-Alpha-E5-Mistral": _decoder("mistral", MISTRAL, "</s>", config=_WINDOW),
    "bge-en-icl": _decoder("mistral", MISTRAL, "</s>"),
    "bge-multilingual-gemma2": _decoder("gemma2", GEMMA, "<eos>", config=_WINDOW),
    "e5-mistral-7b-instruct": _decoder("mistral", MISTRAL, "</s>", config=_WINDOW),
    "gte-Qwen2-7B-instruct": Twin(
        "qwen2", QWEN2, "lasttoken", "<|endoftext|>", prompts=INSTRUCT, config={"auto_map": _OWN}
    ),
    "NV-Embed-v2": Twin("mistral", MISTRAL, "mean", needs_code=True),
    "Llama-3.2-1B": _base("llama", LLAMA3),
    "Mistral-7B-v0.1": _base("mistral", MISTRAL_PLAIN, config=_WINDOW),
    "falcon-7b": _base("falcon", GPT2),
    "gemma-2-2b": _base("gemma2", GEMMA | {"add_eos_token": False}, config=_WINDOW),
    "gpt2": _base("gpt2", GPT2),
    "gpt2-xl": _base("gpt2", GPT2),
}


def write_twin(name: str, folder: Path) -> None:
    """The twin as its repository would be on disk."""
    twin = TWINS[name]
    folder.mkdir()
    size = write_tokenizer(folder, **twin.tokenizer)
    known = set(zoo_config(twin.kind).to_dict())
    settings = {key: value for key, value in twin.config.items() if key in known}
    model = zoo_model(twin.kind, vocab_size=size + 8, **settings)
    model.save_pretrained(folder)  # type: ignore[operator]
    file = folder / "config.json"
    content = json.loads(file.read_text()) | dict(twin.config)
    if twin.needs_code:
        content |= {"model_type": f"own_{twin.kind}", "auto_map": _OWN}
    file.write_text(json.dumps(content))
    if twin.pooling is not None:
        _write_modules(folder, twin, 64)


def _write_modules(folder: Path, twin: Twin, width: int) -> None:
    names = ["Transformer", "Pooling", *(["Normalize"] if twin.normalises else [])]
    modules = [
        {
            "idx": place,
            "name": str(place),
            "path": "" if name == "Transformer" else f"{place}_{name}",
            "type": f"sentence_transformers.models.{name}",
        }
        for place, name in enumerate(names)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    flags = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "lasttoken")
    chosen = {"mean": "mean_tokens", "cls": "cls_token", "lasttoken": "lasttoken"}[twin.pooling]
    pooling = {f"pooling_mode_{flag}": flag == chosen for flag in flags}
    file = folder / "1_Pooling" / "config.json"
    file.write_text(json.dumps({"word_embedding_dimension": width, **pooling}))
    if twin.prompts:
        file = folder / "config_sentence_transformers.json"
        file.write_text(json.dumps(dict(twin.prompts)))
