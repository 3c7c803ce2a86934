"""Token maps of a run, from a model's folder to the store and the command line."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from lrd_core.cli import main
from lrd_core.config import Config
from lrd_core.errors import InputError, NonFiniteError
from lrd_core.jobs.handlers import load_handler
from lrd_core.metrics import prompt_entropy, token_norms
from lrd_core.models.loading import Loading
from lrd_core.runs import RunReport, RunRequest, token_maps
from lrd_core.runs.execute import execute_run
from lrd_core.runs.items import run_items
from lrd_core.runs.token_maps import N_TEXTS, read_token_maps
from lrd_core.settings import RunSettings
from lrd_core.store import connect
from lrd_core.store.reading import read_table
from lrd_core.store.runs import RUNS, save_run
from lrd_core.store.token_maps import TokenMap, mapped_texts, read_token_map, text_key
from tests.example_store import run_record
from tests.pipeline_folders import base

TYPED = "A sentence of one's own."


def run(config: Config, folder: Path, **settings: object) -> RunReport:
    asked = RunSettings(n=12, max_length=32, **settings)
    return execute_run(
        RunRequest(str(folder), "lee-news", ("anisotropy",), asked),
        config=config,
        loading=Loading("cpu"),
    )


def read(config: Config, key: str, folder: Path, *texts: str) -> token_maps.TokensReport:
    return read_token_maps(config, key, texts, model=str(folder), loading=Loading("cpu"))


def stored(config: Config, run_key: str, name: str) -> TokenMap:
    with connect(config, read_only=True) as connection:
        found = read_token_map(connection, run_key, name)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return base(tmp_path / "model")


def test_the_first_texts_are_read_once_and_typed_ones_beside_them(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run(config, folder).run_key
    first = read(config, key, folder)
    assert (len(first.computed), first.cached) == (N_TEXTS, ())
    own = read(config, key, folder, TYPED, TYPED)
    assert own.computed == (text_key(TYPED),)
    monkeypatch.setattr(token_maps, "load_model_of", None)  # nothing loads a model any more
    assert read(config, key, folder).cached == first.computed
    assert read(config, key, folder, TYPED).cached == own.computed
    with connect(config, read_only=True) as connection:
        texts = mapped_texts(connection, [key])
    items = run_items(config, key).head(N_TEXTS)
    assert sorted(texts["text_index"].dropna()) == sorted(items["text_index"])
    assert texts["text_index"].isna().sum() == 1


def test_values_are_those_of_the_models_own_hidden_states(config: Config, folder: Path) -> None:
    key = run(config, folder).run_key
    read(config, key, folder, TYPED)
    found = stored(config, key, text_key(TYPED))
    model = transformers.AutoModel.from_pretrained(folder).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer([TYPED], return_tensors="pt", truncation=True, max_length=32)
    with torch.inference_mode():
        layers = model(**inputs, output_hidden_states=True).hidden_states
    assert found.norms.shape == (len(layers), inputs["input_ids"].shape[1])
    written = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist())
    assert list(found.words) == written
    for place, states in enumerate(layers):
        norms = states[0].norm(dim=1).numpy()
        np.testing.assert_allclose(found.norms[place], norms, rtol=1e-5)
        ratio = token_norms(states.numpy()).norm_ratio[0]
        assert found.norms[place].max() / np.median(norms) == pytest.approx(ratio, rel=1e-5)
        assert np.nansum(found.shares[place]) == pytest.approx(1.0, abs=1e-5)
        assert prompt_entropy(states.numpy())[0] > 0
        if place:
            turned = torch.cosine_similarity(states[0], layers[place - 1][0]).numpy()
            np.testing.assert_allclose(found.cosines[place], turned, atol=1e-5)
    assert np.isnan(found.cosines[0]).all()


def test_a_text_is_read_under_the_runs_condition_in_its_place(config: Config, folder: Path) -> None:
    plain, mixed = (
        run(config, folder, condition=condition).run_key for condition in ("", "random:1")
    )
    words = []
    for key in (plain, mixed):
        computed = read(config, key, folder).computed
        words.append([stored(config, key, name).words for name in computed])
    assert all(one != other for one, other in zip(*words, strict=True))
    # The same draw as the run's: one by one and together they are the same tokens.
    items = run_items(config, mixed)
    name = text_key(str(items["text"][5]), 5)
    with connect(config) as connection:
        connection.execute("DELETE FROM token_maps WHERE text_key = ?", [name])
    assert read(config, mixed, folder).computed == (name,)
    assert stored(config, mixed, name).words == words[1][5]


def test_what_cannot_be_read_says_why(config: Config, folder: Path, tmp_path: Path) -> None:
    key = run(config, folder).run_key
    for text, message in (
        (" \n", "the text is empty; type a sentence"),
        ("a" * 100_001, "the text has 100,001 characters; 100,000 at most"),
    ):
        with pytest.raises(InputError, match=message):
            read(config, key, folder, text)
    with pytest.raises(InputError, match="no run has the key 'abc'"):
        read(config, "abc", folder)
    with connect(config) as connection:
        connection.execute("UPDATE runs SET revision = 'files:0' WHERE run_key = ?", [key])
    with pytest.raises(InputError, match=r"is here at revision files:.*the run was of files:0"):
        read(config, key, folder, TYPED)


def test_no_path_that_an_import_names_is_opened(config: Config, folder: Path) -> None:
    theirs = replace(run_record(str(folder)), source="import: theirs")
    with connect(config) as connection:
        save_run(connection, theirs)
    with pytest.raises(InputError, match="is not loaded: the run was imported, and no model that"):
        read_token_maps(config, theirs.run_key, [TYPED])


def test_a_model_that_gives_nan_is_named_with_its_layer(
    config: Config, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = run(config, folder).run_key
    load = token_maps.load_model_of

    def broken(*given: object, **named: object) -> object:
        loaded = load(*given, **named)  # type: ignore[arg-type]
        next(loaded.model.parameters()).fill_(torch.nan)
        return loaded

    monkeypatch.setattr(token_maps, "load_model_of", broken)
    with pytest.raises(NonFiniteError, match="NaN or Inf at layer 0 for text 0 in float32"):
        read(config, key, folder, TYPED)


def test_the_command_names_the_largest_token_of_each_text(
    config: Config, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(config, folder)
    with connect(config, read_only=True) as connection:
        name = read_table(connection, RUNS)["model"][0]
    asked = ["tokens", "--model", str(name), "--task", "lee-news", "--device", "cpu", "--json"]
    assert main([*asked, "--text", TYPED]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["text"] == TYPED
    assert row["times_median"] >= 1
    assert 0 < row["share"] < 1
    assert main(["tokens", "--model", "nobody", "--task", "lee-news"]) == 2
    assert "the store has no run of nobody on lee-news" in capsys.readouterr().err


def test_the_job_kind_is_known() -> None:
    assert load_handler("tokens").__name__ == "run_tokens"
