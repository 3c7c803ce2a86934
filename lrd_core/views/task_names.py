"""Names of tasks as a person reads them, where figures list many."""

import re
from collections import Counter
from collections.abc import Iterable

_KINDS = "Classification|Reranking|Retrieval|ClusteringP2P|ClusteringS2S|Clustering"
_KIND = re.compile(rf"(?<=[a-z0-9])(?:{_KINDS})(?:\.v\d+)?$")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def task_titles(names: Iterable[str]) -> dict[str, str]:
    """A title for each task: "MTOP Intent" for MTOPIntentClassification.

    A name that ends with the kind of its task loses it and is cut into words; any other stays as
    it is. Two tasks never get the same title: they keep their names.
    """
    wanted = list(dict.fromkeys(names))
    titles = {name: _title(name) for name in wanted}
    counts = Counter(titles.values())
    return {name: title if counts[title] == 1 else name for name, title in titles.items()}


def _title(name: str) -> str:
    short = _KIND.sub("", name)
    return name if short == name else " ".join(_WORDS.split(short))
