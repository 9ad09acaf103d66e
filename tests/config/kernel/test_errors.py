"""The tree of refusals."""

from config.kernel.errors import AppError, Conflict, Kind, NotFound, TooLarge, all_errors


class BellMissing(NotFound):
    """The bell is not there."""

    code = "t.bell_missing"


def test_the_docstring_is_the_message_and_params_are_facts() -> None:
    error = BellMissing(bell="north", rings=3)
    assert error.args == ("The bell is not there.",)
    assert error.params == {"bell": "north", "rings": 3}
    assert str(error) == "t.bell_missing: The bell is not there. (bell=north, rings=3)"
    assert str(BellMissing()) == "t.bell_missing: The bell is not there."


def test_a_kind_is_inherited() -> None:
    assert BellMissing.kind is Kind.NOT_FOUND
    assert [TooLarge.kind, Conflict.kind] == [Kind.TOO_LARGE, Kind.CONFLICT]


def test_every_class_is_found_with_its_own_code() -> None:
    found = all_errors()
    assert BellMissing in found
    assert AppError not in found
    assert all("." in error.code for error in found)
