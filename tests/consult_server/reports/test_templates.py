import json
from pathlib import Path

import pytest

from consult_server.consults.domain import ServiceLine
from consult_server.reports.templates import (
    SHIPPED,
    TEMPLATE_BYTES_MAX,
    ReportTemplate,
    TemplateInvalid,
    TemplateLibrary,
    TemplateNotFound,
    load,
)

IMAGING, ECG = ServiceLine.IMAGING, ServiceLine.ECG


@pytest.fixture(scope="module")
def library() -> TemplateLibrary:
    return load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in SHIPPED.glob("*.json"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def edit(folder: Path, name: str, **changes: object) -> None:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def test_the_shipped_forms_are_the_five_of_the_first_release(library: TemplateLibrary) -> None:
    assert set(library.templates) == {"ct_chest", "ct_head", "dx_chest", "ecg_12lead", "general"}
    assert {template.status for template in library.templates.values()} == {"draft"}, (
        "a department approves them"
    )


@pytest.mark.parametrize("name", ["ct_chest", "ct_head", "dx_chest", "ecg_12lead", "general"])
def test_each_form_is_complete(library: TemplateLibrary, name: str) -> None:
    template = library.get(name)
    keys = [section.key for section in template.sections]
    assert keys.index("findings") < keys.index("impression") < keys.index("recommendation")
    assert [s.key for s in template.sections if s.required] == ["findings", "impression"]
    for section in template.sections:
        assert section.label.zh
        assert section.label.en.isascii()
        assert section.normal_text or not section.required
        assert section.normal_text == "" or section.normal_text.endswith("。")
        assert all(field.label.en.isascii() for field in section.fields)
    assert template.name.en.isascii()
    assert template.phrases


def test_the_normal_text_says_what_the_normal_fields_say(library: TemplateLibrary) -> None:
    findings = library.get("dx_chest").section("findings")
    for field in findings.fields:
        if field.normal:
            assert field.normal in findings.normal_text


@pytest.mark.parametrize(
    "name, phrases", [("ct_chest", 10), ("ct_head", 9), ("dx_chest", 9), ("ecg_12lead", 8)]
)
def test_phrases_are_those_of_the_departments(library: TemplateLibrary, name: str, phrases: int) -> None:
    found = library.get(name).phrases
    assert len(found) == phrases
    assert len({phrase.id for phrase in found}) == phrases


def test_phrases_name_their_blanks(library: TemplateLibrary) -> None:
    nodule = next(phrase for phrase in library.get("ct_chest").phrases if phrase.initials == "fjjj")
    assert nodule.placeholders == ("side", "lobe", "type", "a", "b", "margin")


@pytest.mark.parametrize(
    "modality, body_part, line, expected",
    [
        ("CT", "CHEST", IMAGING, "ct_chest"),
        ("ct", " chest ", IMAGING, "ct_chest"),
        ("CT", "胸部", IMAGING, "ct_chest"),
        ("CT", "HEAD", IMAGING, "ct_head"),
        ("CT", "", IMAGING, "general"),
        ("CT", "ABDOMEN", IMAGING, "general"),
        ("DX", "CHEST", IMAGING, "dx_chest"),
        ("CR", "CHEST", IMAGING, "dx_chest"),
        ("DX", "KNEE", IMAGING, "general"),
        ("MR", "HEAD", IMAGING, "general"),
        ("", "", IMAGING, "general"),
        ("ECG", "", ECG, "ecg_12lead"),
        ("", "", ECG, "ecg_12lead"),
        ("HD", "", ECG, "general"),
        ("ECG", "CHEST", IMAGING, "general"),
    ],
)
def test_the_form_that_fits_is_chosen(
    library: TemplateLibrary, modality: str, body_part: str, line: ServiceLine, expected: str
) -> None:
    assert library.choose(modality, body_part, line).id == expected


def test_a_retired_form_is_not_chosen(folder: Path) -> None:
    edit(folder, "ct_chest", status="retired")
    assert load(folder).choose("CT", "CHEST", IMAGING).id == "general"


def test_what_is_required_and_blank_is_named(library: TemplateLibrary) -> None:
    template = library.get("ct_chest")
    assert template.empty_required({}) == ["findings", "impression"]
    assert template.empty_required({"findings": " \n", "impression": "正常"}) == ["findings"]
    assert template.empty_required({"findings": "清晰", "impression": "正常"}) == []


def test_what_does_not_exist_is_not_found(library: TemplateLibrary) -> None:
    with pytest.raises(TemplateNotFound):
        library.get("nothing")
    with pytest.raises(TemplateNotFound):
        library.get("general").section("nothing")


@pytest.mark.parametrize(
    "changes, fault",
    [
        pytest.param({"surplus": 1}, "surplus", id="unknown word"),
        pytest.param({"version": 0}, "version", id="version"),
        pytest.param({"service_line": "pathology"}, "service_line", id="service line"),
        pytest.param({"id": "other"}, "id is other", id="another id"),
        pytest.param({"sections": []}, "sections", id="no sections"),
        pytest.param(
            {"phrases": [{"id": "a", "initials": "ab", "text": "见{大小}"}]},
            "blank",
            id="a blank with a bad name",
        ),
        pytest.param(
            {"phrases": [{"id": "a", "initials": "ab", "text": "见{size"}]}, "blank", id="an unclosed blank"
        ),
        pytest.param({"phrases": [{"id": "a", "initials": "AB1", "text": "见"}]}, "initials", id="initials"),
        pytest.param(
            {"phrases": [{"id": "a", "initials": "ab", "text": "见"}] * 2}, "a: this phrase", id="twice"
        ),
    ],
)
def test_a_faulty_file_is_refused_by_name(folder: Path, changes: dict[str, object], fault: str) -> None:
    edit(folder, "general", **changes)
    with pytest.raises(TemplateInvalid) as refused:
        load(folder)
    assert refused.value.params["file"] == "general.json"
    assert fault in str(refused.value.params["fault"])


@pytest.mark.parametrize(
    "field, fault",
    [
        ({"type": "code"}, "without options"),
        ({"type": "table"}, "columns"),
        ({"type": "text", "columns": ["a"]}, "columns"),
        ({"type": "num", "required": "conditional"}, "condition"),
        ({"type": "num", "condition": "有结节时"}, "condition"),
        ({"type": "text", "normal": "{}"}, "blank"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(
    folder: Path, field: dict[str, object], fault: str
) -> None:
    whole = json.loads((folder / "general.json").read_text(encoding="utf-8"))
    whole["sections"][1]["fields"] = [{"key": "k", "label": {"zh": "项", "en": "Item"}} | field]
    edit(folder, "general", sections=whole["sections"])
    with pytest.raises(TemplateInvalid, match=r"reports\.template_invalid") as refused:
        load(folder)
    assert fault in str(refused.value.params["fault"])


@pytest.mark.parametrize("missing", ["findings", "impression", "recommendation"])
def test_a_form_without_a_needed_section_is_refused(folder: Path, missing: str) -> None:
    whole = json.loads((folder / "ct_head.json").read_text(encoding="utf-8"))
    edit(folder, "ct_head", sections=[part for part in whole["sections"] if part["key"] != missing])
    with pytest.raises(TemplateInvalid) as refused:
        load(folder)
    assert missing in str(refused.value.params["fault"])


def test_a_file_that_is_no_json_or_too_large_is_refused(folder: Path) -> None:
    (folder / "ct_head.json").write_bytes(b"{")
    with pytest.raises(TemplateInvalid):
        load(folder)
    (folder / "ct_head.json").write_bytes(b" " * (TEMPLATE_BYTES_MAX + 1))
    with pytest.raises(TemplateInvalid):
        load(folder)


def test_a_folder_without_forms_or_without_the_plain_one_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "general.json").unlink()
    with pytest.raises(TemplateInvalid) as refused:
        load(folder)
    assert refused.value.params["file"] == "general.json"
    (tmp_path / "empty").mkdir()
    with pytest.raises(TemplateInvalid):
        load(tmp_path / "empty")


def test_templates_cannot_be_changed(library: TemplateLibrary) -> None:
    template: ReportTemplate = library.get("general")
    with pytest.raises(ValueError, match="frozen"):
        template.version = 2  # type: ignore[misc]  # that is the point
