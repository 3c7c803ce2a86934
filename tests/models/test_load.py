"""Loading: what comes back, what is refused before anything runs, and what `auto` means."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from lrd_core.config import Config
from lrd_core.errors import InputError, ModelError, ModelRefusedError
from lrd_core.models.load import load_causal_lm, load_model, model_facts
from lrd_core.models.resolve import resolve_device, resolve_dtype
from lrd_core.models.specs import ModelSpec, find_model
from lrd_core.models.weights_files import refuse_listing
from tests.tiny import MAX_LENGTH, VOCAB_SIZE, tiny_model, tiny_tokenizer

CPU = torch.device("cpu")
COMMIT = "0123456789abcdef0123456789abcdef01234567"
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Save a tiny model as transformers would, and return its folder."""

    def saved(architecture: str, head: bool = False, folder: Path | None = None) -> Path:
        folder = folder or tmp_path / architecture
        tiny_model(architecture, head=head).save_pretrained(folder)
        tiny_tokenizer().save_pretrained(folder)
        return folder

    return saved


def edit_json(file: Path, **changes: object) -> None:
    content = json.loads(file.read_text()) if file.is_file() else {}
    file.write_text(json.dumps(content | changes))


@pytest.mark.parametrize("architecture", ["bert", "llama", "mamba", "t5"])
def test_a_saved_model_comes_back(architecture: str, save: Save) -> None:
    loaded = load_model(str(save(architecture)), device="cpu")
    ids = torch.arange(5, 15)[None]
    with torch.inference_mode():
        ours = loaded.model(input_ids=ids).last_hidden_state
        theirs = tiny_model(architecture)(input_ids=ids).last_hidden_state
    torch.testing.assert_close(ours, theirs)
    assert (loaded.num_blocks, loaded.hidden_size) == (4, 32)
    assert (loaded.device, loaded.dtype) == (CPU, torch.float32)
    assert not loaded.model.training
    assert all(not parameter.requires_grad for parameter in loaded.model.parameters())


def test_minilm_is_here_and_sane() -> None:
    loaded = load_model("all-MiniLM-L6-v2", device="cpu")
    texts = ["A man plays the guitar.", "Someone is playing a guitar.", "Shares fell on Monday."]
    batch = loaded.tokenizer(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        states = loaded.model(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    embeddings = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)
    same, other = float(embeddings[0] @ embeddings[1]), float(embeddings[0] @ embeddings[2])
    assert same > 0.8
    assert other < 0.2
    assert loaded.revision == "sha256:53aa51172d14"
    assert (loaded.pooling, loaded.max_length) == ("mean", 256)
    assert (loaded.num_blocks, loaded.hidden_size) == (6, 384)
    assert sum(p.numel() for p in loaded.model.parameters()) == loaded.spec.parameters


def test_the_revision_of_a_folder_is_what_it_holds(save: Save) -> None:
    folder = save("bert")
    before = load_model(str(folder), device="cpu").revision
    assert re.fullmatch(r"files:[0-9a-f]{32}", before)
    tensors = load_file(folder / "model.safetensors")
    tensors["embeddings.LayerNorm.bias"] += 1
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_model(str(folder), device="cpu").revision != before


def test_pickled_weights_are_refused_before_they_are_opened(save: Save) -> None:
    folder = save("bert")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"opening this would fail")
    with pytest.raises(ModelRefusedError, match=r"weights are pickled \(pytorch_model\.bin\)"):
        load_model(str(folder), device="cpu")


