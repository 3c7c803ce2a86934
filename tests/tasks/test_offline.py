"""What is read from packages, and that the splits leak nothing."""

import gzip
import io
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from lrd_core.config import Config
from lrd_core.errors import TaskError
from lrd_core.tasks import load_content, offline, packages
from lrd_core.tasks.offline_tasks import vader_sentiment
from lrd_core.tasks.splits import (
    BEGINS,
    connected_groups,
    first_of_each,
    take_groups,
    text_key,
    words_of_key,
)


def test_bbc_has_the_published_size_and_topics() -> None:
    table = offline.read_bbc_news()
    assert Counter(table["label"]) == {
        "business": 510,
        "entertainment": 386,
        "politics": 417,
        "sports": 511,
        "tech": 401,
    }


def test_bbc_split_is_disjoint_to_the_letter() -> None:
    tables = load_content("bbc-news").tables
    train, test = ({text_key(text) for text in tables[name]["text"]} for name in ("train", "test"))
    assert not train & test
    assert len(train) == len(tables["train"]["text"]) == 120
    assert len(test) == len(tables["test"]["text"]) == 2002
    assert set(Counter(tables["train"]["label"]).values()) == {24}
    titles = {text_key(title) for title in tables["train"]["title"]}
    assert not titles & {text_key(title) for title in tables["test"]["title"]}


def test_chatterbot_answers_are_found_and_kept_apart() -> None:
    assert len(offline.read_chatterbot()["question"]) == 2025
    tables = load_content("chatterbot").tables
    documents = dict(zip(tables["corpus"]["id"], tables["corpus"]["text"], strict=True))
    assert len(set(map(text_key, documents.values()))) == len(documents)
    assert set(tables["relevant"]["query"]) == set(tables["queries"]["id"])
    assert set(tables["relevant"]["document"]) == set(documents)


def test_bible_verses_are_plain_and_aligned() -> None:
    kjv = offline.read_bible("kjv")
    assert len(kjv["text"]) == 31102
    assert kjv["text"][0] == "In the beginning God created the heaven and the earth."
    assert kjv["label"][-1] == "Revelation"
    assert not any("[" in text for text in kjv["text"])
    tables = load_content("bible-retrieval").tables
    corpus = dict(zip(tables["corpus"]["id"], tables["corpus"]["text"], strict=True))
    for query, document in zip(
        tables["relevant"]["query"], tables["relevant"]["document"], strict=True
    ):
        assert query.removeprefix("kjv-") == document.removeprefix("web-")
        assert document in corpus


def test_reranking_hides_the_right_answers_among_twenty() -> None:
    tables = load_content("chatterbot-reranking").tables
    shown: dict[str, list[str]] = {}
    pairs = zip(tables["candidates"]["query"], tables["candidates"]["document"], strict=True)
    for query, document in pairs:
        shown.setdefault(query, []).append(document)
    right = list(zip(tables["relevant"]["query"], tables["relevant"]["document"], strict=True))
    assert {len(set(documents)) for documents in shown.values()} == {20}
    assert all(document in shown[query] for query, document in right)
    places = [shown[query].index(document) for query, document in right]
    assert len(set(places)) == 20, "the right answer must not stand at some places only"


@pytest.mark.parametrize("name", ["bible-pairs", "chatterbot-pairs"])
def test_pairs_are_balanced_and_never_trivial(name: str) -> None:
    test = load_content(name).tables["test"]
    counts = Counter(test["label"])
    assert counts[0] == counts[1] > 300
    assert all(a != b for a, b in zip(test["sentence1"], test["sentence2"], strict=True))
    assert len(set(zip(test["sentence1"], test["sentence2"], strict=True))) == counts.total()


def test_lee_similarity_is_symmetric_and_in_range() -> None:
    lee = offline.read_lee()
    assert (lee.similarity == lee.similarity.T).all()
    assert lee.similarity.min() >= 0
    assert lee.similarity.max() == 1
    assert len(load_content("lee-sts").tables["test"]["score"]) == 1225


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(offline.VERSIONS, "gensim", "0.1")  # type: ignore[arg-type]
    with pytest.raises(TaskError, match=r"read from gensim==0\.1, but version .* is installed"):
        offline.package_folder("gensim")


def test_vader_asks_to_be_fetched(config: Config) -> None:
    with pytest.raises(TaskError, match="run: python -m lrd_core tasks fetch vader"):
        offline.read_vader("tweets")


def write_vader(path: Path, rows: str) -> None:
    """A source archive of the published shape with other content."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as archive:
        add(archive, "hutto_ICWSM_2014/amazonReviewSnippets_GroundTruth.txt", rows.encode())
    path.parent.mkdir(parents=True)
    with tarfile.open(path, "w:gz") as archive:
        name = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
        add(archive, name, inner.getvalue())


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def test_vader_keeps_a_review_on_one_side(config: Config) -> None:
    rows = [
        f"{review}_{line}\t{2 if review % 2 else -2}\tline {line} of review {review}\r\n"
        for review in range(20)
        for line in range(5)
    ]
    rows.append("99_1\t0.1\tneither here nor there\r\n")
    write_vader(packages.sdist_path(packages.VADER_SDIST, config), "".join(rows))
    tables = vader_sentiment("amazon")
    reviews = {name: set(tables[name]["group"]) for name in ("train", "test")}
    assert not reviews["train"] & reviews["test"]
    assert len(tables["train"]["text"]) + len(tables["test"]["text"]) == 100
    assert set(tables["test"]["label"]) == {"positive", "negative"}


def test_wrong_digest_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz"
    path.write_bytes(gzip.compress(b"other"))
    with pytest.raises(TaskError, match=r"x\.tar\.gz has sha256 .* expected 5d7c06e027fc"):
        packages.check_digest(path, packages.VADER_SDIST.sha256)


def test_failed_download_says_why(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = packages.Sdist("no-such-dist==0", "x.tar.gz", "0", 1, "MIT")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(TaskError, match="pip could not download no-such-dist==0: ERROR"):
        packages.fetch_sdist(wrong, config)


def test_splits_hold_groups_together() -> None:
    taken = take_groups(["a", "b", "a", "c", "b"], 2, seed=0)
    groups = ["a", "b", "a", "c", "b"]
    assert {groups[row] for row in taken}.isdisjoint(
        groups[row] for row in range(5) if row not in taken
    )
    assert connected_groups(["q1", "q1", "q2", "q3"], ["a1", "a2", "a2", "a3"]) == [0, 0, 0, 1]
    assert first_of_each(["A b.", "a  B", "c"]) == [0, 2]


def test_texts_are_told_apart_by_all_their_words_wherever_they_differ() -> None:
    begin = " ".join(f"w{place}" for place in range(BEGINS))
    texts = [begin, f"{begin} x", f"{begin.upper()}; X!", begin[:-1], "", " .", f"{begin} y"]
    assert first_of_each(texts) == [0, 1, 3, 4, 6]
    seen: dict[str, int] = {}
    articles = [*offline.read_bbc_news()["text"], *texts]
    for place, text in enumerate(articles):
        seen.setdefault(text_key(text), place)
    assert first_of_each(articles) == list(seen.values())


@pytest.mark.parametrize("text", ["", "...", "One, two: three-four; FIVE", "a b c d e f g h"])
def test_some_words_of_a_key_are_those_of_the_whole(text: str) -> None:
    assert words_of_key(text, 1, 4) == " ".join(text_key(text).split()[1:4])
