"""Rows of cells from delimited text, where a quotation mark may be a quote or part of a text.

In CSV a cell that begins with a mark is quoted, and RFC 4180 says how it ends. Tab-separated
files come in two dialects: spreadsheets and pandas quote as in CSV, while the files of research
(STS-B, MRPC, qrels) quote nothing and keep every mark of a text. Read in the wrong dialect, a mark
that never closes swallows the lines after it and nothing looks wrong, so the dialect is told from
the file, and what reads both ways is refused.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from lrd_core.errors import TaskError

LONGEST_CELL = 512 * 1024 * 1024


@dataclass(frozen=True)
class Row:
    """The cells of one row and the line where it starts, counted from 1."""

    line: int
    cells: list[str]


def split_rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    """The rows of a file's text, blank lines left out.

    delimiter: a comma or a tab. name: of the file, for messages.
    Raises: TaskError naming the line of a quotation mark that does not close.
    """
    if delimiter == "\t" and not _is_quoted(text):
        return _literal_rows(text, delimiter)
    return _quoted_rows(text, delimiter, name)


def _quoted_rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise TaskError(
                f"{name}, line {start}: a quotation mark opens a cell there and does not close "
                f"it ({error}); a mark that belongs to the text is written twice, in a cell "
                "between marks"
            ) from error
        if cells:
            yield Row(start, cells)
        start = reader.line_num + 1


def _literal_rows(text: str, delimiter: str) -> Iterator[Row]:
    end = "\n" if "\n" in text else "\r"
    for number, line in enumerate(text.split(end), start=1):
        content = line.removesuffix("\r")
        if content:
            yield Row(number, content.split(delimiter))


def _is_quoted(text: str) -> bool:
    """Whether the marks of tab-separated text are quotes.

    They are when the text can be read so, and something says that it was written so: a cell that
    needs its quotes (it holds a tab, a line end or a doubled mark), or a column whose cells all
    have them. A file whose every line has the same number of cells as it stands needs no quotes
    around line ends: there a mark at the end of a later cell has closed another one by chance.
    """
    if '"' not in text:
        return False
    try:
        quoted = [row.cells for row in _quoted_rows(text, "\t", "")]
    except TaskError:
        return False
    literal = [row.cells for row in _literal_rows(text, "\t")]
    width = len(literal[0]) if literal else 0
    if len(quoted) != len(literal):
        return width == 1 or any(len(cells) != width for cells in literal)
    if any(len(cells) != width for cells in literal):
        return True
    return _doubled(literal) or _whole_column(literal)


def _doubled(literal: list[list[str]]) -> bool:
    """Whether a quoted cell holds a mark written twice, as only quoting writes it."""
    return any('""' in cell[1:-1] for cells in literal for cell in cells if _between_marks(cell))


def _whole_column(literal: list[list[str]]) -> bool:
    columns = zip(*literal[1:], strict=False)
    return any(all(map(_between_marks, column)) for column in columns)


def _between_marks(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == cell[-1] == '"'
