"""Tokenizers as repositories have them on disk: a tokenizer.json and settings beside it."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers import models as token_models


def write_tokenizer(
    folder: Path,
    name: str,
    template: str,
    *,
    bos: str = "<s>",
    eos: str = "</s>",
    by_bytes: bool = False,
    **settings: Any,
) -> int:
    """A tokenizer.json of characters or bytes whose post-processor adds `template`; its size."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    signs = alphabet if by_bytes else ["▁", *(chr(code) for code in range(0x21, 0x7F))]
    words = dict.fromkeys(("<pad>", bos, eos, "<unk>", *signs))
    vocabulary = {token: index for index, token in enumerate(words)}
    unknown = {} if by_bytes else {"unk_token": "<unk>", "fuse_unk": True}
    tokenizer = Tokenizer(token_models.BPE(vocabulary, [], **unknown))
    if by_bytes:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        marks = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
        tokenizer.normalizer = normalizers.Sequence(marks)
    tokenizer.add_special_tokens(["<pad>", bos, eos, "<unk>"])
    if template:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=template, special_tokens=[(x, vocabulary[x]) for x in dict.fromkeys((bos, eos))]
        )
    elif by_bytes:
        tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.save(str(folder / "tokenizer.json"))
    tokens = {"bos_token": bos, "eos_token": eos, "pad_token": "<pad>", "unk_token": "<unk>"}
    content = {"tokenizer_class": name, "model_max_length": 64} | tokens | settings
    (folder / "tokenizer_config.json").write_text(json.dumps(content))
    return len(vocabulary)
