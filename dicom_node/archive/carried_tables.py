"""Plain tables that libraries carry, read without the libraries themselves.

Importing pydicom loads numpy, Pillow and every pixel decoder it finds, and pypinyin its phrase
book: two seconds and 60 MB for each process, and C decoders where no pixel is ever decoded. Their
tables are modules of literals; a test holds what is read here against the libraries.
"""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import TypeAlias

DictionaryEntry: TypeAlias = tuple[str, str, str, str, str]


def _table(package: str, module: str) -> ModuleType:
    """The module file of a package, executed by itself: the package's own code is not run."""
    found = importlib.util.find_spec(package)
    folder = Path((found.submodule_search_locations or [""])[0] if found else "")
    spec = importlib.util.spec_from_file_location(f"_carried_{package}_{module}", folder / f"{module}.py")
    if spec is None or spec.loader is None:
        message = f"{package} carries no {module}"
        raise ImportError(message)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


_attributes = _table("pydicom", "_dicom_dict")
ATTRIBUTES: dict[int, DictionaryEntry] = _attributes.DicomDictionary
"""PS3.6 6: tag → VR, VM, name, retired, keyword."""
REPEATING: dict[str, DictionaryEntry] = _attributes.RepeatersDictionary
"""The same for repeating groups, tags written like `60xx0010`."""
UIDS: dict[str, DictionaryEntry] = _table("pydicom", "_uid_dict").UID_dictionary
"""PS3.6 A: UID → name, type, info, retired, keyword."""
READINGS: dict[int, str] = _table("pypinyin", "pinyin_dict").pinyin_dict
"""Code point → every reading in pinyin with tone marks, parted by commas."""
