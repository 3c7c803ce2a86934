"""Families over depth: quantiles of their lines, gaps, few lines, axes; and when they stand in."""

import numpy as np
import pandas as pd
import pytest

from lrd_core.settings import FAMILIES
from lrd_core.views import crowds
from lrd_core.views.family_bands import DEPTHS, FEWEST, family_bands
from lrd_core.views.family_words import bend, bends_sentence, line_names


def lines(levels: dict[str, list[float]], family: str = "base LM", task: str = "t") -> pd.DataFrame:
    """One line a model with these values, a layer each."""
    return pd.concat(
        pd.DataFrame(
            {"model": model, "family": family, "task": task, "variation": "", "variant": ""}
            | {"series": "prompt_entropy", "position": np.arange(len(values), dtype=float)}
            | {"value": np.array(values, dtype=float), "num_blocks": len(values) - 1}
            | {"low": np.nan, "high": np.nan}
        )
        for model, values in levels.items()
    ).reset_index(drop=True)


def test_quantiles_are_those_of_the_lines_at_each_layer() -> None:
    found = family_bands(lines({f"m{i}": [i, 2 * i, 3 * i] for i in range(5)}), "layer")
    assert list(found["x"]) == [0, 1, 2]
    assert list(found["median"]) == [2, 4, 6]
    assert list(found["low50"]) == [1, 2, 3]
    assert list(found["high50"]) == [3, 6, 9]
    assert found["high90"].tolist() == pytest.approx([3.8, 7.6, 11.4])
    assert set(found["n"]) == {5}


def test_depths_of_models_of_other_sizes_are_laid_together() -> None:
    deep = lines({f"d{i}": list(np.linspace(0, 1, 9)) for i in range(2)})
    flat = lines({f"s{i}": list(np.linspace(0, 1, 5)) for i in range(2)})
    found = family_bands(pd.concat([deep, flat], ignore_index=True), "percent")
    assert list(found["x"]) == list(DEPTHS)
    assert found["median"].to_numpy() == pytest.approx(DEPTHS / 100)
    assert (found["high90"] - found["low90"]).to_numpy() == pytest.approx(0, abs=1e-12)


def test_a_gap_of_a_line_stays_a_gap_and_is_not_counted() -> None:
    held = {f"m{i}": [1.0, 1.0, 1.0] for i in range(4)} | {"gap": [9.0, np.nan, 9.0]}
    by_layer = family_bands(lines(held), "layer").set_index("x")
    assert by_layer["n"].tolist() == [5, 4, 5]
    assert by_layer.loc[1, "high90"] == 1.0
    by_depth = family_bands(lines(held), "percent").set_index("x")
    assert by_depth.loc[50, "n"] == 4
    assert by_depth.loc[30, "n"] == 4
    assert by_depth.loc[100, "n"] == 5


def test_few_lines_have_a_median_and_no_band() -> None:
    found = family_bands(lines({f"m{i}": [i, i] for i in range(FEWEST - 1)}), "layer")
    assert list(found["median"]) == [1, 1]
    assert found[["low50", "high50", "low90", "high90"]].isna().all().all()


def test_families_stand_in_where_one_panel_holds_too_many_lines() -> None:
    table = lines({f"m{i}": [i, i] for i in range(crowds.MANY + 1)})
    assert len(crowds.families(table, "layer", None))
    assert crowds.families(table, "layer", "model").empty
    assert crowds.families(table.iloc[: 2 * crowds.MANY], "layer", None).empty
    few = lines({"a": [1, 2]})
    assert len(crowds.families(few, "layer", "family"))
    assert crowds.families(few.iloc[:0], "layer", None).empty


def test_by_task_each_task_has_families_of_its_own() -> None:
    levels = {f"m{i}": [float(i)] * 2 for i in range(crowds.MANY + 1)}
    table = pd.concat([lines(levels, task="a"), lines(levels, task="b")], ignore_index=True)
    found = crowds.families(table, "layer", "task")
    assert set(found["task"]) == {"a", "b"}
    assert set(found["n"]) == {crowds.MANY + 1}
    assert "middle 50% and 90%" in crowds.note(found, "layer")
    assert crowds.note(found.iloc[:0], "layer") == ""


def test_the_sentence_says_how_many_of_each_family_bend() -> None:
    bent = lines({f"b{i}": [1.0, 0.2, 1.0] for i in range(3)}, "decoder embedder")
    flat = lines({"f": [1.0, 0.99, 1.0]}, "encoder embedder")
    table = pd.concat([flat, bent], ignore_index=True)
    said = bends_sentence(table.assign(name=line_names(table)), "prompt_entropy")
    assert said == (
        "Prompt entropy has a clear valley in 3 of 3 decoder embedders (median 0.80) and "
        "0 of 1 encoder embedder."
    )
    assert crowds.sentence(table, "prompt_entropy") == said


def test_a_bend_is_measured_from_the_nearer_end() -> None:
    assert bend([1.0, 0.2, 0.6]) == pytest.approx(0.4)
    assert bend([0.0, 1.0, 0.6], peak=True) == pytest.approx(0.4)
    assert bend([0.0, 0.5, 1.0]) == 0.0


def test_names_tell_variants_apart() -> None:
    table = lines({"a": [1.0, 2.0]}).assign(variation=["", "repeat 0.5"], variant=["", "published"])
    assert line_names(table) == ["a", "a (repeat 0.5, published)"]


def test_one_model_of_a_family_is_called_by_what_it_is() -> None:
    assert {name: family.singular for name, family in FAMILIES.items()} == {
        "state-space": "state-space model",
        "base LM": "base LM",
        "decoder embedder": "decoder embedder",
        "encoder embedder": "encoder embedder",
    }
