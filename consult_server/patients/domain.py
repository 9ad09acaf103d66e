"""Names and numbers of patients: search keys, the identity card's check digit."""

import unicodedata
from itertools import product

from pypinyin import Style, pinyin

from config.kernel.errors import Conflict, Invalid, NotFound

READINGS_MAX = 8
ID_NO_LENGTH = 18
ID_NO_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_NO_CHECKS = "10X98765432"


class PatientNotFound(NotFound):
    """There is no such patient."""

    code = "patients.not_found"


class PatientExists(Conflict):
    """This institution already has a patient with that number."""

    code = "patients.exists"


class IdNumberWrong(Invalid):
    """The identity card number does not pass its check digit (GB 11643)."""

    code = "patients.id_number_wrong"


def checked_id_no(id_no: str) -> str:
    """The number folded to half width, '' allowed. Raises IdNumberWrong (GB 11643-1999, 4.3)."""
    folded = folded_number(id_no).upper()
    if not folded:
        return ""
    body, check = folded[:-1], folded[-1]
    if len(folded) != ID_NO_LENGTH or not body.isascii() or not body.isdigit():
        raise IdNumberWrong
    total = sum(int(digit) * weight for digit, weight in zip(body, ID_NO_WEIGHTS, strict=True))
    if ID_NO_CHECKS[total % 11] != check:
        raise IdNumberWrong
    return folded


def folded_number(number: str) -> str:
    """A number in half width, without outer spaces: input methods write ＳＱ２６ as easily as SQ26."""
    return unicodedata.normalize("NFKC", number).strip()


def name_key(name: str) -> str:
    """What a name is found by: itself, its full pinyin and its initials, space-separated, casefolded.

    A surname is often read unlike the common character (单 shan, 仇 qiu), so every reading of the
    first character is kept.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    plain = "".join(c for c in folded if c.isalnum())
    syllables = pinyin(plain, style=Style.NORMAL, heteronym=True)
    firsts = syllables[0][:READINGS_MAX] if syllables else []
    rest = [options[0] for options in syllables[1:]]
    spellings = ["".join((first, *tail)) for first, tail in product(firsts, [rest])]
    initials = ["".join(s[0] for s in (first, *rest) if s) for first in firsts if first]
    return " ".join(dict.fromkeys([plain, *spellings, *initials]))


def folded_query(text: str) -> str:
    """A search text in the form that `name_key` uses."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
