"""What names a model folder: every file that decides its numbers, and no other."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import ModelError, ModelRefusedError
from lrd_core.models import digests
from lrd_core.models.folder import files_read, transformer_part
from lrd_core.models.identity import is_vouched_for
from lrd_core.models.specs import find_model
from lrd_core.models.weights import confirm_unchanged, locate_weights
from tests.model_folders import edit_json, save_folder, with_modules, with_own_code, write_json


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_modules(save_folder(tmp_path_factory.mktemp("models") / "mine"))


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """A folder of this test alone."""
    shutil.copytree(original, tmp_path / "mine")
    return tmp_path / "mine"


def revision(folder: Path, config: Config, own_code: bool = False) -> str:
    return locate_weights(find_model(str(folder)), allow_code=own_code, config=config).revision


FIRST = {"name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"}

READ = {
    "config.json": lambda f: edit_json(f, is_causal=True),
    "tokenizer.json": lambda f: f.write_text(f.read_text() + " "),
    "tokenizer_config.json": lambda f: edit_json(f, add_eos_token=True),
    "special_tokens_map.json": lambda f: write_json(f, {"pad_token": "</s>"}),
    "vocab.txt": lambda f: f.write_text("a\n"),
    "modules.json": lambda f: f.write_text(f.read_text() + " "),
    "sentence_bert_config.json": lambda f: edit_json(f, do_lower_case=True),
    "config_sentence_transformers.json": lambda f: write_json(f, {"truncate_dim": 8}),
    "1_Pooling/config.json": lambda f: write_json(f, {"pooling_mode": "cls"}),
    "2_Dense/config.json": lambda f: edit_json(f, bias=False),
    "2_Dense/model.safetensors": lambda f: f.write_bytes(b"\1" * 64),
    "3_Normalize/config.json": lambda f: write_json(f, {}),
    "model.safetensors": lambda f: f.write_bytes(f.read_bytes()[:-1] + b"\7"),
    "merges.txt": lambda f: f.write_text("a b"),
    "a file nobody knows": lambda f: f.write_text("x"),
}


@pytest.mark.parametrize("name", READ)
def test_every_file_that_is_read_changes_the_identity(
    name: str, folder: Path, config: Config
) -> None:
    before = revision(folder, config)
    READ[name](folder / name)
    changed = revision(folder, config)
    assert changed != before
    assert changed.startswith("files:")


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "LICENSE", ".gitattributes", "optimizer.pt", "scheduler.pt"),
        *("training_args.bin", "rng_state.pth", "trainer_state.json", "generation_config.json"),
        *("pytorch_model.bin", "model.onnx", "onnx/model.onnx", "checkpoint-5/config.json"),
        *("train.py", "runs/events.out.tfevents.1", "desktop.ini", "plot.png"),
    ],
)
def test_what_is_not_read_changes_nothing(name: str, folder: Path, config: Config) -> None:
    before = revision(folder, config)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("something")
    assert revision(folder, config) == before


def test_the_identity_is_the_content_and_its_names_wherever_it_lies(
    folder: Path, config: Config, tmp_path: Path
) -> None:
    before = revision(folder, config)
    shutil.copytree(folder, tmp_path / "elsewhere" / "other-name")
    assert revision(tmp_path / "elsewhere" / "other-name", config) == before
    (folder / "1_Pooling" / "config.json").rename(folder / "1_Pooling" / "settings.json")
    assert revision(folder, config) != before


def test_code_counts_where_it_runs(folder: Path, config: Config) -> None:
    with_own_code(folder)
    without, running = revision(folder, config), revision(folder, config, own_code=True)
    assert without != running
    (folder / "modeling_own.py").write_text("# another\n")
    assert revision(folder, config) == without
    changed = revision(folder, config, own_code=True)
    assert changed not in (without, running)
    (folder / "parts").mkdir()
    (folder / "parts" / "table.bin").write_bytes(b"read by its code, perhaps")
    assert revision(folder, config, own_code=True) not in (without, running, changed)


def test_a_permission_for_a_model_without_code_changes_nothing(
    folder: Path, config: Config
) -> None:
    assert revision(folder, config, own_code=True) == revision(folder, config)


def test_the_transformer_may_lie_in_a_folder_of_its_own(folder: Path, config: Config) -> None:
    (folder / "0_Transformer").mkdir()
    for file in [path for path in folder.iterdir() if path.is_file()]:
        if file.name not in ("modules.json", "sentence_bert_config.json"):
            file.rename(folder / "0_Transformer" / file.name)
    write_json(folder / "modules.json", [FIRST])
    assert transformer_part(folder) == "0_Transformer"
    before = revision(folder, config)
    (folder / "0_Transformer" / "optimizer.pt").write_bytes(b"x")
    assert revision(folder, config) == before
    edit_json(folder / "0_Transformer" / "config.json", hidden_act="relu")
    assert revision(folder, config) != before


def hang(folder: Path, name: str, target: Path) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(target)


STRANGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a pipe": (lambda f: (f.unlink(), os.mkfifo(f)), "no ordinary file"),
    "a device": (lambda f: hang(f.parent, f.name, Path("/dev/zero")), "no ordinary file"),
    "a folder": (lambda f: (f.unlink(), f.mkdir()), "no ordinary file|not a model folder|lacks|no"),
    "a loop": (lambda f: hang(f.parent, f.name, f), "cannot be read|symbolic links"),
    "a link to nothing": (lambda f: hang(f.parent, f.name, f.parent / "gone"), "link|cannot be"),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_is_no_file_is_never_opened(
    kind: str, name: str, folder: Path, config: Config
) -> None:
    change, message = STRANGE[kind]
    change(folder / name)
    if (kind, name) == ("a folder", "tokenizer.json"):
        assert revision(folder, config)  # no file, so nothing to read; loading misses it
        return
    with pytest.raises(Exception, match=message) as raised:
        revision(folder, config)
    assert type(raised.value).__module__ == "lrd_core.errors"


def test_links_lead_nowhere_but_into_the_folder(
    folder: Path, config: Config, tmp_path: Path
) -> None:
    shutil.move(folder / "model.safetensors", folder / "weights")
    hang(folder, "model.safetensors", folder / "weights")
    assert revision(folder, config)
    shutil.move(folder / "weights", tmp_path / "weights")
    hang(folder, "model.safetensors", tmp_path / "weights")
    with pytest.raises(ModelRefusedError, match=r"a link to .*, outside the model's folder"):
        revision(folder, config)


def test_a_link_to_a_folder_of_modules_is_refused(
    folder: Path, config: Config, tmp_path: Path
) -> None:
    shutil.move(folder / "1_Pooling", tmp_path / "1_Pooling")
    (folder / "1_Pooling").symlink_to(tmp_path / "1_Pooling")
    with pytest.raises(ModelRefusedError, match="1_Pooling is a link to a folder"):
        revision(folder, config)


def test_a_folder_of_thousands_of_files_is_no_model(folder: Path) -> None:
    for number in range(2001):
        (folder / f"{number}.txt").touch()
    with pytest.raises(ModelError, match=r"holds 2,0\d\d files to read; is it one model's"):
        files_read(folder, "", ("model.safetensors",))


class Reads:
    """Counts how often the weights are read as a whole, forgetting what this process knows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        monkeypatch.setattr(digests, "SMALL", 1000)
        monkeypatch.setattr(digests, "_SETTLED_NS", 0)
        monkeypatch.setattr(digests, "sha256_of", self._read)

    def _read(self, file: Path) -> str:
        self.names.append(f"{file.parent.name}/{file.name}")
        return _sha256(file)

    def of(self, work: Callable[[], object]) -> int:
        digests._digest_as_of.cache_clear()
        self.names.clear()
        work()
        return self.names.count("mine/model.safetensors")


