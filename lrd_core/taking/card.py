"""The model card of a taken layer: what it is, how to use it, what speaks for it, what it costs."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from lrd_core.models.specs import is_hub_id
from lrd_core.numbers import decimals, megabytes, percent, whole
from lrd_core.pruning.latency import Footprint, LatencyResult
from lrd_core.taking.readout import CutModel
from lrd_core.taking.request import Taken

NO_EVIDENCE = (
    "None was given when the layer was taken: no score or metric of this model stood behind it."
)


def model_card(
    taken: Taken, cut: CutModel, name: str, record: Mapping[str, Any], timing: LatencyResult | None
) -> str:
    """README.md of the folder. name: of the folder. record: what lrd.json holds."""
    loaded, readout = taken.loaded, cut.readout
    parent = loaded.spec.name
    blocks = f"{readout.blocks} of {loaded.num_blocks} blocks"
    parts = [
        _front(taken),
        f"# {name}",
        f"{_capital(taken.of_layers)} of {parent}, as an embedding model: {blocks} of the parent "
        f"are left, token vectors are pooled by {taken.run.pooling}"
        f"{_components(taken)}{' and scaled to length 1' if taken.scaled else ''}.",
        *_why_more_blocks(taken, cut),
        "## Use",
        _snippets(taken, cut, name),
        "## Evidence",
        "\n".join(f"- {line}" for line in record["evidence"]) or NO_EVIDENCE,
        "## Cost",
        _cost(timing, parent),
        "## Checked",
        f"Loaded in sentence-transformers, the folder gives the vectors that were measured: over "
        f"{whole(record['checked']['texts'])} texts no value differs by more than "
        f"{record['checked']['largest_difference']:.1e}.",
        *_batching(taken),
        "## Made from",
        _made_from(record),
    ]
    return "\n\n".join(parts) + "\n"


def _front(taken: Taken) -> str:
    spec = taken.loaded.spec
    lines = ["library_name: sentence-transformers", "pipeline_tag: sentence-similarity"]
    lines += [f"base_model: {json.dumps(spec.id)}"] if is_hub_id(spec.id) else []
    lines += [f"license: {json.dumps(spec.licence)}"] if spec.licence else []
    tags = ("sentence-transformers", "feature-extraction", "layer")
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
        mean = " + ".join(f"states[{place}]" for place in places)
        states = mean if len(places) == 1 else f"({mean}) / {len(places)}"
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


def _cost(timing: LatencyResult | None, parent: str) -> str:
    if timing is None:
        return "Not measured."
    rows: list[tuple[str, Callable[[Footprint], str]]] = [
        ("Parameters", lambda one: whole(one.parameters)),
        ("Weights", lambda one: megabytes(one.file_bytes)),
        ("Forward pass, ms (median)", lambda one: decimals(one.forward.median)),
        ("Texts to vectors, ms (median)", lambda one: decimals(one.end_to_end.median)),
        ("the same, 5% to 95%", _spread),
    ]
    table = "\n".join(
        f"| {words} | {show(timing.full)} | {show(timing.pruned)} |" for words, show in rows
    )
    return (
        f"| | {parent} | this folder |\n|---|---|---|\n{table}\n\n"
        f"Both measured in turn in one run: batches of {timing.batch} texts of "
        f"{timing.length} tokens, {len(timing.full.forward.milliseconds)} times, on "
        f"{timing.device}, {timing.threads} threads. The forward pass is "
        f"{decimals(timing.speedup)} times as fast."
    )


def _spread(one: Footprint) -> str:
    return f"{decimals(one.end_to_end.percentile(5))} to {decimals(one.end_to_end.percentile(95))}"


def _batching(taken: Taken) -> list[str]:
    if taken.loaded.anatomy.batching == "any":
        return []
    return ["Padding reaches the texts of this model: embed them one at a time, or equally long."]


def _made_from(record: Mapping[str, Any]) -> str:
    parent = record["parent"]
    lines = [
        f"- {parent['name']} at {parent['revision']}",
        f"- licence of the parent: {record['licence'] or 'not known here'}",
        f"- texts of at most {record['max_length']} tokens, {record['dtype']}, final norm "
        f"{record['final_norm']}, tail {record['tail']}",
        f"- {record['made_by']}; everything is in `lrd.json`",
    ]
    lines += [f"- {record['parent_note']}"] if record["parent_note"] else []
    return "\n".join(lines)


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
