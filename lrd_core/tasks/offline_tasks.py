"""Tasks made from the packages: which texts are evaluated, which are kept apart, and how.

Every split is seeded and fixed. Duplicates (equal but for case, punctuation and spacing) are
removed first, and documents that belong together stay on one side.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lrd_core.tasks.content import Table
from lrd_core.tasks.offline import read_bbc_news, read_bible, read_chatterbot, read_lee, read_vader
from lrd_core.tasks.splits import (
    connected_groups,
    first_of_each,
    shuffled,
    take_groups,
    take_per_label,
    text_key,
    words_of_key,
)

SPLIT_SEED = 2605
SPLIT_VERSION = 1
"""Raised when a split below changes; part of the revision, so of every cache key."""

MOST_SHARED_WORDS = 0.45
"""Verses that share more than this are found by their words alone, at any layer."""

Tables = Mapping[str, Table]


def rows(table: Table, positions: Iterable[int]) -> Table:
    """The given rows of every column, in the order of the table."""
    chosen = sorted(positions)
    return {name: tuple(column[row] for row in chosen) for name, column in table.items()}


def bbc_classification() -> Tables:
    """24 training articles a topic, drawn from those without a twin of equal title or opening."""
    table = _distinct(read_bbc_news(), "text")
    titles = [text_key(title) for title in table["title"]]
    openings = [words_of_key(text, 8, 28) for text in table["text"]]
    groups = connected_groups(titles, openings)
    members = Counter(groups)
    alone = {row for row, group in enumerate(groups) if members[group] == 1}
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
    evaluated, kept = _chatterbot_halves()
    documents = _numbered("d", evaluated["answer"])
    queries = _numbered("q", evaluated["question"])
    pairs = zip(evaluated["question"], evaluated["answer"], strict=True)
    relevant = dict.fromkeys((queries[text_key(q)][0], documents[text_key(a)][0]) for q, a in pairs)
    return {
        "corpus": _id_text(documents.values()),
        "queries": _id_text(queries.values()),
        "relevant": _relevant(relevant),
        "calibration": _texts(kept["question"] + kept["answer"]),
    }


def chatterbot_reranking() -> Tables:
    """Every question with its answers among 20, the others drawn from the same topic first.

    A question with more than ten right answers is left out: nearly any order of 20 would do.
    """
    tables = chatterbot_retrieval()
    evaluated, _ = _chatterbot_halves()
    topics = {text_key(a): t for a, t in zip(evaluated["answer"], evaluated["label"], strict=True)}
    asked = {text_key(q): t for q, t in zip(evaluated["question"], evaluated["label"], strict=True)}
    right: dict[str, set[str]] = {}
    for query, document, _ in zip(*tables["relevant"].values(), strict=True):
        right.setdefault(query, set()).add(document)
    documents = list(zip(*tables["corpus"].values(), strict=True))
    queries = [
        row for row in zip(*tables["queries"].values(), strict=True) if len(right[row[0]]) <= 10
    ]
    candidates: list[tuple[str, str]] = []
    for turn, (query, question) in enumerate(queries):
        topic = asked[text_key(question)]
        drawn = [documents[place] for place in shuffled(len(documents), SPLIT_SEED + turn)]
        rivals = [(name, text) for name, text in drawn if name not in right[query]]
        rivals.sort(key=lambda rival: topics[text_key(rival[1])] != topic)
        shown = [*sorted(right[query]), *(name for name, _ in rivals)][:20]
        candidates += [(query, shown[place]) for place in shuffled(len(shown), SPLIT_SEED + turn)]
    return {
        **tables,
        "queries": _id_text(queries),
        "relevant": _relevant((q, d) for q, _ in queries for d in sorted(right[q])),
        "candidates": _columns(candidates, "query", "document"),
    }


def chatterbot_pairs() -> Tables:
    """Every question with a right answer and with a wrong one, of the same topic where possible."""
    tables = chatterbot_reranking()
    texts = {name: dict(zip(*tables[name].values(), strict=True)) for name in ("corpus", "queries")}
    relevant = set(zip(tables["relevant"]["query"], tables["relevant"]["document"], strict=True))
    pairs: dict[tuple[str, int], tuple[str, str, int]] = {}
    shown = zip(tables["candidates"]["query"], tables["candidates"]["document"], strict=True)
    for query, document in shown:
        label = int((query, document) in relevant)
        pair = (texts["queries"][query], texts["corpus"][document], label)
        pairs.setdefault((query, label), pair)
    return {
        "test": _columns(pairs.values(), "sentence1", "sentence2", "label"),
        "calibration": tables["calibration"],
    }


def bible_verses(version: str) -> Tables:
    return {"test": read_bible(version)}


def bible_retrieval() -> Tables:
    """King James verses worded unlike their match, against 4,000 World English verses."""
    verses, kept = _aligned_verses(4000)
    queries = [verse for verse in verses if _shared_words(verse) <= MOST_SHARED_WORDS]
    return {
        "corpus": _id_text((f"web-{verse}", web) for verse, _, web in verses),
        "queries": _id_text((f"kjv-{verse}", kjv) for verse, kjv, _ in queries),
        "relevant": _relevant((f"kjv-{verse}", f"web-{verse}") for verse, _, _ in queries),
        "calibration": _texts(text for _, kjv, web in kept[:2000] for text in (kjv, web)),
    }


def bible_pairs() -> Tables:
    """King James verses, each once with its match and once with the verse beside that."""
    verses, kept = _aligned_verses(6000)
    pairs = []
    for row in range(1, len(verses)):
        if _shared_words(verses[row]) <= MOST_SHARED_WORDS:
            pairs.append((verses[row][1], verses[row][2], 1))
            pairs.append((verses[row][1], verses[row - 1][2], 0))
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


def _chatterbot_halves() -> tuple[Table, Table]:
    """Evaluated and kept pairs, each about half."""
    pairs = read_chatterbot()
    groups = connected_groups(pairs["question"], pairs["answer"])
    test = take_groups(groups, len(groups) // 2, SPLIT_SEED)
    return rows(pairs, test), rows(pairs, set(range(len(groups))) - test)


def _shared_words(verse: tuple[int, str, str]) -> float:
    """Jaccard index of the words of a verse in both translations."""
    kjv, web = (set(text_key(text).split()) for text in verse[1:])
    return len(kjv & web) / len(kjv | web)


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
