"""Our own rules on Python syntax trees: each yields the line numbers that break it.

`test_rules.py` runs them over the repository and over planted violations.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import TypeAlias

from tests.contracts.sources import Source

Rule: TypeAlias = Callable[[Source], Iterator[int]]

# `select()` besides access.py, queries.py and the kernel: the node has no callers to guard against.
SELECTS_ALLOWED = {
    "dicom_node/archive/matching.py": "builds the conditions of archive/queries.py",
    "dicom_node/archive/name_index.py": "one question of sync and async readers alike",
    "dicom_node/archive/study_lists.py": "the forms of archive/queries.py",
    "dicom_node/keeping/unsound.py": "one question of sync and async readers alike",
    "dicom_node/intake/rows.py": "the indexer's one write transaction",
    "dicom_node/intake/settled.py": "the quiet period's own look",
    "dicom_node/peers.py": "known peers, before anybody has a name",
}
# `except Exception`: the four edges.
EDGES = {
    "config/kernel/streams.py": "stream consumer",
    "consult_server/web/middleware.py": "ASGI",
    "dicom_node/handlers.py": "DIMSE handler",
    "signaling/connection.py": "WebSocket loop",
}
CLOCKS = {"config/kernel/clock.py"}
VAGUE_NAMES = {"utils", "util", "common", "helpers", "helper", "misc"}
NOT_IN_TESTS = {
    "mock.patch",
    "monkeypatch.setattr",
    "time.sleep",
    "asyncio.sleep",
    "pytest.skip",
    "pytest.mark.skip",
}
NOW = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def dotted(node: ast.AST) -> str:
    """`a.b.c` for names and attributes, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return ""


def _calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield dotted(node.func), node


def _imported(source: Source, module: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == module
        for alias in node.names
    }


def select_lives_in_access_and_queries(source: Source) -> Iterator[int]:
    """Rows are reached only by the guarded functions of access.py and the reads of queries.py."""
    path = source.path
    allowed = path.name in {"access.py", "queries.py"} or path.is_relative_to("config/kernel")
    if source.is_test or allowed or str(path) in SELECTS_ALLOWED or "migrations" in path.parts:
        return
    selects = _imported(source, "sqlalchemy") & {"select"}
    yield from (call.lineno for name, call in _calls(source) if name in selects or name.endswith(".query"))


def nobody_commits(source: Source) -> Iterator[int]:
    """One request or one event is one transaction: the kernel ends it, nobody else."""
    if not source.is_test and not source.path.is_relative_to("config/kernel"):
        yield from (call.lineno for name, call in _calls(source) if name.endswith(".commit"))


def tests_neither_patch_nor_sleep_nor_skip(source: Source) -> Iterator[int]:
    """Fakes go in at a seam, waiting is for a condition, and a test runs or is left out aloud."""
    if source.is_test:
        for node in ast.walk(source.tree):
            name = dotted(node) if isinstance(node, ast.Attribute) else ""
            if any(name == bad or name.endswith(f".{bad}") for bad in NOT_IN_TESTS):
                yield node.lineno  # type: ignore[attr-defined]  # an Attribute has a line
        forbidden = _imported(source, "time") | _imported(source, "asyncio") | _imported(source, "unittest")
        yield from (call.lineno for name, call in _calls(source) if name in forbidden & {"sleep", "patch"})


def broad_excepts_stay_at_the_edges(source: Source) -> Iterator[int]:
    """`except Exception` is allowed at the four edges, which log once and answer."""
    if source.is_test or str(source.path) in EDGES:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in kinds):
                yield node.lineno


def input_is_not_checked_by_assert(source: Source) -> Iterator[int]:
    """`python -O` removes asserts."""
    if not source.is_test:
        yield from (node.lineno for node in ast.walk(source.tree) if isinstance(node, ast.Assert))


def names_say_something(source: Source) -> Iterator[int]:
    """A file is named for its one concept."""
    if {PurePosixPath(part).stem for part in source.path.parts} & VAGUE_NAMES:
        yield 1


def now_comes_from_the_clock(source: Source) -> Iterator[int]:
    """Business code asks a Clock, so that tests can move it."""
    if not source.is_test and str(source.path) not in CLOCKS:
        for name, call in _calls(source):
            if any(name == now or name.endswith(f".{now}") for now in NOW):
                yield call.lineno


def imports_stand_at_the_top(source: Source) -> Iterator[int]:
    """An import inside a function hides an arrow that points the wrong way."""
    for function in ast.walk(source.tree):
        if isinstance(function, FUNCTIONS):
            yield from (n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom))


def environment_is_not_read_at_import(source: Source) -> Iterator[int]:
    """Only entry points read settings; importing a module depends on nothing."""
    inside = {
        id(node)
        for function in ast.walk(source.tree)
        if isinstance(function, (*FUNCTIONS, ast.Lambda))
        for node in ast.walk(function)
    }
    for node in ast.walk(source.tree):
        reads = isinstance(node, ast.Attribute | ast.Call) and dotted(
            node.func if isinstance(node, ast.Call) else node
        ) in {"os.environ", "os.getenv"}
        if reads and id(node) not in inside:
            yield node.lineno  # type: ignore[attr-defined]  # attributes and calls have lines


def tasks_are_held(source: Source) -> Iterator[int]:
    """A task nobody holds can vanish, and its error with it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = dotted(node.value.func)
            if name in {"asyncio.create_task", "asyncio.ensure_future"} or name.endswith("loop.create_task"):
                yield node.lineno


RULES: tuple[Rule, ...] = (
    select_lives_in_access_and_queries,
    nobody_commits,
    tests_neither_patch_nor_sleep_nor_skip,
    broad_excepts_stay_at_the_edges,
    input_is_not_checked_by_assert,
    names_say_something,
    now_comes_from_the_clock,
    imports_stand_at_the_top,
    environment_is_not_read_at_import,
    tasks_are_held,
)
