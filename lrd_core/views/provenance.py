"""Where a number comes from, in one line."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from lrd_core.models.identity import is_vouched_for
from lrd_core.models.specs import is_hub_id, known_model
from lrd_core.numbers import whole
from lrd_core.settings import SETTINGS, Setting
from lrd_core.store.sources import IMPORTED

SOURCES = {"demo": "bundled", "own": "own run"}
MOST_NAMED = 3
NOTE_BREAK = "; "
"""Between the parts of a model's note."""

UNKNOWN = ("", "not stated")
IN_NAMES = ("model", "model_id", "revision", "task", "task_revision")
"""Settings that stand together, at the start of the line."""
_COMMIT = re.compile(r"^([0-9a-f]{7})[0-9a-f]{13,}(?=$|\+)")


def provenance_line(runs: pd.DataFrame, metrics: Sequence[str] = ()) -> str:
    """model@revision · task@revision · every other setting · metric versions · source.

    runs: the rows of `runs` behind a figure. metrics: such as "Prompt entropy v1". A setting is
    left out where it is plain in all of them. What differs between the runs is listed; more than
    three values are counted.
    """
    if runs.empty:
        return ""
    parts = [
        _named(runs, "model", "revision", "models"),
        _listed(_unusual_ids(runs), "weights"),
        _named(runs, "task", "task_revision", "tasks"),
        *(_said(one, runs) for one in SETTINGS if one.name not in IN_NAMES),
        _listed(list(metrics)),
        _listed(runs["source"].map(source_name)),
    ]
    return " · ".join(part for part in parts if part)


def model_notes(runs: pd.DataFrame) -> list[str]:
    """What must be said beside a model's numbers, such as that its weights were dequantised.

    Notes of one model, of which each run has its own, are said as one: each part once, and of
    which runs it is where it is not of all.
    """
    notes = []
    for model, own in runs.groupby("model", sort=False)["model_note"]:
        told = [str(note).split(NOTE_BREAK) if note else [] for note in own.fillna("")]
        counts = Counter(part for parts in told for part in dict.fromkeys(parts))
        said = [
            part if count == len(told) else f"{part} (of {count} of {len(told)} runs)"
            for part, count in counts.items()
        ]
        if said:
            notes.append(f"{model}: {NOTE_BREAK.join(said)}")
    return notes + unvouched_notes(runs)


def unvouched_notes(rows: pd.DataFrame) -> list[str]:
    """A sentence for each local folder of which only the weights were recorded.

    Earlier versions did so: what else the numbers rest on, such as config.json or the tokenizer,
    may have been changed between two of them. They are never served for a new request.
    """
    pairs = rows[["model", "model_id", "revision"]].drop_duplicates()
    return [
        f"{row.model}@{row.revision}: an earlier version recorded only the weights of this folder, "
        "not its configuration and tokenizer; compute it again to be sure"
        for row in pairs.itertuples()
        if not is_vouched_for(str(row.model_id), str(row.revision))
    ]


def source_name(source: str) -> str:
    """bundled, own run, imported from what, or the source itself."""
    name = source.removeprefix(IMPORTED).strip()
    return SOURCES.get(source, f"imported from {name}" if source.startswith(IMPORTED) else source)


def short_revision(revision: str) -> str:
    """The first digits of a commit hash, or of a digest of content; any other as it is."""
    return re.sub(r"((?:files|memory):[0-9a-f]{12})[0-9a-f]+", r"\1", _COMMIT.sub(r"\1", revision))


def _named(runs: pd.DataFrame, column: str, revision: str, plural: str) -> str:
    pairs = runs[[column, revision]].drop_duplicates()
    if len(pairs) > MOST_NAMED:
        return f"{len(pairs)} {plural}"
    names = (f"{name}@{short_revision(rev)}" if rev else name for name, rev in pairs.values)
    return ", ".join(names)


def _unusual_ids(runs: pd.DataFrame) -> list[str]:
    """Ids of the hub, where a name does not tell its own; a folder's revision tells its files."""
    pairs = runs[["model", "model_id"]].drop_duplicates()
    pairs = pairs[pairs["model_id"].map(is_hub_id)]
    told = (_tells(*pair) for pair in pairs.itertuples(index=False))
    return [] if all(told) else list(pairs["model_id"])


def _tells(name: str, model_id: str) -> bool:
    known = known_model(name)
    same = name.rpartition("/")[2] == model_id.rpartition("/")[2]
    return same or (known is not None and known.id == model_id)


def _said(setting: Setting, runs: pd.DataFrame) -> str:
    if setting.name == "n":
        return _sample(runs)
    if setting.name not in runs or (setting.kind is int and not runs["n"].any()):
        return ""  # a table from before this setting; an import whose sample is not known
    values = runs[setting.name].fillna("")
    if setting.plain is not None and set(values) == {setting.plain}:
        return ""
    words = _listed([value or setting.in_words(value) for value in values], setting.several)
    return words and setting.said.format(words)


def _sample(runs: pd.DataFrame) -> str:
    pairs = runs[["n", "n_total"]].drop_duplicates().itertuples(index=False)
    return "n=" + " / ".join(
        "not stated" if n == 0 else whole(n) if n >= total else f"{whole(n)} of {whole(total)}"
        for n, total in list(pairs)[:MOST_NAMED]
    )


def _listed(values: Iterable[object], plural: str = "values") -> str:
    known = [str(value) for value in dict.fromkeys(values) if str(value) not in UNKNOWN]
    return " / ".join(known) if len(known) <= MOST_NAMED else f"{len(known)} {plural}"
