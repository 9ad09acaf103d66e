"""What is said at the terminal: one line, naming the fault, without a statement's values."""

import tomllib

import pytest
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy.exc import IntegrityError, OperationalError

from config.kernel.errors import Conflict, Unavailable
from consult_server.refusals import KINDS, words_of

VALUES = {"name": "仇大山"}


class WellDry(Unavailable):
    """The well is dry."""

    code = "t.well_dry"


class Bucket(BaseModel):
    """A bucket."""

    litres: int = Field(ge=1)
    rope: dict[str, int]


def a_broken_bucket() -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        Bucket.model_validate({"litres": 0, "rope": {"metres": "long"}})
    return caught.value


def broken_toml() -> tomllib.TOMLDecodeError:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads("[http\n")
    return caught.value


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


DRIVER = OperationalError("SELECT :name", VALUES, OSError("disk I/O error\nmore about it"))


@pytest.mark.parametrize(
    "error,line",
    [
        (WellDry(), "t.well_dry: The well is dry."),
        (WellDry(depth=7), "t.well_dry: The well is dry. (depth=7)"),
        (caused(WellDry(), DRIVER), "t.well_dry: The well is dry. (disk I/O error)"),
        (caused(WellDry(reason="known"), DRIVER), "t.well_dry: The well is dry. (reason=known)"),
        (caused(WellDry(), ValueError("仇大山")), "t.well_dry: The well is dry."),
    ],
)
def test_a_refusal_of_ours(error: Exception, line: str) -> None:
    assert words_of(error) == line


def test_every_wrong_setting_is_named() -> None:
    said = words_of(a_broken_bucket())
    assert said.startswith("settings: litres: ")
    assert "; rope.metres: " in said
    assert "\n" not in said


def test_a_broken_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_CONFIG", "/etc/lianzhen.toml")
    said = words_of(broken_toml())
    assert said.startswith("settings: /etc/lianzhen.toml is not TOML: ")


@pytest.mark.parametrize("kind", [OperationalError, IntegrityError])
def test_a_database_is_quoted_without_the_values_of_the_statement(kind: type[OperationalError]) -> None:
    said = words_of(kind("INSERT INTO t VALUES (:name)", VALUES, OSError("no such table: t\nHINT")))
    assert said.startswith("general.database_unavailable: ")
    assert "no such table: t" in said
    assert [word for word in ("仇大山", "INSERT", "HINT", "\n") if word in said] == []


@pytest.mark.parametrize("bug", [ValueError("x"), KeyError("x"), ZeroDivisionError(), RuntimeError("x")])
def test_a_bug_is_no_refusal(bug: Exception) -> None:
    """It ends in a traceback, which its finder needs."""
    assert not isinstance(bug, KINDS)


@pytest.mark.parametrize("error", [WellDry(), a_broken_bucket(), broken_toml(), DRIVER])
def test_what_an_operator_can_mend_is_one(error: Exception) -> None:
    assert isinstance(error, KINDS)
    assert "\n" not in words_of(error)


def test_a_kind_of_refusal_itself_has_words() -> None:
    assert words_of(Conflict()) == "general.conflict: The state has changed; look again before repeating."
