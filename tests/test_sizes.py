"""What a reader must hold in the head at once: no long function, none with many parameters."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    *sorted((ROOT / "lrd_core").rglob("*.py")),
    *sorted((ROOT / "pages").rglob("*.py")),
    ROOT / "app.py",
]

LONGEST, MOST_PARAMETERS, LONGEST_PAGE = 40, 8, 100

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Lines from the first statement to the last, the docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> int:
    """All of them but self and cls; *args and **options count as one each."""
    asked = function.args
    named = [*asked.posonlyargs, *asked.args, *asked.kwonlyargs]
    named += [one for one in (asked.vararg, asked.kwarg) if one is not None]
    return len(named) - (bool(named) and named[0].arg in ("self", "cls"))


def test_functions_are_short_and_ask_for_little() -> None:
    large = [
        (f"{path.relative_to(ROOT)}: {function.name}", body_lines(function), parameters(function))
        for path in FILES
        for function in functions(path)
        if body_lines(function) > LONGEST or parameters(function) > MOST_PARAMETERS
    ]
    assert large == []


def script_lines(path: Path) -> int:
    """Lines of a page's script that run as they stand: neither imports, constants nor functions."""
    passive = ast.Import | ast.ImportFrom | ast.Assign | ast.FunctionDef | ast.ClassDef
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return sum(
        (node.end_lineno or 0) - node.lineno + 1
        for node in body
        if not isinstance(node, passive) or _reads(node)
    )


def _reads(node: ast.stmt) -> bool:
    """Whether an assignment of a script calls something; a constant does not."""
    return isinstance(node, ast.Assign) and any(isinstance(n, ast.Call) for n in ast.walk(node))


@pytest.mark.parametrize("page", sorted((ROOT / "pages").glob("*.py")), ids=lambda page: page.stem)
def test_a_page_holds_widgets_and_is_read_at_once(page: Path) -> None:
    assert script_lines(page) <= LONGEST
    assert len(page.read_text(encoding="utf-8").splitlines()) <= LONGEST_PAGE


def test_lines_and_parameters_are_counted_as_a_reader_would() -> None:
    (method,) = (
        ast.parse(
            "class A:\n"
            "    @property\n"
            "    def f(self, a, /, b=1, *c, d, **e):\n"
            '        """Says\n'
            '        what it does."""\n'
            "        x = (a,\n"
            "             b)\n"
            "        # a reason\n"
            "        return x\n"
        )
        .body[0]
        .body
    )  # type: ignore[attr-defined]
    assert body_lines(method) == 4
    assert parameters(method) == 5
    (bare,) = ast.parse('def g():\n    """Nothing else."""\n').body
    assert (body_lines(bare), parameters(bare)) == (0, 0)
