"""Whisper out of a file as CTranslate2 writes it: a tiny model written so, and read back."""

import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file

from lrd_core.errors import ModelError
from lrd_core.models.load import load_model
from lrd_core.models.whisper_weights import from_ctranslate2_whisper, read_ctranslate2

WIDTH = 16
KINDS = {"float16": 4, "int8": 1, "int16": 2}


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    config = transformers.WhisperConfig(
        vocab_size=51864,
        d_model=WIDTH,
        encoder_layers=2,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=4,
        encoder_ffn_dim=24,
        decoder_ffn_dim=20,
        num_mel_bins=80,
        max_source_positions=1500,
        max_target_positions=8,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.WhisperForConditionalGeneration(config).half().eval()


def arrays_of(model: torch.nn.Module) -> dict[str, np.ndarray]:
    """The weights as that format has them: queries, keys and values of self-attention in one."""
    found: dict[str, np.ndarray] = {
        "encoder/num_heads": np.int16(2),
        "decoder/num_heads": np.int16(4),
        "decoder/pre_norm": np.int8(1),
    }

    def put(name: str, *modules: torch.nn.Module) -> None:
        found[f"{name}/weight"] = torch.cat([m.weight for m in modules]).detach().numpy()
        biases = [torch.zeros(len(m.weight)) if m.bias is None else m.bias for m in modules]
        found[f"{name}/bias"] = torch.cat([b.half() for b in biases]).detach().numpy()

    def norm(name: str, module: torch.nn.Module) -> None:
        found[f"{name}/gamma"], found[f"{name}/beta"] = (
            x.detach().numpy() for x in (module.weight, module.bias)
        )

    for side, part in (("encoder", model.model.encoder), ("decoder", model.model.decoder)):
        norm(f"{side}/layer_norm", part.layer_norm)
        places = part.embed_positions.weight.detach().numpy()
        found[f"{side}/position_encodings/encodings"] = places
        for number, block in enumerate(part.layers):
            path, own = f"{side}/layer_{number}", block.self_attn
            put(f"{path}/self_attention/linear_0", own.q_proj, own.k_proj, own.v_proj)
            put(f"{path}/self_attention/linear_1", own.out_proj)
            norm(f"{path}/self_attention/layer_norm", block.self_attn_layer_norm)
            put(f"{path}/ffn/linear_0", block.fc1)
            put(f"{path}/ffn/linear_1", block.fc2)
            norm(f"{path}/ffn/layer_norm", block.final_layer_norm)
            if side == "decoder":
                other = block.encoder_attn
                put(f"{path}/attention/linear_0", other.q_proj)
                put(f"{path}/attention/linear_1", other.k_proj, other.v_proj)
                put(f"{path}/attention/linear_2", other.out_proj)
                norm(f"{path}/attention/layer_norm", block.encoder_attn_layer_norm)
    put("encoder/conv1", model.model.encoder.conv1)
    put("encoder/conv2", model.model.encoder.conv2)
    words = model.model.decoder.embed_tokens.weight.detach().numpy()
    return found | {"decoder/embeddings/weight": words}


def write(file: Path, arrays: dict[str, np.ndarray], version: int = 6) -> Path:
    def string(text: str) -> bytes:
        return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"

    content = struct.pack("<I", version) + string("WhisperSpec") + struct.pack("<I", 3)
    content += struct.pack("<I", len(arrays))
    for name, array in arrays.items():
        content += string(name) + struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        content += struct.pack("<BI", KINDS[str(array.dtype)], array.nbytes) + array.tobytes()
    file.write_bytes(content + struct.pack("<I", 0))
    return file


def test_every_weight_comes_back_under_its_name(model: torch.nn.Module, tmp_path: Path) -> None:
    target = tmp_path / "whisper"
    target.mkdir()
    from_ctranslate2_whisper(write(tmp_path / "model.bin", arrays_of(model)), target)
    written = load_file(target / "model.safetensors")
    for name, tensor in model.state_dict().items():
        if name != "proj_out.weight":
            assert torch.equal(written[name], tensor), name
    loaded = load_model(str(target), device="cpu")
    assert (loaded.modality, loaded.num_blocks, loaded.max_length) == ("audio", 2, 1500)
    whole = transformers.WhisperForConditionalGeneration.from_pretrained(target)
    assert whole.config.decoder_attention_heads == 4 and whole.config.eos_token_id == 50256


def test_what_is_another_file_is_refused(model: torch.nn.Module, tmp_path: Path) -> None:
    arrays = arrays_of(model)
    with pytest.raises(ModelError, match=r"model\.bin is 'WhisperSpec' of version 5"):
        read_ctranslate2(write(tmp_path / "model.bin", arrays, version=5))
    biased = arrays | {"encoder/layer_0/self_attention/linear_0/bias": np.ones(48, np.float16)}
    with pytest.raises(ModelError, match="holds a bias of keys"):
        from_ctranslate2_whisper(write(tmp_path / "model.bin", biased), tmp_path)
    short = {name: array for name, array in arrays.items() if "layer_1/ffn" not in name}
    with pytest.raises(ModelError, match=r"do not fit Whisper.*: missing .*layers\.1"):
        from_ctranslate2_whisper(write(tmp_path / "model.bin", short), tmp_path)
