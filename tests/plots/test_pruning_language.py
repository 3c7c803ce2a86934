"""Perplexity and agreement of pruned language models: prepared numbers, then the figure."""

import numpy as np
import pandas as pd

from lrd_core.plots.pruning_language import plot_language
from lrd_core.plots.theme import Look
from lrd_core.views.pruning_findings import language_sentence
from lrd_core.views.pruning_language import language_table

LABELS = {"gfmi": "GFMI <b>", "bi": "Block Influence"}


def compared() -> pd.DataFrame:
    rows = [
        {
            "task": task,
            "rule": rule,
            "budget": budget,
            "m": m,
            "num_blocks": 30,
            "perplexity_full": 75.0,
            "perplexity": 75.0 * factor * m,
            "agreement": 1 / (factor * m),
            "divergence": 0.1 * m,
            "settings": '{"language_texts": 12, "max_length": 32}',
        }
        for task in ("sts", "pairs")
        for rule, factor in (("gfmi", 4.0), ("bi", 2.0))
        for budget, m in ((0.2, 6), (0.1, 3), (0.15, 3))
    ]
    rows.append(rows[0] | {"rule": "nrs", "perplexity": np.nan})
    return pd.DataFrame(rows)


def test_equal_plans_are_one_row_and_unknown_perplexity_is_left_out():
    table = language_table(compared())
    assert len(table) == 2 * 2 * 2
    assert set(table["rule"]) == {"gfmi", "bi"}
    assert list(table["m"][:2]) == [3, 6]


def test_a_line_a_rule_in_both_rows_and_the_full_model_as_reference():
    figure = plot_language(language_table(compared()), Look(), labels=LABELS)
    lines = [trace for trace in figure.data if trace.mode == "lines+markers"]
    assert len(lines) == 2 * 2 * 2
    assert [trace.name for trace in lines if trace.showlegend] == [
        "GFMI &lt;b&gt;",
        "Block Influence",
    ]
    assert list(lines[0].y) == [75.0 * 4 * 3, 75.0 * 4 * 6]
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis.title.text == "Perplexity (log)"
    assert figure.layout.xaxis3.title.text == "Blocks removed of 30"
    reference = [trace for trace in figure.data if trace.mode == "lines+text"]
    assert [list(trace.y) for trace in reference] == [[75.0, 75.0]] * 2
    assert reference[0].text[1] == "full model 75.0"


def test_the_sentence_names_the_rules_with_least_and_most_perplexity():
    said = language_sentence(compared(), LABELS)
    assert said.startswith("On 12 texts of 32 tokens at most of sts, without 3 of 30 blocks, ")
    assert "perplexity goes from 75 to 450 by the rule 'Block" in said
    assert "to 900 by 'GFMI <b>'" in said
    assert language_sentence(compared().iloc[-1:]) == ""
