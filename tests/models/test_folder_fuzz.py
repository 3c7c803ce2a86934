"""Broken and hostile folders: an error of ours or numbers, no traceback, no code that runs."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrd_core.config import Config
from lrd_core.errors import LrdError
from lrd_core.extraction.hidden_states import extract
from lrd_core.models.load import load_model, model_facts
from lrd_core.models.specs import find_model
from tests.model_folders import save_folder, with_modules, with_own_code, write_json

FILES = (
    *("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"),
    *("model.safetensors.index.json", "modules.json", "sentence_bert_config.json"),
    *("1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors"),
    *("config_sentence_transformers.json", "special_tokens_map.json", "adapter_config.json"),
)
CONFIG_KEYS = (
    *("model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads"),
    *("intermediate_size", "vocab_size", "max_position_embeddings", "hidden_act", "dtype"),
    *("layer_norm_eps", "pad_token_id", "is_decoder", "is_encoder_decoder", "text_config"),
    *("auto_map", "quantization_config", "return_dict", "output_hidden_states", "rope_scaling"),
    *("attn_implementation", "transformers_weights", "tie_word_embeddings", "torch_dtype"),
    *("type_vocab_size", "position_embedding_type", "id2label", "add_cross_attention", "use_cache"),
    *("chunk_size_feed_forward", "initializer_range", "is_causal", "layer_types", "problem_type"),
)
OTHER_KEYS = (
    *("tokenizer_class", "model_max_length", "pad_token", "auto_map", "added_tokens_decoder"),
    *("padding_side", "truncation_side", "pooling_mode", "max_seq_length", "do_lower_case"),
    *("weight_map", "metadata", "model", "normalizer", "pre_tokenizer", "post_processor", "path"),
    *("version", "added_tokens", "in_features", "activation_function", "bos_token", "unk_token"),
)
VALUES = st.sampled_from(
    [
        *(None, True, False, 0, 1, -1, 2, 5, 7, 10**6, 10**9, 10**30, -(10**12), 0.5, 1e308),
        *(
            float("nan"),
            float("inf"),
            "",
            "x",
            "2",
            "os.system",
            "../../x",
            "/etc/passwd",
            "a" * 300,
        ),
        *(
            [],
            [1],
            ["x"],
            [[]],
            {},
            {"a": 1},
            {"hidden_size": 5},
            {"": None},
            "\ud800",
            "gpt2",
            "t5",
        ),
        *("bert", "llama", "clip", "evil/kernel", {"AutoModel": "modeling_own.OwnModel"}),
    ]
)
LONG_NUMBER = '{"model_type": "bert", "hidden_size": ' + "9" * 5000 + "}"
CONTENTS = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            *(b"", b"{", b"[]", b"{}", b"null", b"5", b'"x"', b"[" * 100_000, b'{"a":' * 50_000),
            *(b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"\0" * 64, LONG_NUMBER.encode()),
            *(b'{"a": NaN}', b'{"a": 1, "a": 2}', b'[{"path": "../.."}]', b"\x80\x04."),
            (2**62).to_bytes(8, "little") + b"{}",
        ]
    ),
)


def put(folder: Path, name: str) -> Path:
    """A place in the folder that is free to be made anew."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.is_dir() and not file.is_symlink():
        shutil.rmtree(file)
    file.unlink(missing_ok=True)
    return file


def set_key(folder: Path, name: str, key: str, value: object) -> None:
    content = {}
    if (folder / name).is_file():
        with contextlib.suppress(ValueError, RecursionError):
            content = json.loads((folder / name).read_bytes())
    if isinstance(content, dict):
        put(folder, name).write_text(json.dumps(content | {key: value}), encoding="ascii")


def cut(folder: Path, name: str, share: float) -> None:
    if (folder / name).is_file():
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * share)])


def make(folder: Path, name: str, kind: str) -> None:
    file = put(folder, name)
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    elif kind != "nothing":
        targets = {"loop": file, "gone": folder / "gone", "zero": "/dev/zero", "out": "/etc/passwd"}
        file.symlink_to(targets[kind])


