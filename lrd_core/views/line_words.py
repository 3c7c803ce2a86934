"""What must be said beside lines over depth: gaps, sources, commands, tasks of a mean."""

from collections.abc import Mapping, Sequence

import pandas as pd

from lrd_core.metrics.registry import all_metrics
from lrd_core.numbers import counted, whole
from lrd_core.settings import USUAL_TOKEN_TEXTS
from lrd_core.store.metric_id import TOKEN_TEXTS
from lrd_core.tasks.content import positions_of
from lrd_core.views.command_text import commands_for_runs, commands_for_scores
from lrd_core.views.dominance import WITHOUT
from lrd_core.views.provenance import source_name
from lrd_core.views.score_tables import OWN
from lrd_core.views.series_names import SCORE, series_text
from lrd_core.views.words import joined

READING_TOKENS = {metric.name for metric in all_metrics() if metric.reads == "tokens"}


def missing_lines(
    lines: pd.DataFrame, runs: pd.DataFrame, series: Sequence[str], reasons: pd.DataFrame
) -> list[str]:
    """Which of the wanted series these runs do not have, and why: a sentence a series and reason.

    reasons: of lines.read_reasons, why a run has no value of a series at any layer.
    """
    sentences = []
    known = reasons.merge(runs[["run_key", "model", "task"]], on="run_key")
    why = known.set_index(["series", "model", "task"])["reason"].to_dict()
    pairs = runs[["model", "task"]].drop_duplicates()
    for name in series:
        have = set(lines[lines["series"] == name][["model", "task"]].itertuples(index=False))
        lacking: dict[str, list[str]] = {}
        for model, task in pairs.itertuples(index=False):
            if (model, task) not in have:
                reason = why.get((name, model, task), "")
                lacking.setdefault(reason, []).append(f"{model} on {task}")
        label = series_text(name)[0]
        for reason, lines_without in lacking.items():
            where = joined(lines_without, most=3)
            if reason:
                sentences.append(f"{label} of {where} could not be computed: {reason}.")
            else:
                sentences.append(f"{label} is not in the store for {where}.")
    return sentences


def position_notes(lines: pd.DataFrame, runs: pd.DataFrame) -> list[str]:
    """What tokens are where items are no texts, if a drawn metric reads them: a sentence a kind.

    lines: with a column `metric`. runs: those behind them.
    """
    if READING_TOKENS.isdisjoint(lines["metric"]):
        return []
    others = runs[runs["modality"] != "text"].groupby("modality")["model"].unique()
    return [
        f"For {joined(sorted(models), most=3)} tokens are {positions_of(str(modality))}."
        for modality, models in others.items()
    ]


def metric_names(values: pd.DataFrame) -> list[str]:
    """Label and version of what is drawn, for the provenance line; of how many texts where a
    metric of tokens read a sample of those of the run."""
    if values.empty:
        return []
    drawn = values[values["metric"] != SCORE]
    told = drawn[["series", "version", "token_texts"]].drop_duplicates()
    return [
        f"{series_text(series)[0]} v{int(version)}" + (f" of {whole(texts)} texts" if texts else "")
        for series, version, texts in told.itertuples(index=False)
    ]


def requested(lines: pd.DataFrame) -> list[str]:
    """What computes these lines, as `run --metrics` takes it: the metric, its variant, and of how
    many texts' tokens where that is not the usual number."""
    drawn = lines[lines["metric"] != SCORE]
    all_read = drawn["metric"].isin(READING_TOKENS) & (drawn["n"] > USUAL_TOKEN_TEXTS)
    texts = drawn["token_texts"].where(drawn["token_texts"] > 0, USUAL_TOKEN_TEXTS)
    texts = texts.where((drawn["token_texts"] > 0) | ~all_read, 0).astype(int)
    changed = texts.map(lambda n: "" if n == USUAL_TOKEN_TEXTS else f"{TOKEN_TEXTS}={n}")
    asked = drawn[["metric", "variant"]].assign(texts=changed)
    asked = asked.assign(variant=asked["variant"].replace(WITHOUT, "")).drop_duplicates()
    return [":".join(filter(None, words)) for words in asked.itertuples(index=False)]


def score_notes(lines: pd.DataFrame, scores: pd.DataFrame) -> list[str]:
    """Where the drawn scores come from, and which others of the same pairs are not drawn.

    scores: all of the store. Nothing where no score is drawn.
    """
    drawn = lines[lines["series"] == SCORE]
    if drawn.empty:
        return []
    said = [f"Measured scores: {joined(sorted({source_name(s) for s in drawn['source']}))}."]
    line = ["model", "revision", "task"]
    stored = scores[scores["layer"].notna()].merge(drawn[line].drop_duplicates(), on=line)
    kinds = stored[[*line, "source", "settings", "split", "score_name"]].drop_duplicates()
    several = kinds.groupby(line).size()
    several = several[several > 1]
    if len(several):
        where = joined((f"{model} on {task}" for model, _, task in several.index), most=3)
        said.append(
            f"Scored in more than one way, of which the first is drawn: {where}; Selection and "
            "Data show the others."
        )
    return said


def commands(lines: pd.DataFrame, runs: pd.DataFrame) -> str:
    """What computes the drawn lines again: their runs, and the scores that were computed here."""
    metric_runs = runs[runs["run_key"].isin(lines["run_key"])]
    told = [commands_for_runs(metric_runs, requested(lines))]
    scored = lines[(lines["series"] == SCORE) & lines["source"].isin(OWN)]
    if len(scored):
        told.append(commands_for_scores(scored))
    return "\n".join(filter(None, told))


def tasks_in_words(used: Mapping[str, Sequence[str]], what: str = "mean and range") -> list[str]:
    """Which tasks a mean was taken over, series with the same tasks in one sentence.

    used: series -> the tasks that all of its lines have. what: is drawn of them.
    """
    together: dict[tuple[str, ...], list[str]] = {}
    for series, tasks in used.items():
        together.setdefault(tuple(tasks), []).append(series_text(series)[0])
    sentences = []
    for tasks, labels in together.items():
        if not tasks:
            sentences.append(
                f"{joined(labels)}: the lines have no task in common, so there is no mean."
            )
        else:
            sentences.append(
                f"{joined(labels)}: {what} over the {counted(len(tasks), 'task')} that all lines "
                f"have ({joined(tasks, most=3)})."
            )
    return sentences
