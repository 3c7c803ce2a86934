"""The public face gives the numbers of stored runs, leaves models alone, and says no early."""

import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import transformers

import lrd_core
from lrd_core.config import Config
from lrd_core.errors import (
    InputError,
    JobError,
    MetricError,
    ModelError,
    TaskError,
    UnknownNameError,
)
from lrd_core.metrics import dataset_entropy, frenet, gfmi, nrs
from lrd_core.models.loading import Loading
from lrd_core.notebook import in_memory, measuring
from lrd_core.runs import RunRequest
from lrd_core.runs.execute import execute_run
from lrd_core.runs.items import run_items
from lrd_core.settings import RunSettings
from tests.modalities import add_pictures, add_sounds, pictures, sounds
from tests.tiny import tiny_loaded, tiny_model, tiny_tokenizer

WORDS = enumerate("abcdefghijkl" * 3)
TEXTS = [(f"text {word} of a few, " * (1 + place % 5)).strip() for place, word in WORDS]
METRICS = ("lrd", "prompt_entropy", "dataset_entropy:alpha=2", "infonce:n_texts=8")


def pair(architecture: str = "bert", **options: Any) -> tuple[torch.nn.Module, Any]:
    return tiny_model(architecture, **options), tiny_tokenizer()


def layers(n: int = 40, depth: int = 5, seed: int = 0) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.normal(size=(n, 12)) for _ in range(depth)]


