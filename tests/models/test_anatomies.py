"""A model is probed once: what was found is known by its content, and never another model's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from lrd_core.config import Config
from lrd_core.models import anatomies
from lrd_core.models.anatomies import known_anatomy, text_example
from lrd_core.models.anatomy import Anatomy
from tests.tiny import tiny_model, tiny_tokenizer


def known(model: nn.Module, tokenizer: Any, revision: str, config: Config) -> Anatomy:
    return known_anatomy(model, lambda: text_example(model, tokenizer), revision, config)


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """Every model that is really run, while the probe itself stays what it is."""
    seen: list[nn.Module] = []
    real = anatomies.probe

    def counted(model: nn.Module, *more: object) -> Anatomy:
        seen.append(model)
        return real(model, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(anatomies, "probe", counted)
    return seen


def test_the_same_content_is_probed_once(config: Config, probed: list[nn.Module]) -> None:
    tokenizer = tiny_tokenizer()
    first = known(tiny_model("llama"), tokenizer, "a", config)
    again = known(tiny_model("llama"), tokenizer, "a", config)
    assert again == first
    assert len(probed) == 1


def test_whatever_can_change_what_is_found_is_probed_again(
    config: Config, probed: list[nn.Module]
) -> None:
    tokenizer = tiny_tokenizer()
    known(tiny_model("llama"), tokenizer, "a", config)
    known(tiny_model("llama"), tokenizer, "another revision", config)
    known(tiny_model("llama").double(), tokenizer, "a", config)
    both_ways = tiny_model("llama")
    both_ways.config.is_causal = False  # type: ignore[union-attr]
    assert known(both_ways, tokenizer, "a", config).bidirectional
    assert len(probed) == 4


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"blocks": "nowhere"}'])
def test_a_damaged_file_is_not_believed(
    content: str, config: Config, probed: list[nn.Module]
) -> None:
    tokenizer = tiny_tokenizer()
    right = known(tiny_model("bert"), tokenizer, "a", config)
    (file,) = (config.data_dir / "anatomies").iterdir()
    file.write_text(content)
    assert known(tiny_model("bert"), tokenizer, "a", config) == right
    assert len(probed) == 2


def test_nothing_is_kept_where_nothing_can_be_written(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    closed = replace(config, data_dir=tmp_path / "file")
    assert known(tiny_model("bert"), tiny_tokenizer(), "a", closed).depth == 4
