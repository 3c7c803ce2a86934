"""Type and main score of every task that MTEB knows, without the ten seconds of importing it.

`mteb_index.tsv` holds what the pinned mteb says of its tasks, one line for each type and main
score. After raising the pin: python -m lrd_core.evaluation.mteb_index
"""

import functools
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

INDEX = Path(__file__).with_name("mteb_index.tsv")

FORMER_NAMES: Mapping[str, str] = {
    "NorwegianParliament": "NorwegianParliamentClassification",
    "CMedQAv2": "CMedQAv2-reranking",
    "CMedQAv1": "CMedQAv1-reranking",
    "8TagsClustering": "EightTagsClustering",
    "PPC": "PpcPC",
}
"""Names that old result files use -> what MTEB calls the task since."""

_GONE = {
    f"Scala{language}Classification": ("Classification", "accuracy")
    for language in ("Nb", "Nn", "Da", "Sv")
}


class MtebFacts(NamedTuple):
    """A task's own name, its type as MTEB writes it, and the name of its main score."""

    name: str
    type: str
    main_score: str


def mteb_facts(name: str) -> MtebFacts | None:
    """What MTEB says of a task of this name, now or formerly, in any case; None: unknown."""
    known = _index()
    name = FORMER_NAMES.get(name, name)
    return known.get(name) or _by_lower_name().get(name.lower())


@functools.cache
def _index() -> dict[str, MtebFacts]:
    facts = {name: MtebFacts(name, *rest) for name, rest in _GONE.items()}
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        kind, main_score, names = line.split("\t")
        facts |= {name: MtebFacts(name, kind, main_score) for name in names.split(" ")}
    return facts


@functools.cache
def _by_lower_name() -> dict[str, MtebFacts]:
    return {name.lower(): facts for name, facts in _index().items()}


def index_text() -> str:
    """The content of the index for the mteb that is installed."""
    from mteb.get_tasks import _TASKS_REGISTRY

    names = defaultdict(list)
    for name, task in _TASKS_REGISTRY.items():
        names[task.metadata.type, task.metadata.main_score].append(name)
    lines = [f"{kind}\t{score}\t{' '.join(sorted(n))}" for (kind, score), n in names.items()]
    return "\n".join(sorted(lines)) + "\n"


if __name__ == "__main__":
    INDEX.write_text(index_text(), encoding="utf-8")
