"""Code of a model's own: nothing runs that was not allowed by name, and it stays where it is."""

import json
from pathlib import Path

import pytest
import transformers

from lrd_core.config import Config
from lrd_core.errors import ModelRefusedError
from lrd_core.models.catalogue import ModelSpec
from lrd_core.models.code_permission import (
    OWN_CODE,
    STOCK_CODE,
    code_reading,
    is_allowed,
    own_code_in,
    permission,
    require_permission,
)
from lrd_core.models.load import load_model
from lrd_core.models.specs import find_model
from tests.model_folders import edit_json, save_folder, with_own_code, write_json

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PINNED = find_model("NV-Embed-v2")


def local(folder: Path) -> ModelSpec:
    return ModelSpec(name=folder.name, id=str(folder), family="base LM")


def test_a_folder_is_allowed_by_its_full_path_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = local(tmp_path / "mine")
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    for name in (str(tmp_path / "mine"), f"{tmp_path}/./mine/", "./mine", str(tmp_path / "link")):
        assert is_allowed(spec, ["other", name]), name
    for name in (
        *("mine", "MINE", "", "*", f"{tmp_path.name}/mine", str(tmp_path), f"{tmp_path}/mine2"),
        *(f"{tmp_path}/MINE", f"{tmp_path}/mine@main", "all-MiniLM-L6-v2", "~nobody-here/mine"),
        *("/\0", "." * 5000),
    ):
        assert not is_allowed(spec, [name]), name
    assert not is_allowed(spec, [])


def test_a_model_of_the_hub_is_allowed_by_name_or_id_and_revision() -> None:
    for name in ("NV-Embed-v2", "nvidia/nv-embed-v2", f"nvidia/NV-Embed-v2@{PINNED.revision}"):
        assert is_allowed(PINNED, [name]), name
    for name in ("NV-Embed-v2@main", f"NV-Embed-v2@{COMMIT}", "NV-Embed-v1", "/NV-Embed-v2"):
        assert not is_allowed(PINNED, [name]), name
    other = find_model(f"NV-Embed-v2@{COMMIT}")
    assert is_allowed(other, [f"NV-Embed-v2@{COMMIT}"])
    assert not is_allowed(other, ["NV-Embed-v2"])
    unknown = find_model(f"someone/new@{COMMIT}")
    assert is_allowed(unknown, [f"someone/new@{COMMIT}"])
    assert not is_allowed(unknown, ["someone/new"])
    assert is_allowed(find_model("someone/new"), ["someone/new"])


@pytest.mark.parametrize(
    "spec",
    [
        *(PINNED, find_model(f"NV-Embed-v2@{COMMIT}"), find_model(f"someone/new@{COMMIT}")),
        *(find_model("someone/new"), ModelSpec("mine", "/models/mine", "base LM")),
    ],
    ids=permission,
)
def test_what_the_message_says_is_what_allows(spec: ModelSpec) -> None:
    assert is_allowed(spec, [permission(spec)])


def test_a_path_with_a_blank_is_said_as_a_shell_takes_it() -> None:
    assert permission(ModelSpec("m", "/my models/m", "base LM")) == "'/my models/m'"


@pytest.mark.parametrize(
    ("file", "auto_map", "classes"),
    [
        ("config.json", {"AutoModel": "a.B", "AutoConfig": "a.C"}, ("a.B", "a.C")),
        ("tokenizer_config.json", {"AutoTokenizer": ["t.Slow", None]}, ("t.Slow",)),
        ("tokenizer_config.json", ["t.Slow", "t.Fast"], ("t.Fast", "t.Slow")),
        ("config.json", "a.B", ("a.B",)),
        ("config.json", {}, ()),
        ("config.json", None, ()),
    ],
)
def test_code_is_found_wherever_transformers_looks(
    tmp_path: Path, file: str, auto_map: object, classes: tuple[str, ...]
) -> None:
    write_json(tmp_path / file, {"auto_map": auto_map})
    assert own_code_in(tmp_path) == classes
    assert code_reading(tmp_path, allowed=True) == (OWN_CODE if classes else "")
    assert code_reading(tmp_path, allowed=False) == (STOCK_CODE if classes else "")


def test_code_is_refused_also_where_transformers_knows_the_type(tmp_path: Path) -> None:
    edit_json(tmp_path / "config.json", model_type="qwen2", auto_map={"AutoModel": "m.Own"})
    with pytest.raises(ModelRefusedError, match=rf"m\.Own.*--allow-code {tmp_path}; .*auto_map"):
        require_permission(local(tmp_path), tmp_path, allowed=False)
    require_permission(local(tmp_path), tmp_path, allowed=True)


