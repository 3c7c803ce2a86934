"""CSV for spreadsheets: nothing that they would run, every number as it was."""

import io

import numpy as np
import pandas as pd
import pytest

from lrd_core.views.table_files import csv_text


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|'/c'!A0"])
def test_formulas_become_texts(cell: str) -> None:
    table = pd.DataFrame({"model": [cell, "plain"], "value": [-1.5, np.nan]})
    back = pd.read_csv(io.StringIO(csv_text(table), newline=""))
    assert back["model"].tolist() == [f"'{cell}", "plain"]
    assert back["value"].iloc[0] == -1.5 and np.isnan(back["value"].iloc[1])


def test_names_of_columns_and_columns_of_one_name() -> None:
    table = pd.DataFrame([["=a", "-b"]], columns=["=x", "=x"])
    assert csv_text(table) == "'=x,'=x\n'=a,'-b\n"


def test_an_empty_table_keeps_its_columns() -> None:
    assert csv_text(pd.DataFrame(columns=["a", "b"])) == "a,b\n"
    assert csv_text(pd.DataFrame({"a": pd.Series(["=1"], dtype="category")})) == "a\n'=1\n"
