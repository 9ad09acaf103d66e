"""The kernel's admission: small, used by two packages, free of medicine."""

import re

from tests.contracts.sources import PACKAGES, Source, file_lines, module_name, python, python_imports

FILE_LINES_MAX, ALL_LINES_MAX = 150, 1_200
MEDICAL = re.compile(
    r"patient(?!_name|_id)|dicom|stud(y|ies)|ecg|hospital|doctor|diagnos|radiolog|clinic|consult|report|medic",
    re.IGNORECASE,
)
# Used by one package's code today, but by several processes: what they say to each other.
SPOKEN_BY_PROCESSES = {f"config.kernel.{name}" for name in ("principal", "relay", "stopping", "streams")}
ALLOWED_WORDS = ("no medical noun", "patient data", "a patient's")


def kernel() -> list[Source]:
    return [source for source in python() if source.path.is_relative_to("config/kernel")]


def medical_words(text: str) -> list[str]:
    for allowed in ALLOWED_WORDS:
        text = re.sub(allowed, "", text, flags=re.IGNORECASE)
    return [found[0] for found in MEDICAL.finditer(text)]


def test_files_are_small() -> None:
    assert {str(s.path): file_lines(s) for s in kernel() if file_lines(s) > FILE_LINES_MAX} == {}


def test_the_whole_is_small() -> None:
    assert sum(file_lines(source) for source in kernel()) <= ALL_LINES_MAX


def test_no_medical_noun() -> None:
    assert {str(s.path): words for s in kernel() if (words := medical_words(s.text))} == {}
    assert medical_words("def find_study(patient): ...") == ["study", "patient"]
    assert medical_words("Parameters never hold patient data") == []


def test_each_file_serves_two_packages() -> None:
    """Directly, or through another kernel file; `config` itself counts as one."""
    imports = python_imports([source for source in python() if not source.is_test])

    def users(module: str, seen: frozenset[str] = frozenset()) -> set[str]:
        found = set[str]()
        for name, used in imports.items():
            if module in used and name not in seen:
                inside = name.startswith("config.kernel")
                found |= users(name, seen | {module}) if inside else {name.partition(".")[0]}
        return found

    names = [module_name(source.path) for source in kernel() if source.path.name != "__init__.py"]
    alone = {name: who for name in names if len(who := users(name) & set(PACKAGES)) < 2}
    assert alone.keys() <= SPOKEN_BY_PROCESSES, alone
