"""What a sentence-transformers folder says, read once; what cannot be followed is named."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lrd_core.errors import InputError, ModelError, ModelRefusedError
from lrd_core.models.load import load_model
from lrd_core.models.lower_case import lower_case
from lrd_core.models.module_list import transformer_folder
from lrd_core.models.pipeline import PLAIN, Pipeline, read_pipeline
from lrd_core.models.pooling_settings import read_pooling, written_modes
from lrd_core.models.specs import find_model
from lrd_core.models.tail_modules import Dense, Normalize
from lrd_core.models.transformer_settings import SETTINGS_FILES, read_transformer
from tests.pipeline_folders import (
    KIND,
    LAYER_NORM,
    NORM,
    QUERY,
    dense,
    edit,
    flags,
    make,
    move_transformer,
    put,
)
from tests.tiny import HIDDEN_SIZE, tiny_tokenizer

TEXT_ALONE = {"text": {"method": "forward", "method_output_name": "last_hidden_state"}}
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": KIND + "Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": KIND + "Pooling"},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Settings alone, which is all that is read here."""
    put(tmp_path / "model" / "modules.json", MODULES)
    put(tmp_path / "model" / "1_Pooling" / "config.json", {"embedding_dimension": 8})
    return tmp_path / "model"


def add_module(folder: Path, kind: str, **settings: Any) -> Path:
    """One more module, at the end; its folder."""
    modules = json.loads((folder / "modules.json").read_text())
    place = str(len(modules))
    path = folder / f"{place}_{kind.rpartition('.')[2]}"
    modules.append({"idx": int(place), "name": place, "path": path.name, "type": kind})
    put(folder / "modules.json", modules)
    put(path / "config.json", settings)
    return path


def test_reading_needs_no_torch() -> None:
    code = "import sys, lrd_core.models.pipeline; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_everything_that_a_folder_says_is_read(folder: Path) -> None:
    settings = dense(8, 4)
    add_module(folder, KIND + settings.pop("kind"), **settings)
    add_module(folder, "sentence_transformers.base.modules.normalize.Normalize")
    put(folder / "sentence_bert_config.json", {"max_seq_length": 20, "do_lower_case": True})
    whole = QUERY | {"similarity_fn_name": "dot", "truncate_dim": 3, "__version__": {"any": "1"}}
    put(folder / "config_sentence_transformers.json", whole)
    found = read_pipeline(folder)
    assert found.modules == ("Transformer", "Pooling", "Dense", "Normalize")
    assert (found.settings.max_length, found.settings.lower_case) == (20, True)
    assert (found.pooling, found.include_prompt) == ("mean", True)
    assert found.tail == (Dense(folder / "2_Dense", 8, 4, True, "Tanh", False), Normalize())
    assert (found.prompts, found.default_prompt) == ({"query": "query: "}, "query")
    assert (found.similarity, found.truncate_dim, found.normalises) == ("dot", 3, True)
    assert found.reading == ("lower case",)


def test_a_plain_folder_has_no_pipeline_but_may_say_pooling_and_length(tmp_path: Path) -> None:
    plain = read_pipeline(tmp_path)
    assert (plain.modules, plain.pooling, plain.settings.max_length) == ((), None, None)
    assert not plain.has_tail
    put(tmp_path / "1_Pooling" / "config.json", {"pooling_mode": "cls"})
    put(tmp_path / "sentence_bert_config.json", {"max_seq_length": 9, "do_lower_case": True})
    found = read_pipeline(tmp_path)
    assert (found.pooling, found.settings.max_length) == ("cls", 9)
    assert not found.settings.lower_case


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pooling_mode": "mean"}, "mean"),
        ({"pooling_mode": ["cls", "mean_sqrt_len_tokens"]}, "cls+mean_sqrt_len"),
        ({"pooling_mode": ["max"]}, "max"),
        (flags(), "mean"),
        (flags(pooling_mode_lasttoken=True, pooling_mode_cls_token=True), "cls+lasttoken"),
        (flags(pooling_mode_cls_token=True) | {"pooling_mode": "max"}, "max"),
    ],
)
def test_pooling_in_every_spelling(tmp_path: Path, settings: dict[str, Any], expected: str) -> None:
    put(tmp_path / "config.json", settings)
    assert read_pooling(tmp_path) == (expected, True)


def test_modes_are_written_under_the_names_they_were_read_by() -> None:
    assert written_modes("cls+mean_sqrt_len+max") == ["cls", "mean_sqrt_len_tokens", "max"]


