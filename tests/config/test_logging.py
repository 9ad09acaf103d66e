"""Log lines: one JSON object each, and nothing masked leaks."""

import asyncio
import json
import logging
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from sqlalchemy.exc import DBAPIError

from config.kernel.errors import Conflict
from config.logging import MASKED, JsonLines, request_id, told_of
from tests.contracts.sources import ROOT

SECRET = "张三-18812345678"
DATABASE_ERROR = "sqlalchemy.exc.DBAPIError"


def line_of(message: str = "x", exc_info: Any = None, **extra: object) -> str:
    record = logging.getLogger("t").makeRecord("t", logging.INFO, "f", 1, message, (), exc_info, extra=extra)
    return JsonLines().format(record)


def test_a_line_is_an_object_with_its_facts() -> None:
    line = json.loads(line_of("study.stored", study="1.2.3", bytes=7))
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "info", "logger": "t", "event": "study.stored", "study": "1.2.3", "bytes": 7}


@pytest.mark.parametrize("field", sorted(MASKED - {"name"}))
def test_a_masked_field_does_not_leak(field: str) -> None:
    assert SECRET not in line_of(**{field: SECRET})
    assert json.loads(line_of(**{field: SECRET}))[field] == "***"


NESTED = st.recursive(
    st.just(SECRET),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "Token"]), inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(st.sampled_from(sorted(MASKED)), NESTED)
def test_a_masked_field_does_not_leak_from_any_depth(field: str, inside: object) -> None:
    line = line_of(facts={"rows": [{field: inside}, ({field.upper(): inside},)]})
    assert SECRET not in line


def test_a_line_stays_one_line() -> None:
    assert "\n" not in line_of("a\nb", note="c\nd\r")


def test_a_trace_is_kept() -> None:
    with pytest.raises(LookupError) as caught:
        raise LookupError
    line = json.loads(line_of(exc_info=(caught.type, caught.value, caught.tb)))
    assert line["trace"][0] == "builtins.LookupError"
    assert "test_a_trace_is_kept" in line["trace"][1]


def test_a_trace_names_every_cause_and_quotes_none() -> None:
    with pytest.raises(RuntimeError) as caught:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error
    line = line_of(exc_info=(caught.type, caught.value, caught.tb))
    assert SECRET not in line
    assert {"builtins.RuntimeError", "builtins.ValueError"} <= set(json.loads(line)["trace"])


class SealBroken(Conflict):
    """The seal is broken."""

    code = "t.seal_broken"


@pytest.mark.parametrize(
    "error,told",
    [
        (ValueError(SECRET), {"error": "ValueError", "code": ""}),
        (OSError(5, SECRET), {"error": "OSError", "code": ""}),
        (SystemExit(SECRET), {"error": "SystemExit", "code": ""}),
        (DBAPIError(SECRET, {}, OSError(SECRET), code="e3q8"), {"error": DATABASE_ERROR, "code": "dbapi"}),
        (json.JSONDecodeError(SECRET, SECRET, 0), {"error": "json.decoder.JSONDecodeError", "code": ""}),
        (SealBroken(seal=SECRET), {"error": f"{__name__}.SealBroken", "code": "t.seal_broken"}),
        (asyncio.CancelledError(SECRET), {"error": "asyncio.exceptions.CancelledError", "code": ""}),
    ],
)
def test_an_error_is_told_by_class_and_code(error: BaseException, told: dict[str, object]) -> None:
    assert told_of(error) == told
    assert SECRET not in line_of("t.failed", **told_of(error))


def test_the_request_is_named() -> None:
    token = request_id.set("abc")
    try:
        assert json.loads(line_of())["request_id"] == "abc"
    finally:
        request_id.reset(token)
    assert "request_id" not in json.loads(line_of())


def test_a_process_that_speaks_to_people_logs_to_a_file(tmp_path: Path) -> None:
    """Nothing at the terminal; what others on the machine may not read; one old file beside the new one."""
    file = tmp_path / "logs" / "t.log"
    code = (
        "import logging, os, pathlib, sys; os.umask(0o077)\n"
        "from config import logging as ours; ours.LOG_BYTES_MAX = 2_000\n"
        "ours.configure('t', pathlib.Path(sys.argv[1]))\n"
        "for n in range(40): logging.getLogger('t').info('step', extra={'number': n, 'phone': '110'})\n"
    )
    words = [sys.executable, "-c", code, str(file)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    kept = [
        json.loads(line)
        for path in (file.with_suffix(".log.1"), file)
        for line in path.read_text().splitlines()
    ]
    assert [line["number"] for line in kept] == list(range(40 - len(kept), 40))
    assert {line["phone"] for line in kept} == {"***"}
    assert sorted(path.name for path in file.parent.iterdir()) == ["t.log", "t.log.1"]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (file.parent, file)} == {0}


def test_a_configured_process_writes_json_to_standard_error() -> None:
    code = (
        "import logging; from config.logging import configure; configure('t');"
        "logging.getLogger('alembic').info('no')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["process_name"]) for line in lines] == [("process.starting", "t")]
