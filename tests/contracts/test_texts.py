"""Every error code has a sentence for people, in Chinese and in English."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.contracts.sources import ROOT, Source, python

TEXT_KEY = re.compile(r"""^\s*["']([a-z_0-9]+(?:\.[a-z_0-9]+)+)["']\s*:""", re.MULTILINE)


def error_codes(source: Source) -> Iterator[str]:
    """The `code` of every class in a file."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                target = statement.targets[0] if isinstance(statement, ast.Assign) else None
                if isinstance(target, ast.Name) and target.id == "code":
                    yield ast.literal_eval(statement.value)  # type: ignore[attr-defined]  # an Assign


def text_keys(language: str) -> set[str]:
    return set(TEXT_KEY.findall((ROOT / "static" / "src" / "kit" / f"{language}.ts").read_text()))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_code_has_a_text(language: str) -> None:
    codes = {code for source in python() if not source.is_test for code in error_codes(source)}
    assert len(codes) > 20
    assert sorted(codes - text_keys(language)) == []


def test_both_languages_have_the_same_keys() -> None:
    assert text_keys("zh") == text_keys("en")


def test_codes_and_keys_are_found() -> None:
    planted = 'class Refused(Invalid):\n    """No."""\n\n    code = "dicom.refused"\n'
    assert list(error_codes(Source(PurePosixPath("a.py"), planted))) == ["dicom.refused"]
    assert TEXT_KEY.findall('\t"dicom.refused": "不行",\n\tother: "x",\n') == ["dicom.refused"]
