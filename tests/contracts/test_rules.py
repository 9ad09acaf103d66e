"""Our own rules hold, and each is broken by what it forbids and only by that."""

from pathlib import PurePosixPath

import pytest

from tests.contracts import rules
from tests.contracts.rules import Rule
from tests.contracts.sources import ROOT, Source, python

SERVICE = "consult_server/consults/service.py"
TEST = "tests/viewer/test_x.py"


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule: Rule) -> None:
    broken = [f"{source.path}:{line}" for source in python() for line in rule(source)]
    assert not broken, f"{rule.__doc__}\n" + "\n".join(broken)


def test_every_exception_still_exists() -> None:
    named = {*rules.SELECTS_ALLOWED, *rules.EDGES, *rules.CLOCKS}
    assert [name for name in named if not (ROOT / name).exists()] == []


PLANTED = [
    (rules.select_lives_in_access_and_queries, SERVICE, "from sqlalchemy import select\nselect(Consult)", 1),
    (rules.select_lives_in_access_and_queries, SERVICE, "session.query(Consult)", 1),
    (rules.select_lives_in_access_and_queries, SERVICE, "from select import select\nselect([], [], [])", 0),
    (
        rules.select_lives_in_access_and_queries,
        "consult_server/consults/queries.py",
        "from sqlalchemy import select\nselect(Consult)",
        0,
    ),
    (rules.nobody_commits, SERVICE, "async def f(tx):\n    await tx.commit()", 1),
    (rules.nobody_commits, SERVICE, "commit = 1", 0),
    (rules.nobody_commits, "config/kernel/database.py", "session.commit()", 0),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "mock.patch('x.y')", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "unittest.mock.patch.object(a, 'b')", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "from unittest.mock import patch\npatch('x')", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "monkeypatch.setattr(a, 'b', 1)", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "time.sleep(1)", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "from asyncio import sleep\nawait_ = sleep(1)", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "@pytest.mark.skip\ndef test(): ...", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "pytest.skip('no')", 1),
    (rules.tests_neither_patch_nor_sleep_nor_skip, TEST, "monkeypatch.setenv('A', 'b')\nfile.skip()", 0),
    (rules.tests_neither_patch_nor_sleep_nor_skip, SERVICE, "asyncio.sleep(1)", 0),
    (rules.broad_excepts_stay_at_the_edges, SERVICE, "try: ...\nexcept Exception: ...", 1),
    (rules.broad_excepts_stay_at_the_edges, SERVICE, "try: ...\nexcept: ...", 1),
    (rules.broad_excepts_stay_at_the_edges, SERVICE, "try: ...\nexcept (OSError, BaseException): ...", 1),
    (rules.broad_excepts_stay_at_the_edges, SERVICE, "try: ...\nexcept (OSError, ValueError): ...", 0),
    (rules.broad_excepts_stay_at_the_edges, "dicom_node/handlers.py", "try: ...\nexcept Exception: ...", 0),
    (rules.input_is_not_checked_by_assert, SERVICE, "assert data", 1),
    (rules.input_is_not_checked_by_assert, TEST, "assert data", 0),
    (rules.names_say_something, "viewer/utils.py", "", 1),
    (rules.names_say_something, "viewer/common/x.py", "", 1),
    (rules.names_say_something, "viewer/geometry.py", "", 0),
    (rules.now_comes_from_the_clock, SERVICE, "datetime.now(UTC)", 1),
    (rules.now_comes_from_the_clock, SERVICE, "datetime.datetime.utcnow()", 1),
    (rules.now_comes_from_the_clock, SERVICE, "clock.now()\ntime.monotonic()", 0),
    (rules.now_comes_from_the_clock, "config/kernel/clock.py", "datetime.now(UTC)", 0),
    (rules.imports_stand_at_the_top, SERVICE, "def f():\n    import os", 1),
    (rules.imports_stand_at_the_top, SERVICE, "import os\ndef f(): ...", 0),
    (rules.environment_is_not_read_at_import, SERVICE, "A = os.environ['A']", 1),
    (rules.environment_is_not_read_at_import, SERVICE, "A = os.getenv('A')", 1),
    (rules.environment_is_not_read_at_import, SERVICE, "def f():\n    return os.environ['A']", 0),
    (rules.tasks_are_held, SERVICE, "asyncio.create_task(f())", 1),
    (rules.tasks_are_held, SERVICE, "task = asyncio.create_task(f())\ngroup.create_task(f())", 0),
]


@pytest.mark.parametrize("rule,path,text,lines", PLANTED)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str, lines: int) -> None:
    assert len(set(rule(Source(PurePosixPath(path), text)))) == lines


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _, lines in PLANTED if lines} == set(rules.RULES)