@pytest.mark.parametrize("name", SETTINGS_FILES)
def test_the_transformer_is_described_under_every_name(tmp_path: Path, name: str) -> None:
    put(tmp_path / name, {"max_seq_length": 7, "do_lower_case": True})
    assert (read_transformer(tmp_path).max_length, read_transformer(tmp_path).lower_case) == (
        7,
        True,
    )


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"strange": 1}, ModelError, r"sentence_bert_config.json has the setting strange \(1\)"),
        ({"max_seq_length": "long"}, ModelError, "needs max_seq_length, a whole number from 1"),
        ({"max_seq_length": 0}, ModelError, "needs max_seq_length, a whole number from 1, not 0"),
        ({"transformer_task": "fill-mask"}, ModelError, "sets transformer_task to 'fill-mask'"),
        ({"module_output_name": "scores"}, ModelError, "sets module_output_name to 'scores'"),
        ({"processing_kwargs": {"text": {}}}, ModelError, "sets processing_kwargs to"),
        ({"query_length": 32}, ModelError, "sets query_length to '32'; only the last hidden"),
        ({"modality_config": {"image": {}}}, ModelError, "reads texts by .* [(]modality_config"),
        ({"modality_config": TEXT_ALONE | {"message": {}}}, ModelError, "through a chat template"),
        ({"model_args": {"subfolder": "x"}}, ModelError, "has the setting subfolder"),
        ({"model_args": 3}, ModelError, "has model_kwargs that are no settings"),
        ({"config_args": {"num_hidden_layers": 1}}, ModelError, "the setting num_hidden_layers"),
        ({"tokenizer_args": {"subfolder": "x"}}, ModelError, "has the setting subfolder"),
    ],
)
def test_what_a_transformer_cannot_follow_is_named(
    folder: Path, change: dict[str, Any], kind: type[Exception], message: str
) -> None:
    put(folder / "sentence_bert_config.json", {"max_seq_length": 7} | change)
    with pytest.raises(kind, match=message):
        read_pipeline(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pooling_mode": "min"}, "pools by min, which is not known; known: mean, cls"),
        ({"pooling_mode": ["cls", 3]}, "pools by 3, which is not known"),
        ({"pooling_mode": []}, "pools by nothing"),
        ({"pooling_mode_attention": True}, "has the setting pooling_mode_attention"),
    ],
)
def test_pooling_that_is_not_known_is_named(
    folder: Path, change: dict[str, Any], message: str
) -> None:
    edit(folder / "1_Pooling" / "config.json", **change)
    with pytest.raises(ModelError, match=message):
        read_pipeline(folder)


def test_pooling_without_settings_is_no_default(folder: Path) -> None:
    (folder / "1_Pooling" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"has no config\.json that says how to pool"):
        read_pipeline(folder)


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("CNN", {}, "has the module CNN, which cannot be read; known after pooling: Dense"),
        ("Dense", dense(8, 4, "torch.nn.PReLU"), "activation function 'torch.nn.PReLU'"),
        ("Dense", dense(8, 4, "os.system"), "the activation function 'os.system', which is not"),
        ("Dense", dense(8, 4) | {"activation_function": None}, "activation function 'None'"),
        ("Dense", dense(8, 0), "needs out_features, a whole number from 1, not 0"),
        ("Dense", dense(8, 4, rank=2), r"has the setting rank \(2\)"),
        ("Dense", dense(8, 4, module_input_name="token_embeddings"), "works on 'token_embeddings'"),
        ("LayerNorm", {}, "needs dimension, a whole number from 1, not None"),
        ("Normalize", {"module_output_name": "x"}, r"works on 'x' \(module_output_name\)"),
    ],
)
def test_a_module_that_is_not_known_is_named(
    folder: Path, kind: str, settings: dict[str, Any], message: str
) -> None:
    settings.pop("kind", None)
    add_module(folder, KIND + kind, **settings)
    with pytest.raises(ModelError, match=message):
        read_pipeline(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strange": 1}, "has the setting strange"),
        ({"model_type": "CrossEncoder"}, "says that this is a CrossEncoder, not a SentenceTransf"),
        ({"prompts": ["query"]}, "has prompts that are no texts"),
        ({"prompts": {"query": 3}}, "has prompts that are no texts"),
        ({"default_prompt_name": "other"}, "names the default prompt 'other'"),
        ({"similarity_fn_name": "maxsim"}, "has the similarity function 'maxsim'; known: cosine"),
        ({"truncate_dim": -1}, "needs truncate_dim, a whole number from 1, not -1"),
    ],
)
def test_settings_of_the_whole_that_are_not_known_are_named(
    folder: Path, change: dict[str, Any], message: str
) -> None:
    put(folder / "config_sentence_transformers.json", change)
    with pytest.raises(ModelError, match=message):
        read_pipeline(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "modules.json is not valid JSON"),
        ("[" * 100_000, "modules.json is nested too deeply"),
        ("{}", "modules.json holds no JSON list"),
        ("[]", "holds no list of modules"),
        ('[{"name": "0", "path": ""}]', "has a module without type or path"),
        ("[3]", "modules without a name of their own"),
        (json.dumps([MODULES[0], MODULES[0]]), "modules without a name of their own"),
        (json.dumps([MODULES[0] | {"path": "../up"}]), r"names the folder '\.\./up'; every"),
        (
            json.dumps([MODULES[0] | {"path": ".hidden"}]),
            "names the folder '.hidden'; every module",
        ),
        (json.dumps([MODULES[0] | {"path": "/etc"}]), "every module must lie in a folder inside"),
        (
            json.dumps([MODULES[0] | {"path": "a\\..\\..\\b"}]),
            "every module must lie in a folder inside",
        ),
        (json.dumps(MODULES[:1]), "has the modules Transformer; what can be read"),
        (json.dumps(MODULES[::-1]), "begins with the module Pooling"),
        (json.dumps([MODULES[0] | {"type": KIND + "WordEmbeddings"}]), "module WordEmbeddings"),
    ],
)
def test_a_broken_list_of_modules_is_named(folder: Path, content: str, message: str) -> None:
    (folder / "modules.json").write_text(content)
    with pytest.raises(ModelError, match=message):
        read_pipeline(folder)


