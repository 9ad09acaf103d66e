"""The printed page's words: both languages say the same things, and fill in the same places."""

from collections.abc import Mapping
from dataclasses import fields
from string import Formatter

import pytest

from consult_server.consults.domain import CaseKind
from consult_server.reports.document import DocumentStatus
from consult_server.reports.page_texts import PAGE_TEXTS, PageTexts

ZH, EN = PAGE_TEXTS["zh-CN"], PAGE_TEXTS["en"]
NAMES = [field.name for field in fields(PageTexts)]


def words(texts: PageTexts, name: str) -> dict[str, str]:
    """A field's texts by key; a plain text has the key ''."""
    value = getattr(texts, name)
    return {str(key): text for key, text in value.items()} if isinstance(value, Mapping) else {"": value}


def places(text: str) -> list[str]:
    return sorted(name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_texts_with_the_same_places(name: str) -> None:
    zh, en = words(ZH, name), words(EN, name)
    assert zh.keys() == en.keys()
    for key, text in zh.items():
        assert places(text) == places(en[key])
        assert text.strip()
        assert en[key].strip()


@pytest.mark.parametrize("name", NAMES)
def test_each_language_is_itself(name: str) -> None:
    han = {key: any("\u4e00" <= c <= "\u9fff" for c in text) for key, text in words(EN, name).items()}
    assert not any(han.values()), "no Chinese on the English page"
    for text in words(ZH, name).values():
        assert any("\u4e00" <= c <= "\u9fff" for c in text)


@pytest.mark.parametrize("texts", [ZH, EN])
def test_every_kind_and_status_has_its_words(texts: PageTexts) -> None:
    assert set(texts.parties) == set(texts.disclaimers) == set(CaseKind)
    assert set(texts.statuses) == set(DocumentStatus)
    assert set(texts.sexes) == {"M", "F", "O"}
    assert len(set(texts.statuses.values())) == len(DocumentStatus)


@pytest.mark.parametrize("texts", [ZH, EN])
def test_what_is_not_final_is_marked_across_the_page(texts: PageTexts) -> None:
    """A signed page carries no mark; a page that is not vouched for always does."""
    assert set(texts.watermarks) == {DocumentStatus.DRAFT, DocumentStatus.PRELIMINARY}


def test_only_a_diagnosis_makes_both_sides_liable() -> None:
    """2018 rules: in a consult the inviting side alone decides and answers."""
    assert "邀请方决定并负责" in ZH.disclaimers[CaseKind.CONSULT]
    assert "双方" in ZH.disclaimers[CaseKind.DIAGNOSIS]
    assert "会诊" in ZH.parties[CaseKind.CONSULT]
    assert "诊断" not in ZH.parties[CaseKind.CONSULT]
