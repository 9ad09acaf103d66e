"""Characters: by the standard, by guess where mislabelled, and never an exception."""

import json
from pathlib import Path

import pydicom
import pytest
from hypothesis import given, strategies as st

from dicom_node.intake.charset import SINGLE_BYTE, WITHOUT_EXTENSIONS, charset_of

TERMS = [
    *SINGLE_BYTE,
    *WITHOUT_EXTENSIONS,
    "ISO 2022 IR 58",
    "ISO 2022 IR 87",
    "ISO 2022 IR 149",
    "ISO 2022 IR 159",
    "nonsense",
]


@pytest.mark.samples
def test_sample_names_are_what_the_facts_say(samples: Path) -> None:
    facts = json.loads((samples / "FACTS.json").read_text())
    seen = 0
    for path in sorted((samples / "charset").glob("*.dcm")):
        dataset = pydicom.dcmread(path)
        expected = facts[f"charset/{path.name}"]["patient_name"]
        if expected:
            terms = dataset.get("SpecificCharacterSet", "")
            terms = [terms] if isinstance(terms, str) else list(terms)
            decoded = charset_of(terms).decode(dataset.get_item(0x00100010).value)
            assert decoded.rstrip(" =") == expected, path.name
            seen += 1
    assert seen >= 14


@pytest.mark.parametrize(
    "terms, raw, text",
    [
        (["GB18030"], "王小东\\李四".encode("gb18030"), "王小东\\李四"),
        (["GBK"], "鎮骞".encode("gbk"), "鎮骞"),
        (["GB18030"], "𠮷野家㐂".encode("gb18030"), "𠮷野家㐂"),
        (
            ["", "ISO 2022 IR 58"],
            b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
            "Zhang^XiaoDong=张^小东=",
        ),
        (["ISO 2022 IR 58"], b"\x1b$)A\xd5\xc5", "张"),
        (["", "ISO 2022 IR 159"], b"\x1b$(D\x30\x21\x1b(B", b"\x8f\xb0\xa1".decode("euc_jp")),
        (["ISO 2022 IR 100", "ISO 2022 IR 144"], b"Luc\xe9 \x1b-L\xbb\xee\xda", "Lucé Люк"),
        (["ISO_IR 192"], "Ωμ 王\r\n第二行".encode(), "Ωμ 王\r\n第二行"),
        (["iso-ir 192"], "王".encode(), "王"),
        (["ISO_IR 166"], "สมชาย".encode("iso8859_11"), "สมชาย"),
    ],
)
def test_labelled_bytes_are_read_by_their_label(terms: list[str], raw: bytes, text: str) -> None:
    assert charset_of(terms).decode(raw) == text


@pytest.mark.parametrize(
    "terms, raw, text",
    [
        ([], "王^小东".encode("gb18030"), "王^小东"),
        ([], "王^小东".encode(), "王^小东"),
        (["ISO_IR 100"], "王^小东".encode("gb18030"), "王^小东"),
        (["ISO_IR 100"], "王^小东".encode(), "王^小东"),
        (["ISO_IR 192"], "王^小东".encode("gb18030"), "王^小东"),
        (["GB18030"], "王^小东".encode(), "王^小东"),
        (["GBK"], "张伟".encode(), "张伟"),
        (["ISO_IR 6"], b"M\xfcller", "Müller"),
    ],
)
def test_mislabelled_chinese_is_recognised(terms: list[str], raw: bytes, text: str) -> None:
    assert charset_of(terms).decode(raw) == text


@pytest.mark.parametrize("name", ["Jérôme", "Äneas^Rüdiger", "Müller", "François^Noël", "Øster"])
def test_european_names_are_not_taken_for_chinese(name: str) -> None:
    assert charset_of(["ISO_IR 100"]).decode(name.encode("latin_1")) == name


def test_control_characters_never_reach_the_index() -> None:
    assert charset_of(["ISO_IR 192"]).decode(b"a\0b\x07c\x1bd\x7f\te") == "abcd\te"


@given(st.lists(st.sampled_from(TERMS), max_size=3), st.binary(max_size=200))
def test_any_bytes_under_any_label_become_clean_text(terms: list[str], raw: bytes) -> None:
    text = charset_of(terms).decode(raw)
    text.encode("utf_8")
    assert "\0" not in text
    assert len(text) <= 2 * len(raw)


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc"]), max_size=40))
def test_what_was_written_in_gb18030_is_read_back(text: str) -> None:
    raw = text.encode("gb18030")
    assert charset_of(["GB18030"]).decode(raw) in {text, raw.decode("utf_8", "replace")}


KANJI = st.sampled_from("山田太郎東京大学病院医師患者花子")
KANA = st.sampled_from("やまだたろうはなこ")
HANGUL = st.sampled_from("김희중홍길동병원환자")
HANZI = st.sampled_from("张伟王小东李四医院患者")


def in_japanese(text: str) -> bytes:
    """ISO 2022 IR 87 as a Japanese system writes it: into JIS X 0208 and back to ASCII."""
    return text.encode("iso2022_jp")


@given(st.text("ABCxyz", min_size=1, max_size=6), st.text(KANJI, max_size=6), st.text(KANA, max_size=6))
def test_japanese_names_of_three_groups(latin: str, kanji: str, kana: str) -> None:
    name = f"{latin}^A={kanji}^{kanji}={kana}^{kana}"
    raw = b"=".join(b"^".join(in_japanese(c) for c in group.split("^")) for group in name.split("="))
    assert charset_of(["", "ISO 2022 IR 87"]).decode(raw) == name


@given(st.text("ABCxyz", min_size=1, max_size=6), st.text(HANGUL, min_size=1, max_size=6))
def test_korean_names_switch_sets_after_every_delimiter(latin: str, hangul: str) -> None:
    """PS3.5 6.1.2.5.3: the escape stands again in each component, for a delimiter takes it back."""
    part = b"\x1b$)C" + hangul.encode("euc_kr")
    raw = latin.encode() + b"=" + part + b"^" + part
    assert charset_of(["", "ISO 2022 IR 149"]).decode(raw) == f"{latin}={hangul}^{hangul}"


@given(st.text("ABCxyz", min_size=1, max_size=6), st.text(HANZI, min_size=1, max_size=6))
def test_chinese_names_with_code_extensions(latin: str, hanzi: str) -> None:
    """PS3.5 K.2."""
    part = b"\x1b$)A" + hanzi.encode("gb2312")
    raw = latin.encode() + b"=" + part + b"^" + part
    assert charset_of(["", "ISO 2022 IR 58"]).decode(raw) == f"{latin}={hanzi}^{hanzi}"


@given(st.text(HANZI, min_size=1, max_size=8), st.sampled_from(["", "ISO_IR 6", "ISO_IR 100", "GB18030"]))
def test_chinese_in_gb_is_read_whatever_the_label_says(text: str, label: str) -> None:
    assert charset_of([label]).decode(text.encode("gb18030")) == text


@given(st.text(HANZI, min_size=1, max_size=8), st.sampled_from(["", "ISO_IR 6", "ISO_IR 100", "ISO_IR 192"]))
def test_chinese_in_utf8_is_read_whatever_the_label_says(text: str, label: str) -> None:
    assert charset_of([label]).decode(text.encode()) == text


@pytest.mark.parametrize("text", ["Люксембург", "Διονυσιος", "יוחנן", "Jérôme", "Ångström"])
def test_other_scripts_in_utf8_without_a_label_stay_what_they_are(text: str) -> None:
    assert charset_of([]).decode(text.encode()) == text
