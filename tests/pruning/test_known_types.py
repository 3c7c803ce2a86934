"""What config.json says of blocks that cannot go equals what the loaded model says."""

import json

import pytest

from lrd_core.errors import PruningError
from lrd_core.models.packs import pack_folder
from lrd_core.pruning import known_types
from lrd_core.pruning.known_types import fixed_before_loading, fixed_by_type
from lrd_core.pruning.surgery import check_prunable, fixed_blocks
from tests.pruning.architectures import PRUNABLE, build


@pytest.mark.parametrize("name", PRUNABLE)
def test_the_configuration_and_the_loaded_model_agree(name):
    model = build(name)
    told = fixed_by_type(model.config.to_dict())
    assert told is not None
    assert set(told) == set(fixed_blocks(model))


@pytest.mark.parametrize(
    ("name", "reason"), [("albert", "nothing to cut out"), ("gemma3n", "reuse keys and values")]
)
def test_what_cannot_be_cut_is_refused_before_it_is_loaded(name, reason):
    model = build(name)
    with pytest.raises(PruningError, match=reason):
        fixed_by_type(model.config.to_dict())
    with pytest.raises(PruningError):
        check_prunable(model)


def test_an_unknown_type_is_not_taken_for_free():
    assert fixed_by_type({"model_type": "brand-new"}) is None
    assert fixed_by_type({}) is None


def test_the_configuration_is_read_where_it_lies(config, tmp_path):
    assert fixed_before_loading(config, "all-MiniLM-L6-v2") == {}
    assert (pack_folder("all-MiniLM-L6-v2", config) / "config.json").is_file()
    assert fixed_before_loading(config, "small") is None, "no such model"
    assert fixed_before_loading(config, "some/never-fetched") is None
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    assert set(fixed_before_loading(config, str(tmp_path))) == {0}


def test_a_model_in_the_hubs_cache_is_read_from_there(config, tmp_path, monkeypatch):
    cached = tmp_path / "config.json"
    cached.write_text(json.dumps({"model_type": "modernbert"}))
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_, **__: str(cached))
    assert set(fixed_before_loading(config, "some/model")) == {0}
    assert "not checked" in known_types.NOT_CHECKED