def numbers(table: pd.DataFrame) -> pd.DataFrame:
    order = ["series", "position"]
    found = table[[*order, "value", "low", "high", "n"]].astype({"series": object, "n": "int64"})
    return found.sort_values(order).reset_index(drop=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model") / "tiny"
    model, tokenizer = pair()
    model.save_pretrained(place)  # type: ignore[operator]
    tokenizer.save_pretrained(place)
    return place


def stored(config: Config, run_key: str) -> pd.DataFrame:
    table = lrd_core.open_store(config.data_dir).profiles(run_key=run_key)
    suffix = table["variant"].map(lambda variant: f":{variant}" if variant else "")
    return table.assign(series=table["series"] + suffix)


def test_the_numbers_are_those_of_a_run(config: Config, tmp_path: Path, folder: Path) -> None:
    """Bit for bit, from the same folder and the same texts, whatever the way to them."""
    lines = tmp_path / "mine.txt"
    lines.write_text("\n".join(TEXTS))
    request = RunRequest(str(folder), str(lines), METRICS, RunSettings(n=None))
    report = execute_run(request, config=config, loading=Loading("cpu"))
    expected = numbers(stored(config, report.run_key))
    whole = (transformers.AutoModel.from_pretrained(folder), tiny_tokenizer())
    for model in (folder, lrd_core.load_model(str(folder)), whole):
        for texts in (TEXTS, lrd_core.load_task(str(lines))):
            found = lrd_core.measure(model, texts, METRICS)
            pd.testing.assert_frame_equal(numbers(found.table()), expected, check_exact=True)


def test_what_is_saved_is_what_a_run_would_have_stored(
    config: Config, tmp_path: Path, folder: Path
) -> None:
    lines = tmp_path / "mine.txt"
    lines.write_text("\n".join(TEXTS))
    task = lrd_core.load_task(str(lines))
    key = lrd_core.measure(folder, task, METRICS).save(config.data_dir)
    request = RunRequest(str(folder), str(lines), METRICS, RunSettings(n=None))
    report = execute_run(request, config=config, loading=Loading("cpu"))
    assert report.run_key == key
    assert report.computed == ()


def test_texts_of_a_list_are_kept_with_what_was_measured(config: Config) -> None:
    store = lrd_core.open_store(config.data_dir)
    found = lrd_core.measure(pair(), TEXTS, "effective_rank", name="mine", task="my texts")
    key = found.save(store)
    (run,) = store.runs().itertuples()
    assert (run.model, run.task, run.n) == ("mine", "my texts", len(TEXTS))
    assert run_items(config, key)["text"].tolist() == TEXTS
    pd.testing.assert_frame_equal(numbers(store.profiles()), numbers(found.table()))
    other = lrd_core.measure(pair(), TEXTS[::-1], "effective_rank", name="mine", task="my texts")
    assert other.save(store) != key, "another list of the same name is another revision"


def test_profiles_are_frozen() -> None:
    found = lrd_core.measure_arrays(layers(), "frenet")
    with pytest.raises(FrozenInstanceError):
        found.n = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        found.matrices["distances"][0, 0] = 1.0
    table = found.table()
    table["value"] = 0.0
    assert (found.table()["value"] != 0).any()


def test_arrays_give_what_the_metrics_give() -> None:
    given = layers()
    for wrap in (lambda x: x, torch.from_numpy, lambda x: torch.tensor(x, requires_grad=True)):
        found = lrd_core.measure_arrays([wrap(x) for x in given], ["lrd", "dataset_entropy"])
        values = found.table().set_index("series")["value"]
        assert values["speed"].tolist() == frenet(given).speed.tolist()
        assert values["nrs"].tolist() == nrs(given).profile.tolist()
        assert values["gfmi"].tolist() == gfmi(given).auc.tolist()
        assert values["dataset_entropy"].tolist() == [float(dataset_entropy(x)) for x in given]
        assert (found.matrices["distances"] == frenet(given).distances).all()


def test_a_mode_that_is_not_usual_has_its_name_in_the_series() -> None:
    found = lrd_core.measure_arrays(layers(), ["dataset_entropy", "dataset_entropy:alpha=2"])
    assert found.table()["series"].unique().tolist() == [
        "dataset_entropy",
        "dataset_entropy:alpha=2",
    ]
    assert len(found.figure().data) >= 2


def test_a_value_that_is_undefined_has_its_reason() -> None:
    found = lrd_core.measure_arrays(layers(n=10), "gfmi").table()
    assert found["value"].isna().all()
    assert found["reason"].notna().all()


@pytest.mark.parametrize("training", [True, False])
def test_a_model_in_memory_is_left_as_it_was(training: bool) -> None:
    model, tokenizer = pair("llama", head=True)
    model.train(training).requires_grad_(True)
    model.model.layers[1].eval()  # type: ignore[union-attr, index, operator]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    strict = torch.are_deterministic_algorithms_enabled()
    lrd_core.measure((model, tokenizer), TEXTS, "effective_rank")
    assert [module.training for module in model.modules()] == modes
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert torch.are_deterministic_algorithms_enabled() == strict
    ids = torch.tensor([tokenizer("a text")["input_ids"]])
    model(input_ids=ids, labels=ids).loss.backward()  # training goes on


def test_a_model_that_fails_is_left_as_it_was_too() -> None:
    model, tokenizer = pair()
    model.train()
    with pytest.raises(InputError, match="max_length"):
        lrd_core.measure((model, tokenizer), TEXTS, "effective_rank", max_length=10_000)
    assert all(module.training for module in model.modules())


def test_a_model_in_memory_is_named_by_its_content(config: Config) -> None:
    def key(model: Any) -> str:
        return lrd_core.measure(model, TEXTS, "effective_rank").save(config.data_dir)

    first = key(pair())
    assert key(pair()) == first
    changed = pair()
    with torch.no_grad():
        next(changed[0].parameters())[0, 0] += 1
    assert key(changed) != first
    assert key((pair()[0], tiny_tokenizer(padding_side="left"))) == first
    used = pair()
    used[1](["a text"], truncation=True, max_length=8, padding=True)
    assert key(used) == first, "how a tokenizer was last called is none of its content"
    used[1].truncation_side = "left"
    assert key(used) != first
    half = pair()
    assert key((half[0].to(torch.bfloat16), half[1])) != first


def test_a_model_too_large_to_hash_needs_a_name(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_memory, "MOST_HASHED", 10)
    found = lrd_core.measure(pair(), TEXTS, "effective_rank")
    with pytest.raises(InputError, match=r"not hashed.*give it a name of its own"):
        found.save(config.data_dir)
    lrd_core.measure(pair(), TEXTS, "effective_rank", name="step 5").save(config.data_dir)
    with pytest.raises(InputError, match="arrays have no name of their own"):
        lrd_core.measure_arrays(layers(), "frenet").save(config.data_dir)


def test_blocks_that_were_changed_since_are_seen() -> None:
    model, tokenizer = pair()
    assert lrd_core.measure((model, tokenizer), TEXTS, "effective_rank").num_blocks == 4
    del model.encoder.layer[1]  # type: ignore[union-attr]
    assert lrd_core.measure((model, tokenizer), TEXTS, "effective_rank").num_blocks == 3


def test_a_head_or_a_decoder_is_left_out() -> None:
    alone = lrd_core.measure(pair("gpt2"), TEXTS, "effective_rank").table()
    whole = lrd_core.measure(pair("gpt2", head=True), TEXTS, "effective_rank").table()
    assert alone["position"].tolist() == whole["position"].tolist()
    config = transformers.T5Config(
        vocab_size=99, d_model=32, d_kv=8, d_ff=48, num_heads=4, num_layers=2, pad_token_id=0
    )
    both = transformers.T5Model(config).eval()
    found = lrd_core.measure((both, tiny_tokenizer()), TEXTS, "effective_rank")
    assert found.num_blocks == 2


def test_pruned_models_can_be_measured() -> None:
    model, tokenizer = pair()
    model.train()
    shorter = lrd_core.prune((model, tokenizer), [1])
    assert model.training
    assert lrd_core.measure(shorter, TEXTS, "effective_rank").num_blocks == 3
    assert isinstance(lrd_core.prune(model, [0]), torch.nn.Module)
    with pytest.raises(InputError, match="a int is no model to prune"):
        lrd_core.prune(3, [0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"texts": []}, InputError, "no texts were given"),
        ({"texts": "one text"}, InputError, "texts is one string; give a list"),
        ({"texts": ["a", None]}, InputError, "text 1 is a NoneType"),
        ({"metrics": "effectiv_rank"}, UnknownNameError, "did you mean effective_rank"),
        ({"metrics": []}, InputError, "no metric to compute"),
        ({"pooling": "meen"}, InputError, "unknown pooling 'meen'"),
        ({"poolin": "mean"}, UnknownNameError, "no setting is called 'poolin'; did you mean poo"),
        ({"condition": "repaet:1"}, InputError, "there is no condition 'repaet:1'"),
        ({"n": 5}, InputError, "n is how many texts there are"),
        ({"model": "all-MiniLM-L6"}, UnknownNameError, "did you mean all-MiniLM-L6-v2"),
        ({"model": pair()[::-1]}, InputError, "the tokenizer came first; swap the two"),
        ({"model": (pair()[0],)}, InputError, "a pair is .model, tokenizer.; 1 things were given"),
        ({"model": (pair()[0], "x")}, InputError, "its second is a str"),
        ({"model": ("x", pair()[1])}, InputError, "its first is a str"),
        ({"model": pair()[0]}, InputError, "a BertModel is no model to measure; give a name"),
        ({"model": (torch.nn.Linear(2, 2), pair()[1])}, ModelError, "cannot be read|not run"),
        ({"model": (torch.nn.Identity(), pair()[1])}, InputError, "the Identity has no weights"),
        ({"dtype": "float16"}, InputError, "a model in memory has its number format"),
    ],
    ids=str,
)
def test_what_cannot_be_measured_says_so_at_once(
    change: dict[str, Any], error: type[Exception], message: str
) -> None:
    asked: dict[str, Any] = {"model": pair(), "texts": TEXTS, "metrics": "effective_rank"} | change
    with pytest.raises(error, match=message):
        lrd_core.measure(**asked)


