"""Sizes, from the good half of the models we measured: short functions, short files, enough tests."""

import ast
import functools
import re
import sys
from pathlib import PurePosixPath

import pytest

from tests.contracts.sources import (
    PACKAGES,
    Source,
    code,
    file_lines,
    leftover_in_cycles,
    p95,
    python,
    python_imports,
)

FUNCTION_LINES_MAX, FUNCTION_LINES_P95 = 60, 30
FILE_LINES_MAX, FILE_LINES_P95 = 600, 400
VIEW_LINES_MAX = 150
# The goal, reached; it only goes up (DECISIONS 15).
TESTS_PER_CODE_LINE = 1.2
KINDS = {".py", ".ts", ".svelte"}
FEATURES = {"consults", "reading", "ecg", "reports", "calls", "patient", "admin"}
LOWER_FIRST = ("api", "kit", "ui")
TS_IMPORT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")


def function_lines(source: Source) -> dict[str, int]:
    """Lines of each function without its docstring."""
    found = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            has_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            text = (first.end_lineno or 0) - first.lineno + 1 if has_text else 0
            found[f"{source.path}:{node.lineno} {node.name}"] = (
                (node.end_lineno or 0) - node.lineno + 1 - text
            )
    return found


def test_functions_are_short() -> None:
    sizes = {name: size for source in python() for name, size in function_lines(source).items()}
    assert {name: size for name, size in sizes.items() if size > FUNCTION_LINES_MAX} == {}
    assert p95(list(sizes.values())) <= FUNCTION_LINES_P95


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_files_are_short(kind: str) -> None:
    sizes = {str(source.path): file_lines(source) for source in code() if source.path.suffix == kind}
    assert {name: size for name, size in sizes.items() if size > FILE_LINES_MAX} == {}
    assert p95(list(sizes.values())) <= FILE_LINES_P95


def view_lines(source: Source) -> int:
    """Lines of a view without its styles."""
    return len(re.sub(r"<style>.*?</style>", "", source.text, flags=re.DOTALL).splitlines())


def test_views_are_thin() -> None:
    views = [source for source in code() if source.path.suffix == ".svelte"]
    assert {str(v.path): view_lines(v) for v in views if view_lines(v) > VIEW_LINES_MAX} == {}
    assert [str(v.path) for v in views if re.search(r"\bfetch\(", v.text)] == []


def test_a_long_function_and_file_would_be_found() -> None:
    long = "def f():\n    '''One\n    two.'''\n" + "    x = 1\n" * 60
    assert function_lines(Source(PurePosixPath("a.py"), long)) == {"a.py:1 f": 61}
    assert file_lines(Source(PurePosixPath("a.ts"), "x\n" * 601)) == 601
    assert view_lines(Source(PurePosixPath("a.svelte"), "<p/>\n<style>\na\nb\n</style>\n")) == 2
    assert p95(list(range(1, 101))) == 95


def counted_lines(source: Source) -> int:
    """Lines that are not empty."""
    return sum(1 for line in source.text.splitlines() if line.strip())


def is_rule_code(source: Source) -> bool:
    """Code that tests are owed: not views (end-to-end runs see them), not dictionaries of texts."""
    is_text = source.path.name in {"texts.ts", "zh.ts", "en.ts"}
    ours = source.package in PACKAGES or source.path.is_relative_to("static/src")
    return ours and source.path.suffix != ".svelte" and not is_text


def test_there_are_enough_tests(capsys: pytest.CaptureFixture[str]) -> None:
    """Tests ≥ 1.2 × code, in lines that are not empty, Python and TypeScript together."""
    lines = sum(counted_lines(source) for source in code() if is_rule_code(source))
    tests = sum(counted_lines(source) for source in code() if source.is_test)
    with capsys.disabled():
        sys.stdout.write(f"code {lines} lines, tests {tests} lines: {tests / lines:.2f}\n")
    assert tests >= TESTS_PER_CODE_LINE * lines, f"{tests} lines of tests for {lines} of code"


def test_no_python_module_imports_itself_by_a_detour() -> None:
    assert leftover_in_cycles(python_imports([s for s in python() if not s.is_test])) == set()


@functools.cache
def client() -> tuple[Source, ...]:
    return tuple(source for source in code() if source.path.is_relative_to("static/src"))


def client_imports(sources: tuple[Source, ...]) -> dict[str, set[str]]:
    """For each file of the client, the files that it imports by a relative path."""
    return {
        str(source.path): {_joined(source.path.parent, target) for target in TS_IMPORT.findall(source.text)}
        for source in sources
    }


def _joined(folder: PurePosixPath, target: str) -> str:
    parts = list(folder.parts)
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def test_no_client_module_imports_itself_by_a_detour() -> None:
    assert leftover_in_cycles(client_imports(client())) == set()


def wrong_way(source: str, target: str) -> bool:
    """True when an import of the client points up (kit → ui) or sideways (feature → feature)."""
    mine, theirs = source.split("/")[2], target.split("/")[2]
    if mine in FEATURES:
        return theirs in FEATURES | {"pages"} and theirs != mine
    if mine in LOWER_FIRST:
        allowed = {"api", "kit"} if mine != "ui" else {"api", "kit", "ui"}
        return theirs not in allowed
    return False


def test_client_imports_go_down() -> None:
    faults = [
        f"{source} -> {target}"
        for source, targets in client_imports(client()).items()
        for target in targets
        if target.startswith("static/src/") and wrong_way(source, target)
    ]
    assert faults == []


def test_planted_imports_would_be_found() -> None:
    assert leftover_in_cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {"a", "b", "c"}
    assert leftover_in_cycles({"a": {"b"}, "b": set(), "c": {"a", "b"}}) == set()
    assert wrong_way("static/src/ecg/x.ts", "static/src/reports/y.ts")
    assert wrong_way("static/src/kit/x.ts", "static/src/ui/y.ts")
    assert not wrong_way("static/src/ecg/x.ts", "static/src/ui/y.ts")
    planted = Source(PurePosixPath("static/src/ecg/x.ts"), 'import { a } from "../reports/y.ts";')
    assert client_imports((planted,)) == {"static/src/ecg/x.ts": {"static/src/reports/y.ts"}}
