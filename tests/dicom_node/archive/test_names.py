"""Names as people search for them, keys that name bytes, and matching texts."""

import hashlib

import pytest
from hypothesis import given, strategies as st

from config.kernel.objects import checked_key
from dicom_node.archive.files import is_intact, object_key, quarantine_key, sha256_in
from dicom_node.archive.matching import like_pattern
from dicom_node.archive.names import KEY_CHARACTERS_MAX, fold, name_key


@pytest.mark.parametrize(
    "name, terms",
    [
        ("Wang^Xiaodong=王^小东", ["wangxiaodong", "王小东", "wxd", "xiaodong"]),
        ("单^雄信", ["shanxiongxin", "danxiongxin", "sxx"]),
        ("曾^国藩", ["zengguofan", "cengguofan"]),
        ("仇^英", ["qiuying", "chouying"]),
        ("吕^布", ["lvbu"]),
        ("Müller^Jörg", ["mullerjorg"]),
        ("Ｗａｎｇ", ["wang"]),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", ["yamadatarou", "山田太郎", "やまだたろう"]),
    ],
)
def test_every_reading_is_found(name: str, terms: list[str]) -> None:
    key = name_key(name)
    assert [term for term in terms if term not in key] == []


def test_an_empty_name_has_an_empty_key() -> None:
    assert name_key("") == ""


@given(st.text(max_size=330))
def test_a_key_fits_its_column(name: str) -> None:
    assert len(name_key(name)) <= KEY_CHARACTERS_MAX


def test_many_readings_do_not_explode() -> None:
    assert 0 < len(name_key("行行行行行行行行行行行行行行行行")) <= KEY_CHARACTERS_MAX


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(once) == once


@pytest.mark.parametrize("text, pattern", [("a*b?c", "a%b_c"), ("100%_x", "100\\%\\_x"), ("a\\*", "a\\\\%")])
def test_wild_cards_are_ours_and_nobody_elses(text: str, pattern: str) -> None:
    assert like_pattern(text) == pattern


def test_a_key_names_its_bytes() -> None:
    content = b"some file"
    key = object_key(hashlib.sha256(content).hexdigest())
    assert checked_key(key) == key
    assert is_intact(key, content)
    assert not is_intact(key, content + b"!")
    assert sha256_in(quarantine_key("ab" * 32)) == "ab" * 32
    assert (sha256_in("dicom/ab/readme.txt"), sha256_in("x")) == ("", "")