_sha256 = digests.sha256_of


def test_large_files_are_read_once_and_again_only_when_they_changed(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(monkeypatch)
    weights = folder / "model.safetensors"
    assert reads.of(lambda: revision(folder, config)) == 1
    assert reads.of(lambda: revision(folder, config)) == 0
    before, times = revision(folder, config), weights.stat()
    weights.write_bytes(weights.read_bytes()[:-1] + b"\7")
    os.utime(weights, ns=(times.st_atime_ns, times.st_mtime_ns))  # as cp -p would
    assert reads.of(lambda: revision(folder, config)) == 1
    assert revision(folder, config) != before


def test_within_one_run_a_folder_is_read_once_even_where_nothing_can_be_kept(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(monkeypatch)
    locked = Config(config.data_dir, read_only=True)
    assert reads.of(lambda: [revision(folder, locked) for _ in range(3)]) == 1
    assert not config.data_dir.exists()


def test_a_file_that_was_just_written_is_not_remembered(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(monkeypatch)
    monkeypatch.setattr(digests, "_SETTLED_NS", 3_600_000_000_000)
    assert reads.of(lambda: [revision(folder, config) for _ in range(2)]) == 2


def test_a_damaged_memory_is_no_memory(
    folder: Path, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = Reads(monkeypatch)
    before = revision(folder, config)
    (kept,) = (config.data_dir / "digests").iterdir()
    for content in ("{", "[]", '{"model.safetensors": ["x"]}', '{"model.safetensors": 5}'):
        kept.write_text(content)
        assert reads.of(lambda: revision(folder, config)) == 1
        assert revision(folder, config) == before


def test_a_folder_that_changes_while_it_is_loaded_is_refused(folder: Path, config: Config) -> None:
    spec = find_model(str(folder))
    found = locate_weights(spec, config=config)
    confirm_unchanged(spec, found, config=config)
    edit_json(folder / "config.json", hidden_act="relu")
    with pytest.raises(ModelError, match="changed while they were read; try again once nothing"):
        confirm_unchanged(spec, found, config=config)


@pytest.mark.parametrize(
    ("model_id", "revision", "vouched"),
    [
        ("/home/me/mine", "sha256:0123456789ab", False),
        ("/home/me/mine", "files:0123456789abcdef0123456789abcdef", True),
        ("pack:typeseg-mamba", "sha256:0123456789ab", True),
        ("sentence-transformers/all-MiniLM-L6-v2", "sha256:53aa51172d14", True),
        ("org/model", "0123456789abcdef0123456789abcdef01234567", True),
    ],
)
def test_a_folder_known_by_its_weights_alone_is_not_vouched_for(
    model_id: str, revision: str, vouched: bool
) -> None:
    assert is_vouched_for(model_id, revision) is vouched