@pytest.mark.parametrize(
    ("files", "kind", "message"),
    [
        (["config.json", "model.pt"], ModelRefusedError, "unpickling runs code"),
        (["model.bin", "onnx/model.safetensors"], ModelRefusedError, "pickled"),
        (["config.json", "training_args.bin"], ModelError, "holds no weights"),
        (["model.gguf"], ModelError, r"model\.gguf is not read"),
        (["other.safetensors"], ModelError, r"no model\.safetensors, nor .*other\.safetensors is"),
        (["adapter_config.json", "adapter_model.safetensors"], ModelError, "only an adapter"),
    ],
)
def test_a_listing_without_safetensors_is_refused(
    files: list[str], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        refuse_listing("some-model", files)
    readable = [*files, "model.safetensors.index.json"]
    if "adapter_config.json" not in files:
        refuse_listing("some-model", readable)
        return
    with pytest.raises(ModelError, match=r"an adapter beside its weights .*take the adapter's"):
        refuse_listing("some-model", readable)


def test_custom_code_is_refused_unless_that_model_is_allowed(save: Save) -> None:
    folder = save("bert")
    marker = folder / "ran"
    (folder / "own.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    edit_json(folder / "config.json", model_type="own", auto_map={"AutoConfig": "own.OwnConfig"})
    for allowed in ([], ["another-model"], ["bert"], [f"{folder}-2"]):
        with pytest.raises(ModelRefusedError, match=rf"refused unless.*--allow-code {folder}"):
            load_model(str(folder), device="cpu", allow_code=allowed)
    assert not marker.exists()
    with pytest.raises(ModelError, match="OwnConfig"):  # it runs now, but defines no OwnConfig
        load_model(str(folder), device="cpu", allow_code=[str(folder)])
    assert marker.exists()


def test_a_registered_model_with_custom_code_is_refused_at_once() -> None:
    started = time.monotonic()
    with pytest.raises(ModelRefusedError, match="NV-Embed-v2 runs code of its own from nvidia/"):
        load_model("NV-Embed-v2")
    assert time.monotonic() - started < 1


def test_missing_weights_are_an_error_not_random_numbers(save: Save) -> None:
    folder = save("bert")
    tensors = load_file(folder / "model.safetensors")
    del tensors["encoder.layer.2.output.dense.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lack 1 tensors, such as encoder\.layer\.2\.output"):
        load_model(str(folder), device="cpu")


def test_a_missing_pooler_is_no_fault(save: Save) -> None:
    folder = save("bert")
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "pooler" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_model(str(folder), device="cpu").num_blocks == 4


def test_an_unknown_architecture_says_which(save: Save) -> None:
    folder = save("bert")
    edit_json(folder / "config.json", model_type="bert-of-tomorrow")
    with pytest.raises(ModelError, match=r"'bert-of-tomorrow', which .* does not know"):
        load_model(str(folder), device="cpu")


def test_broken_weights_name_model_and_folder(save: Save) -> None:
    folder = save("bert")
    (folder / "model.safetensors").write_bytes(b"\0" * 64)
    with pytest.raises(ModelError, match=r"bert cannot be loaded from .*header"):
        load_model(str(folder), device="cpu")


def test_the_encoder_of_an_encoder_decoder_is_read(tmp_path: Path) -> None:
    config = transformers.BartConfig(
        vocab_size=VOCAB_SIZE,
        d_model=32,
        encoder_layers=3,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        max_position_embeddings=128,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    whole = transformers.BartModel(config).eval()
    whole.save_pretrained(tmp_path / "bart")
    tiny_tokenizer().save_pretrained(tmp_path / "bart")
    loaded = load_model(str(tmp_path / "bart"), device="cpu")
    ids = torch.arange(5, 15)[None]
    expected = whole.get_encoder()(input_ids=ids).last_hidden_state
    torch.testing.assert_close(loaded.model(input_ids=ids).last_hidden_state, expected)
    assert (loaded.num_blocks, loaded.pooling) == (3, "mean")
    with pytest.raises(ModelError, match="of which the encoder is read, so it has no perplexity"):
        load_causal_lm(str(tmp_path / "bart"), device="cpu")


def test_a_causal_lm_has_its_head_and_the_same_blocks(save: Save) -> None:
    folder = save("llama", head=True)
    ids = torch.arange(5, 15)[None]
    with_head = load_causal_lm(str(folder), device="cpu")
    without = load_model(str(folder), device="cpu")
    states = with_head.model(input_ids=ids, output_hidden_states=True).hidden_states[-1]
    torch.testing.assert_close(without.model(input_ids=ids).last_hidden_state, states)
    assert with_head.model(input_ids=ids, labels=ids).loss > 0
    assert with_head.num_blocks == without.num_blocks == 4


def test_a_causal_lm_needs_a_head(save: Save) -> None:
    with pytest.raises(ModelError, match=r"lm_head\.weight; use a language model"):
        load_causal_lm(str(save("gpt_neox")), device="cpu")
    with pytest.raises(ModelError, match="reads in both directions, so it has no perplexity"):
        load_causal_lm(str(save("bert", head=True)), device="cpu")


def test_a_tokenizer_without_padding_pads_with_its_end(save: Save) -> None:
    folder = save("gpt2")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    del settings["pad_token"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"padding_side": "left"}))
    tokenizer = load_model(str(folder), device="cpu").tokenizer
    assert (tokenizer.pad_token, tokenizer.padding_side) == ("</s>", "left")


def test_pooling_comes_from_the_spec_then_the_folder_then_the_family(save: Save) -> None:
    folder = save("llama")
    spec = find_model(str(folder))
    assert load_model(spec, device="cpu").pooling == "lasttoken"
    (folder / "1_Pooling").mkdir()
    settings = folder / "1_Pooling" / "config.json"
    edit_json(settings, pooling_mode_mean_tokens=False, pooling_mode_weightedmean_tokens=True)
    assert load_model(spec, device="cpu").pooling == "weightedmean"
    settings.write_text(json.dumps({"pooling_mode": "cls"}))
    assert load_model(spec, device="cpu").pooling == "cls"
    chosen = ModelSpec(name=spec.name, id=spec.id, family=spec.family, pooling="mean")
    assert load_model(chosen, device="cpu").pooling == "mean"
    settings.write_text(json.dumps({"pooling_mode": "min"}))
    with pytest.raises(ModelError, match="pools by min, which is not known; known: mean, cls"):
        load_model(spec, device="cpu")


def test_length_is_512_or_the_lowest_limit_known(save: Save) -> None:
    folder = save("bert")
    assert load_model(str(folder), device="cpu").max_length == MAX_LENGTH
    edit_json(folder / "sentence_bert_config.json", max_seq_length=40)
    assert load_model(str(folder), device="cpu").max_length == 40
    assert load_model(str(folder), device="cpu", max_length=100).max_length == 100
    with pytest.raises(InputError, match="max_length 129 does not fit bert: it reads 3 to 128"):
        load_model(str(folder), device="cpu", max_length=129)
    for too_few in (0, 1, 2):
        with pytest.raises(InputError, match=f"max_length {too_few} does .* 2 of them around"):
            load_model(str(folder), device="cpu", max_length=too_few)


def test_roberta_cannot_use_the_positions_up_to_its_padding_row(save: Save) -> None:
    loaded = load_model(str(save("roberta")), device="cpu", max_length=127)
    ids = torch.full((1, 127), 5)
    assert loaded.model(input_ids=ids).last_hidden_state.isfinite().all()
    with pytest.raises(InputError, match="it reads 3 to 127 tokens"):
        load_model(str(save("roberta")), device="cpu", max_length=128)


def test_devices() -> None:
    assert resolve_device("cpu") == CPU
    assert resolve_device("auto").type in {"cpu", "cuda", "mps"}
    with pytest.raises(InputError, match="no device is called 'gpu'"):
        resolve_device("gpu")
    with pytest.raises(InputError, match="no device is called 'cuda:x'"):
        resolve_device("cuda:x")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device")
def test_a_device_that_is_not_there_is_named_before_loading() -> None:
    with pytest.raises(InputError, match="'cuda:1' was asked for, but torch finds none"):
        load_model("all-MiniLM-L6-v2", device="cuda:1")


@pytest.mark.parametrize(
    ("name", "device", "parameters", "expected"),
    [
        ("auto", "cpu", 7_000_000_000, torch.float32),
        ("auto", "cuda", 1_000_000_000, torch.float32),
        ("auto", "cuda", 1_000_000_001, torch.bfloat16),
        ("auto", "cuda", None, torch.float32),
        ("float16", "cpu", None, torch.float16),
    ],
)
def test_dtypes(name: str, device: str, parameters: int | None, expected: torch.dtype) -> None:
    assert resolve_dtype(name, torch.device(device), parameters) == expected


def test_the_asked_dtype_is_the_weights_dtype(save: Save) -> None:
    loaded = load_model(str(save("llama")), device="cpu", dtype="bfloat16")
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {torch.bfloat16}
    with pytest.raises(InputError, match="no dtype is called 'int8'; use auto, float32"):
        load_model(str(save("llama")), device="cpu", dtype="int8")


def test_facts_need_no_weights(save: Save) -> None:
    facts = model_facts(find_model("pythia-410m"))
    assert (facts.num_blocks, facts.hidden_size, facts.parameters) == (24, 1024, 353822720)
    folder = save("llama")
    counted = sum(parameter.numel() for parameter in tiny_model("llama").parameters())
    facts = model_facts(find_model(str(folder)))
    assert (facts.num_blocks, facts.hidden_size, facts.parameters) == (4, 32, counted)


def test_without_the_hub_the_answer_is_quick_and_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    started = time.monotonic()
    with pytest.raises(ModelError, match="gpt2 is not on this machine and the model hub cannot be"):
        load_model("gpt2", device="cpu")
    assert time.monotonic() - started < 5


def test_pickles_on_the_hub_are_refused_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))

    def listing(_api: object, _id: str, **_: Any) -> SimpleNamespace:
        files = [SimpleNamespace(rfilename=name) for name in ("config.json", "pytorch_model.bin")]
        return SimpleNamespace(sha=COMMIT, siblings=files)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", listing)
    with pytest.raises(ModelRefusedError, match="someone/old is refused: its weights are pickled"):
        load_model("someone/old", device="cpu")
    assert list(tmp_path.iterdir()) == []


def test_a_pack_that_is_not_fetched_names_the_command(config: Config) -> None:
    with pytest.raises(ModelError, match="python -m lrd_core models fetch SmolLM2-135M-Instruct"):
        load_model("SmolLM2-135M-Instruct", device="cpu", config=config)
