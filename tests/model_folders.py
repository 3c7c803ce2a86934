"""Model folders as people have them: tiny weights, a tokenizer, modules, code of their own."""

import json
from pathlib import Path

from tests.tiny import tiny_model, tiny_tokenizer

OWN_MODEL = """
from transformers import BertModel


class OwnModel(BertModel):
    def __init__(self, config, *args, **options):
        super().__init__(config, *args, **options)
        self.ran = {mark!r}
"""


def save_folder(folder: Path, architecture: str = "bert", **settings: object) -> Path:
    """A model as transformers saves it; settings change its config.json."""
    tiny_model(architecture, num_layers=2).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    edit_json(folder / "config.json", **settings)
    return folder


def with_modules(folder: Path) -> Path:
    """The same with the files of a sentence-transformers pipeline around it."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling", "2_Dense": "Dense"}
    write_json(
        folder / "modules.json",
        [
            {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for n, (path, kind) in enumerate(kinds.items())
        ],
    )
    write_json(folder / "1_Pooling" / "config.json", {"pooling_mode": "mean"})
    write_json(folder / "2_Dense" / "config.json", {"in_features": 32, "out_features": 8})
    (folder / "2_Dense" / "model.safetensors").write_bytes(b"\0" * 64)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 40})
    return folder


def with_own_code(folder: Path, mark: str = "here", model_type: str = "bert") -> Path:
    """The same with a class of its own for a type that transformers knows."""
    (folder / "modeling_own.py").write_text(OWN_MODEL.format(mark=mark))
    auto_map = {"AutoModel": "modeling_own.OwnModel"}
    edit_json(folder / "config.json", model_type=model_type, auto_map=auto_map)
    return folder


def write_json(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def edit_json(file: Path, **changes: object) -> None:
    """Set keys of a JSON file; a value of None takes the key out."""
    content = json.loads(file.read_text()) if file.is_file() else {}
    content |= changes
    write_json(file, {name: value for name, value in content.items() if value is not None})
