"""The forms in which reports are written: read from JSON, checked whole, chosen by what is read.

The shipped ones are drafts for a department to approve; a folder of the hospital's own files with
the same form replaces them. Labels and normal text are the department's words, Chinese first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

import config
from config.kernel.errors import Invalid, NotFound
from consult_server.consults.domain import ServiceLine

SHIPPED = Path(config.__file__).with_name("report_templates")
FALLBACK = "general"
TEMPLATE_BYTES_MAX = 1_000_000
TEMPLATES_MAX = 500

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
_ONLY_MODALITY: Mapping[ServiceLine, str] = {ServiceLine.ECG: "ECG"}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PLACEHOLDER_NAME = re.compile(r"^[a-z][a-z0-9_]*$")


class TemplateInvalid(Invalid):
    """A report template file breaks the form of templates."""

    code = "reports.template_invalid"


class TemplateNotFound(NotFound):
    """There is no report template of that name."""

    code = "reports.template_not_found"


class FormFault(ValueError):
    """What is wrong with a template, in words for who edits it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Label(_Part):
    """A heading in both languages."""

    zh: Line
    en: Line


class Code(_Part):
    """A document code, as LOINC's."""

    system: Line
    value: Line


class TemplateField(_Part):
    """One structured entry of a section. `normal` is what it says when nothing is wrong; braces in it
    are filled in. `condition` says, for people, when a conditional field must be filled.
    """

    key: Key
    label: Label
    type: Literal["text", "num", "int", "code", "multi", "bool", "date", "table", "calc", "img", "ref"]
    unit: Line | None = None
    options: tuple[Line, ...] = ()
    columns: tuple[Line, ...] = ()
    required: Literal["always", "conditional", "never"] = "never"
    condition: Line | None = None
    normal: Line | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.type == "code") and not self.options:
            raise FormFault(self.key, "a choice without options")
        if (self.type == "table") != bool(self.columns):
            raise FormFault(self.key, "a table has columns and nothing else has")
        if (self.required == "conditional") != (self.condition is not None):
            raise FormFault(self.key, "a condition belongs to a conditional field")
        _check_placeholders(self.normal or "")
        return self


class TemplateSection(_Part):
    """A part of the report's text. `normal_text` is what the button 置正常 writes; '' leaves it empty."""

    key: Key
    label: Label
    required: bool
    normal_text: str = Field(max_length=4000)
    fields: tuple[TemplateField, ...] = ()

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        _refuse_repeats("field", [field.key for field in self.fields])
        if _PLACEHOLDER.search(self.normal_text):
            raise FormFault(self.key, "normal text with a blank to fill in")
        return self


class Phrase(_Part):
    """A sentence typed by the initials of its pinyin; each `{name}` in it is a blank to fill in."""

    id: Line
    initials: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,14}$")]
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the blanks, in order, each once."""
        return tuple(dict.fromkeys(_PLACEHOLDER.findall(self.text)))

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        _check_placeholders(self.text)
        return self


class ReportTemplate(_Part):
    """One form. Empty `modalities` or `body_parts` mean any."""

    id: Key
    version: int = Field(ge=1)
    scope: Literal["national", "site"]
    status: Literal["draft", "approved", "retired"]
    name: Label
    service_line: ServiceLine
    modalities: tuple[Line, ...]
    body_parts: tuple[Line, ...]
    code: Code
    sections: tuple[TemplateSection, ...] = Field(min_length=1, max_length=20)
    phrases: tuple[Phrase, ...] = Field(max_length=500)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        keys = [section.key for section in self.sections]
        _refuse_repeats("section", keys)
        _refuse_repeats("phrase", [phrase.id for phrase in self.phrases])
        for needed in ("findings", "impression", "recommendation"):
            if needed not in keys:
                raise FormFault(needed, "this section is missing")
        return self

    def section(self, key: str) -> TemplateSection:
        """The section of that key. Raises TemplateNotFound."""
        for section in self.sections:
            if section.key == key:
                return section
        raise TemplateNotFound(template=self.id, section=key)

    def empty_required(self, texts: Mapping[str, str]) -> list[str]:
        """Keys of required sections that `texts` leaves blank, in reading order."""
        return [part.key for part in self.sections if part.required and not texts.get(part.key, "").strip()]


@dataclass(frozen=True)
class TemplateLibrary:
    """Every template in use, by id."""

    templates: Mapping[str, ReportTemplate]

    def get(self, template_id: str) -> ReportTemplate:
        """The template of that id. Raises TemplateNotFound."""
        try:
            return self.templates[template_id]
        except KeyError:
            raise TemplateNotFound(template=template_id[:80]) from None

    def choose(self, modality: str, body_part: str, service_line: ServiceLine) -> ReportTemplate:
        """The form that fits what is read best, else the plain one.

        `modality` is (0008,0060), `body_part` (0018,0015) or free words as "胸部"; either may be ''. A
        form made for some body parts is taken only when the study names one of them.
        """
        kind = modality.strip().upper() or _ONLY_MODALITY.get(service_line, "")
        fitting = [
            template
            for _, template in sorted(self.templates.items())
            if template.service_line == service_line
            and template.status != "retired"
            and template.id != FALLBACK
            and (not template.modalities or kind in template.modalities)
            and _fits_body_part(template, body_part)
        ]
        return fitting[0] if fitting else self.get(FALLBACK)


def _fits_body_part(template: ReportTemplate, body_part: str) -> bool:
    words = body_part.strip().upper()
    return not template.body_parts or any(part in words for part in template.body_parts)


def load(folder: Path = SHIPPED) -> TemplateLibrary:
    """Every `*.json` of the folder, checked. Raises TemplateInvalid naming the file and the fault."""
    files = sorted(folder.glob("*.json"))
    if not 0 < len(files) <= TEMPLATES_MAX:
        raise TemplateInvalid(file=folder.name, fault=f"{len(files)} templates, 1 to {TEMPLATES_MAX} allowed")
    templates = {file.stem: _read(file) for file in files}
    if FALLBACK not in templates:
        raise TemplateInvalid(file=f"{FALLBACK}.json", fault="missing")
    return TemplateLibrary(templates)


def _read(file: Path) -> ReportTemplate:
    if file.stat().st_size > TEMPLATE_BYTES_MAX:
        raise TemplateInvalid(file=file.name, fault=f"over {TEMPLATE_BYTES_MAX} bytes")
    try:
        template = ReportTemplate.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise TemplateInvalid(file=file.name, fault=f"{where}: {first['msg']}") from error
    if template.id != file.stem:
        raise TemplateInvalid(file=file.name, fault=f"id is {template.id}")
    return template


def _check_placeholders(text: str) -> None:
    names = _PLACEHOLDER.findall(text)
    if not all(_PLACEHOLDER_NAME.match(name) for name in names) or re.search(
        r"[{}]", _PLACEHOLDER.sub("", text)
    ):
        raise ValueError("a blank must be {name} in lower-case letters")


def _refuse_repeats(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FormFault(repeated[0], f"this {what} is there twice")