@pytest.mark.parametrize("place", [0, 1])
def test_modules_with_code_of_their_own_are_refused(folder: Path, place: int) -> None:
    modules = [dict(module) for module in MODULES]
    modules[place]["type"] = "own_code.Transformer"
    put(folder / "modules.json", modules)
    with pytest.raises(ModelRefusedError, match=r"own_code\.Transformer, which is code of its own"):
        read_pipeline(folder)
    if place == 0:
        found = read_pipeline(folder, allow_code=True)
        assert found.notes == ("its own module own_code.Transformer is not run",)
    else:
        with pytest.raises(ModelRefusedError, match="only a first module"):
            read_pipeline(folder, allow_code=True)


def test_a_default_prompt_is_off_and_that_is_said(folder: Path) -> None:
    put(folder / "config_sentence_transformers.json", QUERY)
    assert read_pipeline(folder).notes == ("its default prompt 'query: ' is off unless asked for",)
    put(folder / "config_sentence_transformers.json", {"default_prompt_name": "query"})
    assert read_pipeline(folder).notes == ()


def test_a_tail_that_is_left_out_is_said_unless_it_only_scales(folder: Path) -> None:
    add_module(folder, KIND + "Normalize")
    assert read_pipeline(folder).tail_note("none") == ""
    put(folder / "config_sentence_transformers.json", {"truncate_dim": 4})
    found = read_pipeline(folder)
    assert found.tail_note("none").endswith("own tail (Normalize, the first 4 values)")
    assert found.tail_note("all") == ""


def test_widths_follow_the_tail(folder: Path) -> None:
    settings = dense(8, 4)
    add_module(folder, KIND + settings.pop("kind"), **settings)
    put(folder / "config_sentence_transformers.json", {"truncate_dim": 3})
    found = read_pipeline(folder)
    assert (found.width(8, "none"), found.width(8, "all"), PLAIN.width(8, "all")) == (8, 3, 8)
    with pytest.raises(ModelError, match="reads vectors of width 8, but pooling gives 16"):
        found.width(16, "all")


def test_a_tail_is_none_where_the_model_has_none_and_other_words_are_refused() -> None:
    assert PLAIN.resolve_tail("all") == "none"
    assert Pipeline(truncate_dim=3).resolve_tail("all") == "all"
    with pytest.raises(InputError, match="tail is 'last'; choose one of none, all"):
        PLAIN.resolve_tail("last")


def test_a_transformer_in_a_folder_of_its_own_is_found_by_name(tmp_path: Path) -> None:
    folder = move_transformer(make(tmp_path / "old", tail=[LAYER_NORM, NORM]))
    assert transformer_folder(folder) == folder / "0_Transformer"
    assert find_model(str(folder)).name == "old"
    loaded = load_model(str(folder), device="cpu")
    assert (loaded.hidden_size, loaded.pipeline.normalises) == (HIDDEN_SIZE, True)
    (folder / "0_Transformer" / "config.json").unlink()
    with pytest.raises(InputError, match="names no transformer with a config"):
        find_model(str(folder))


def test_a_tokenizer_without_steps_that_can_be_changed_cannot_lower() -> None:
    with pytest.raises(ModelError, match=r"ask for lower case \(do_lower_case\)"):
        lower_case(object())


def test_lower_case_is_added_once_and_special_tokens_stay() -> None:
    tokenizer = tiny_tokenizer()
    plain: Callable[[str], Any] = lambda text: tiny_tokenizer()(text)["input_ids"]  # noqa: E731
    lower_case(tokenizer)
    lower_case(tokenizer)
    assert tokenizer("BIG </s> Dog")["input_ids"] == plain("big </s> dog")
    assert tokenizer.backend_tokenizer.normalizer.__class__.__name__ == "Sequence"
    assert len(list(tokenizer.backend_tokenizer.normalizer)) == 1