def test_a_registered_model_without_need_of_its_code_is_read_without(tmp_path: Path) -> None:
    edit_json(tmp_path / "config.json", model_type="falcon", auto_map={"AutoModel": "m.Own"})
    require_permission(find_model("falcon-7b"), tmp_path, allowed=False)
    assert code_reading(tmp_path, allowed=False) == STOCK_CODE


@pytest.mark.parametrize(
    "reference",
    ["org/other--m.Own", "../m.Own", "/tmp/m.Own", "m.n.Own", "m", "m.Own\n", "..m.Own", ""],
)
def test_code_from_elsewhere_is_refused_even_where_code_is_allowed(
    tmp_path: Path, reference: str
) -> None:
    edit_json(tmp_path / "config.json", auto_map={"AutoModel": reference})
    with pytest.raises(ModelRefusedError, match="code outside its own folder"):
        require_permission(local(tmp_path), tmp_path, allowed=True)


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
@pytest.mark.parametrize("value", ["evil/kernel", {"text_config": "evil/kernel@main"}])
def test_a_kernel_of_the_hub_is_code_too(tmp_path: Path, key: str, value: object) -> None:
    edit_json(tmp_path / "config.json", **{key: value})
    for allowed in (False, True):
        with pytest.raises(ModelRefusedError, match="asks for code of the hub"):
            require_permission(local(tmp_path), tmp_path, allowed=allowed)


def test_allowed_code_runs_and_is_recorded(tmp_path: Path, config: Config) -> None:
    folder = with_own_code(save_folder(tmp_path / "mine"))
    with pytest.raises(ModelRefusedError, match="--allow-code"):
        load_model(str(folder), device="cpu", config=config, allow_code=["mine"])
    own = load_model(str(folder), device="cpu", config=config, allow_code=[str(folder)])
    assert own.model.ran == "here"
    assert own.reading == OWN_CODE
    edit_json(folder / "config.json", auto_map=None)
    stock = load_model(str(folder), device="cpu", config=config, allow_code=[str(folder)])
    assert type(stock.model) is transformers.BertModel
    assert stock.reading == ""


def test_code_of_one_folder_never_runs_for_another_of_its_name(
    tmp_path: Path, config: Config
) -> None:
    first = with_own_code(save_folder(tmp_path / "one" / "mine"), mark="one")
    second = with_own_code(save_folder(tmp_path / "two" / "mine"), mark="two")
    stock = save_folder(tmp_path / "three" / "mine")
    ran = {}
    for folder in (first, second):
        loaded = load_model(str(folder), device="cpu", config=config, allow_code=[str(folder)])
        ran[folder] = loaded.model.ran
        with pytest.raises(ModelRefusedError, match="--allow-code"):
            other = second if folder is first else first
            load_model(str(other), device="cpu", config=config, allow_code=[str(folder)])
    assert list(ran.values()) == ["one", "two"]
    plain = load_model(str(stock), device="cpu", config=config, allow_code=[str(first)])
    assert type(plain.model) is transformers.BertModel


def test_what_code_registers_is_gone_when_it_is_loaded(tmp_path: Path, config: Config) -> None:
    folder = with_own_code(save_folder(tmp_path / "mine"))
    registering = (folder / "modeling_own.py").read_text() + (
        "\n\nfrom transformers import AutoModel, BertConfig\n"
        "AutoModel.register(BertConfig, OwnModel, exist_ok=True)\n"
    )
    (folder / "modeling_own.py").write_text(registering)
    load_model(str(folder), device="cpu", config=config, allow_code=[str(folder)])
    stock = save_folder(tmp_path / "stock")
    plain = load_model(str(stock), device="cpu", config=config)
    assert type(plain.model) is transformers.BertModel


def test_code_that_was_not_allowed_is_not_even_read(tmp_path: Path, config: Config) -> None:
    folder = save_folder(tmp_path / "mine")
    mark = tmp_path / "ran"
    for name in ("modeling_bert.py", "tok.py", "__init__.py", "conftest.py", "setup.py"):
        (folder / name).write_text(f"open({str(mark)!r}, 'w')\n")
    assert load_model(str(folder), device="cpu", config=config).reading == ""
    for file, change in (
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tok.Tok", "tok.Tok"]}}),
        ("config.json", {"auto_map": {"AutoConfig": "modeling_bert.C"}, "model_type": "own"}),
    ):
        edit_json(folder / file, **change)
        with pytest.raises(ModelRefusedError, match="--allow-code"):
            load_model(str(folder), device="cpu", config=config)
    assert not mark.exists()
    assert json.loads((folder / "config.json").read_text())["model_type"] == "own"
