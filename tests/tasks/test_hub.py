"""MTEB tasks, without the hub: real task entries, made-up data objects."""

from typing import Any

import pytest

from lrd_core.config import Config
from lrd_core.errors import TaskError, UnknownNameError
from lrd_core.tasks import all_tasks, find_task, hub, load_task
from lrd_core.tasks.content import TaskContent, TaskSpec


@pytest.fixture(autouse=True)
def _no_network(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets.config
    import huggingface_hub.constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)


def test_registered_entries_are_mtebs_own() -> None:
    for entry in all_tasks():
        if entry.source == "hub":
            theirs = hub.mteb_spec(entry.name)
            assert theirs is not None, entry.name
            for fact in ("type", "revision", "licence", "split", "main_score"):
                assert getattr(entry, fact) == getattr(theirs, fact), (entry.name, fact)


def test_any_other_mteb_name_is_found() -> None:
    spec = find_task("CQADupstackGamingRetrieval")
    assert (spec.type, spec.source, spec.panels) == ("retrieval", "hub", ())
    with pytest.raises(UnknownNameError, match="did you mean Banking77Classification"):
        find_task("Banking78Classification")
    with pytest.raises(TaskError, match="'SummEval' is of type Summarization; supported"):
        find_task("SummEval")
    for name, modality, kind in (
        ("CIFAR10", "image", "classification"),
        ("CIFAR10Clustering", "image", "clustering"),
        ("ESC50", "audio", "classification"),
    ):
        held = find_task(name)
        assert (held.modality, held.type, held.source) == (modality, kind, "hub")


def test_only_english_subsets_are_taken() -> None:
    assert hub.new_mteb_task("STS17").hf_subsets == ["en-en"]
    assert hub.new_mteb_task("MTOPDomainClassification").hf_subsets == ["en"]


def test_an_unreachable_hub_is_said_in_plain_words() -> None:
    message = "the data of Banking77Classification cannot be read from the hub: .* offline task"
    with pytest.raises(TaskError, match=message):
        load_task("Banking77Classification", 10, 0)


def spec(kind: Any) -> TaskSpec:
    return TaskSpec("mock", "mock", kind, "hub", "1", "x", "en", "d")


MOCKS = {
    "MockClassificationTask": ("classification", 2),
    "MockClusteringTask": ("clustering", 3),
    "LegacyMockClusteringFastTask": ("clustering", 3),
    "MockPairClassificationTask": ("pair classification", 4),
    "MockSTSTask": ("sts", 4),
    "MockRetrievalTask": ("retrieval", 4),
    "MockRerankingTask": ("reranking", 4),
}


@pytest.mark.parametrize("name", list(MOCKS))
def test_every_type_gives_its_texts(name: str) -> None:
    from mteb.mocks import mock_tasks
    from mteb.mocks.mock_tasks import clustering

    kind, least = MOCKS[name]
    task = getattr(mock_tasks, name, None) or getattr(clustering, name)
    task = task()
    task.load_data()
    if hasattr(task, "convert_v1_dataset_format_to_v2"):
        task.convert_v1_dataset_format_to_v2(num_proc=None)
    content = TaskContent(spec(kind), hub.tables_of(task, spec(kind)))
    texts = content.evaluated_items()["text"]
    assert len(texts) >= least
    assert all(isinstance(text, str) and text for text in texts)
    assert ("candidates" in content.tables) == (kind == "reranking")