def index(folder: Path, shard: object) -> None:
    if (folder / "model.safetensors").is_file():
        (folder / "model.safetensors").rename(put(folder, "a.safetensors"))
    file = put(folder, "model.safetensors.index.json")
    file.write_text(json.dumps({"weight_map": {"x": shard}}))


Change = Callable[[Path], object]
KINDS = ("pipe", "folder", "nothing", "loop", "gone", "zero", "out")
SHARDS = ("a.safetensors", "b.bin", "../a.safetensors", "/dev/zero", "", None, 5, ["x"], "\0")
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(
        lambda k, v: lambda f: set_key(f, "config.json", k, v), st.sampled_from(CONFIG_KEYS), VALUES
    ),
    st.builds(
        lambda n, k, v: lambda f: set_key(f, n, k, v),
        st.sampled_from([name for name in FILES if name.endswith(".json")]),
        st.sampled_from(OTHER_KEYS),
        VALUES,
    ),
    st.builds(lambda n, c: lambda f: put(f, n).write_bytes(c), st.sampled_from(FILES), CONTENTS),
    st.builds(lambda n, s: lambda f: cut(f, n, s), st.sampled_from(FILES), st.floats(0, 1)),
    st.builds(lambda n, k: lambda f: make(f, n, k), st.sampled_from(FILES), st.sampled_from(KINDS)),
    st.builds(lambda s: lambda f: index(f, s), st.sampled_from(SHARDS)),
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders that load, with a pickle and code beside them that would leave a mark."""
    place = tmp_path_factory.mktemp("originals")
    made = {name: with_modules(save_folder(place / name, name)) for name in ("bert", "llama")}
    for folder in made.values():
        shutil.rmtree(folder / "2_Dense")
        (folder / "modules.json").unlink()
        with_own_code(folder)
        config = json.loads((folder / "config.json").read_text())
        del config["auto_map"]
        write_json(folder / "config.json", config | {"model_type": folder.name})
        bomb = f"open({str(place / 'ran')!r}, 'w').close()\n"
        (folder / "modeling_own.py").write_text(bomb)
        pickled = b"cos\nsystem\n(S'touch " + str(place / "ran").encode() + b"'\ntR."
        (folder / "pytorch_model.bin").write_bytes(pickled)
        (folder / "b.bin").write_bytes(pickled)
    return made


def try_folder(original: Path, changes: list[Change]) -> str:
    """What became of a changed folder: numbers, or the error that says why not."""
    with tempfile.TemporaryDirectory() as place:
        folder, config = Path(place) / original.name, Config(Path(place) / "data")
        shutil.copytree(original, folder)
        for change in changes:
            change(folder)
        try:
            model_facts(find_model(str(folder)), config)
            loaded = load_model(str(folder), device="cpu", config=config)
            extract(loaded, ["rain", "on the river at night", ""])
        except LrdError as error:
            assert str(error)
            return type(error).__name__
        finally:
            assert not (original.parent / "ran").exists(), "code of the folder ran"
    return "read"


ONCE = settings(
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@settings(ONCE, max_examples=25)
@given(name=st.sampled_from(["bert", "llama"]), changes=st.lists(CHANGES, min_size=1, max_size=3))
def test_a_broken_folder_is_an_error_of_ours(
    name: str, changes: list[Change], originals: dict[str, Path]
) -> None:
    try_folder(originals[name], changes)


@pytest.mark.slow
@settings(ONCE, max_examples=80)
@given(name=st.sampled_from(["llama", "bert"]), changes=st.lists(CHANGES, min_size=1, max_size=4))
def test_many_broken_folders_are_errors_of_ours(
    name: str, changes: list[Change], originals: dict[str, Path]
) -> None:
    try_folder(originals[name], changes)


def test_the_folders_that_are_broken_load_before(originals: dict[str, Path]) -> None:
    assert {name: try_folder(folder, []) for name, folder in originals.items()} == {
        "bert": "read",
        "llama": "read",
    }