def test_a_wrong_name_is_told_before_anything_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "load_model", lambda *args, **options: pytest.fail("loaded"))
    with pytest.raises(UnknownNameError, match="no metric or group is called 'frenett'"):
        lrd_core.measure("all-MiniLM-L6-v2", TEXTS, "frenett")
    with pytest.raises(UnknownNameError, match="no setting is called 'lenght'"):
        lrd_core.measure("all-MiniLM-L6-v2", TEXTS, "frenet", lenght=5)
    with pytest.raises(TaskError, match="'bible-kjv' is read as texts without a score"):
        lrd_core.score_layers("all-MiniLM-L6-v2", "bible-kjv")


@pytest.mark.parametrize(
    ("given", "metrics", "error", "message"),
    [
        ([], "frenet", MetricError, "0 layers given; at least 2"),
        (layers()[:1], "frenet", MetricError, "1 layers given; at least 2"),
        ([*layers(), layers(n=9)[0]], "frenet", MetricError, "layer 5 has 9 .*layer 0 has 40"),
        (
            [*layers(), np.zeros((40, 2, 3))],
            "frenet",
            MetricError,
            r"layer 5 must have shape \(n, d",
        ),
        (layers()[0], "frenet", MetricError, r"layer 0 must have shape \(n, d"),
        ([*layers(), np.full((40, 3), np.nan)], "lrd", MetricError, "layer 5 holds NaN.*row 0"),
        ([["a", "b"]] * 3, "frenet", MetricError, "metrics take real numbers"),
        (layers(), "frenett", UnknownNameError, "did you mean frenet"),
        (layers(), "prompt_entropy", InputError, "reads tokens, which pooled arrays do not have"),
        (layers(), "infonce", InputError, "reads views, which pooled arrays do not have"),
    ],
)
def test_arrays_that_cannot_be_measured_say_so(
    given: Any, metrics: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        lrd_core.measure_arrays(given, metrics)


def test_a_group_gives_what_arrays_are_enough_for() -> None:
    series = set(lrd_core.measure_arrays(layers(), "lbl").table()["series"])
    assert "dataset_entropy" in series
    assert "prompt_entropy" not in series


def test_a_store_that_only_shows_is_not_written_to(config: Config) -> None:
    store = lrd_core.open_store(config.data_dir, read_only=True)
    with pytest.raises(JobError, match="only shows results"):
        lrd_core.measure_arrays(layers(), "frenet", name="mine").save(store)
    file = config.data_dir.parent / "file"
    file.write_text("x")
    with pytest.raises(InputError, match="is a file; a store is a folder"):
        lrd_core.open_store(file)


def test_importing_the_face_loads_nothing_heavy() -> None:
    heavy = ["torch", "transformers", "plotly", "pandas", "numpy", "duckdb", "mteb", "streamlit"]
    code = (
        "import sys, lrd_core; shown = dir(lrd_core); "
        f"print([name for name in {heavy} if name in sys.modules], 'measure' in shown)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_every_name_of_the_face_is_there() -> None:
    assert all(getattr(lrd_core, name) is not None for name in lrd_core.__all__)
    assert set(lrd_core.__all__) <= set(dir(lrd_core))
    with pytest.raises(AttributeError, match="has no attribute 'measur'"):
        lrd_core.measur  # noqa: B018


@pytest.mark.parametrize("kind", ["picture", "sound"])
def test_a_modality_is_added_in_one_place(
    kind: str, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One entry of MODALITIES; extraction, metrics, views, store and previews follow."""
    add, draw = {"picture": (add_pictures, pictures), "sound": (add_sounds, sounds)}[kind]
    loaded, items = add(monkeypatch), draw(36)
    found = lrd_core.measure(loaded, items, METRICS, task="a few")
    assert found.table()["value"].notna().sum() > 30
    store = lrd_core.open_store(config.data_dir)
    key = found.save(store)
    pd.testing.assert_frame_equal(
        numbers(found.table()), numbers(stored(config, key)), check_exact=True
    )
    shown = run_items(config, key)
    assert shown["text"].tolist() == [" x ".join(map(str, item.shape)) for item in items]
    assert found.figure().data
    with pytest.raises(InputError, match=f"reads items of the kind '{kind}', and task"):
        lrd_core.measure(loaded, lrd_core.load_task("lee-news", n=3), "effective_rank")
    with pytest.raises(InputError, match="text 0 is a ndarray"):
        lrd_core.measure(tiny_loaded("bert"), items, "effective_rank")
