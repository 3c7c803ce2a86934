"""The model card of a taken layer: what it is, how to use it, what speaks for it, what it costs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from lrd_core.models.specs import is_hub_id
from lrd_core.numbers import counted, decimals, megabytes, percent, whole
from lrd_core.pruning.latency import Footprint, LatencyResult
from lrd_core.taking.item_snippet import item_snippet
from lrd_core.taking.readout import CutModel
from lrd_core.taking.request import Taken
from lrd_core.tasks.content import noun_of, unit_of

NO_EVIDENCE = (
    "None was given when the layer was taken: no score or metric of this model stood behind it."
)
LIBRARIES = {True: "sentence-transformers", False: "transformers"}
"""What a folder is loaded by: of texts, and of anything else."""


def model_card(
    taken: Taken,
    cut: CutModel,
    name: str,
    record: Mapping[str, Any],
    timing: LatencyResult | None,
    part: str = "",
) -> str:
    """README.md of the folder. name: of the folder. record: what lrd.json holds. part: where a
    model of pictures or sound is in what is loaded.
    """
    loaded, readout = taken.loaded, cut.readout
    noun = noun_of(loaded.modality)
    of_texts = loaded.modality == "text"
    parent = loaded.spec.name
    blocks = f"{readout.blocks} of {loaded.num_blocks} blocks"
    parts = [
        _front(taken),
        f"# {name}",
        f"{_capital(taken.of_layers)} of {parent}, as an embedding model: {blocks} of the parent "
        f"are left, {'token' if of_texts else 'position'} vectors are pooled by {taken.run.pooling}"
        f"{_components(taken)}{' and scaled to length 1' if taken.scaled else ''}.",
        *_why_more_blocks(taken, cut),
        "## Use",
        _snippets(taken, cut, name) if of_texts else item_snippet(taken, cut, name, part),
        "## Evidence",
        "\n".join(f"- {line}" for line in record["evidence"]) or NO_EVIDENCE,
        "## Cost",
        _cost(timing, parent, noun),
        "## Checked",
        f"Loaded in {LIBRARIES[of_texts]}, the folder gives the vectors that were measured: over "
        f"{counted(record['checked'][f'{noun}s'], noun)} no value differs by more than "
        f"{record['checked']['largest_difference']:.1e}.",
        *_batching(taken),
        "## Made from",
        _made_from(record, noun),
    ]
    return "\n\n".join(parts) + "\n"


def _front(taken: Taken) -> str:
    spec = taken.loaded.spec
    of_texts = taken.loaded.modality == "text"
    task = "sentence-similarity" if of_texts else f"{taken.loaded.modality}-feature-extraction"
    lines = [f"library_name: {LIBRARIES[of_texts]}"]
    lines += [f"pipeline_tag: {task}"] if taken.loaded.modality != "audio" else []
    lines += [f"base_model: {json.dumps(spec.id)}"] if is_hub_id(spec.id) else []
    lines += [f"license: {json.dumps(spec.licence)}"] if spec.licence else []
    tags = (LIBRARIES[of_texts], "feature-extraction", "layer")
    lines += ["tags:", *(f"  - {tag}" for tag in tags)]
    return "\n".join(["---", *lines, "---"])


def _components(taken: Taken) -> str:
    found = taken.components
    if found is None:
        return ""
    return (
        f", turned to {len(found.matrix)} principal components (they hold {percent(found.share)} "
        f"of the variance of {whole(found.n)} texts)"
    )


def _why_more_blocks(taken: Taken, cut: CutModel) -> list[str]:
    more = cut.readout.blocks - max(taken.layers)
    if more <= 0:
        return []
    reason = (
        "its blocks cannot be cut out, so the whole model runs"
        if more > 1
        else "the model's own output lies behind its final norm or a first block, so one block "
        "more than needed runs"
    )
    return [f"The layer is read from the hidden states: {reason}."]


def _snippets(taken: Taken, cut: CutModel, name: str) -> str:
    places = cut.readout.places
    batch = "" if taken.loaded.anatomy.batching == "any" else ", batch_size=1"
    states = "model(**inputs).last_hidden_state"
    if places:
        weighed = zip(places, taken.weights.values(), strict=True)
        mean = " + ".join(f"{n} * states[{at}]" if n > 1 else f"states[{at}]" for at, n in weighed)
        states = mean if len(places) == 1 else f"({mean}) / {len(taken.layers)}"
    lines = [
        "```python",
        "from sentence_transformers import SentenceTransformer",
        "",
        f"model = SentenceTransformer({json.dumps(name)})",
        f'vectors = model.encode(["A text.", "Another one."]{batch})',
        "```",
        "",
        "Token vectors in transformers, before pooling:",
        "",
        "```python",
        "from transformers import AutoModel, AutoTokenizer",
        "",
        f"tokenizer = AutoTokenizer.from_pretrained({json.dumps(name)})",
        f"model = AutoModel.from_pretrained({json.dumps(name)})",
        'inputs = tokenizer(["A text."], return_tensors="pt")',
    ]
    if places:
        lines.append("states = model(**inputs, output_hidden_states=True).hidden_states")
    return "\n".join([*lines, f"tokens = {states}", "```"])


def _cost(timing: LatencyResult | None, parent: str, noun: str) -> str:
    if timing is None:
        return "Not measured."
    rows: list[tuple[str, Callable[[Footprint], str]]] = [
        ("Parameters", lambda one: whole(one.parameters)),
        ("Weights", lambda one: megabytes(one.file_bytes)),
        ("Forward pass, ms (median)", lambda one: decimals(one.forward.median)),
        (f"{_capital(noun)}s to vectors, ms (median)", lambda one: decimals(one.end_to_end.median)),
        ("the same, 5% to 95%", _spread),
    ]
    table = "\n".join(
        f"| {words} | {show(timing.full)} | {show(timing.pruned)} |" for words, show in rows
    )
    return (
        f"| | {parent} | this folder |\n|---|---|---|\n{table}\n\n"
        f"Both measured in turn in one run: batches of {counted(timing.batch, noun)} of "
        f"{counted(timing.length, unit_of(noun))}, "
        f"{len(timing.full.forward.milliseconds)} times, on {timing.device}, "
        f"{timing.threads} threads. The forward pass is "
        f"{decimals(timing.speedup)} times as fast."
    )


def _spread(one: Footprint) -> str:
    return f"{decimals(one.end_to_end.percentile(5))} to {decimals(one.end_to_end.percentile(95))}"


def _batching(taken: Taken) -> list[str]:
    if taken.loaded.anatomy.batching == "any":
        return []
    noun = noun_of(taken.loaded.modality)
    return [
        f"Padding reaches the {noun}s of this model: embed them one at a time, or equally long."
    ]


def _length(record: Mapping[str, Any], noun: str) -> str:
    return f"{noun}s of at most {counted(record['max_length'], unit_of(noun))}"


def _made_from(record: Mapping[str, Any], noun: str) -> str:
    parent = record["parent"]
    lines = [
        f"- {parent['name']} at {parent['revision']}",
        f"- licence of the parent: {record['licence'] or 'not known here'}",
        f"- {_length(record, noun)}, {record['dtype']}, final norm "
        f"{record['final_norm']}, tail {record['tail']}",
        f"- {record['made_by']}; everything is in `lrd.json`",
    ]
    lines += [f"- {record['parent_note']}"] if record["parent_note"] else []
    return "\n".join(lines)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
