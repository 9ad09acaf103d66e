"""Person names as people search for them: any script, any reading of a character, no case."""

import itertools
import unicodedata

from dicom_node.archive.carried_tables import READINGS

KEY_CHARACTERS_MAX = 400
READINGS_MAX = 24
CHARACTERS_READ_MAX = 16
DELIMITERS = str.maketrans("", "", "^= ,.'|-")


def fold(text: str) -> str:
    """`text` as names are compared: without case, width, accents, delimiters and spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    composed = "".join(c for c in plain if not unicodedata.combining(c) or c in "\u3099\u309a")
    return unicodedata.normalize("NFC", composed).translate(DELIMITERS)


def name_key(person_name: str) -> str:
    """The search key of a PN value: its groups folded, then pinyin in every reading, then initials.

    Entries are parted by `|`; the key holds whole entries only, at most KEY_CHARACTERS_MAX characters.
    """
    groups = [group for group in person_name.split("=") if group]
    entries = [fold(group) for group in groups]
    for group in groups:
        if any("\u3400" <= c <= "\u9fff" for c in group):
            entries += _readings(fold(group))
    key = ""
    for entry in dict.fromkeys(e for e in entries if e):
        longer = f"{key}|{entry}" if key else entry
        if len(longer) <= KEY_CHARACTERS_MAX:
            key = longer
    return key


def pinyin(characters: str) -> list[str]:
    """The pinyin of `characters`, folded, in up to READINGS_MAX combinations of readings."""
    return [fold("".join(choice)) for choice in _choices(characters)]


def _readings(characters: str) -> list[str]:
    """The pinyin of `characters` and the initials of each reading."""
    starts = ("".join(syllable[:1] for syllable in choice) for choice in _choices(characters))
    return [*pinyin(characters), *map(fold, starts)]


def _choices(characters: str) -> list[tuple[str, ...]]:
    each = [_syllables(character) for character in characters[:CHARACTERS_READ_MAX]]
    return list(itertools.islice(itertools.product(*each), READINGS_MAX))


def _syllables(character: str) -> list[str]:
    """Every reading of one character without tone marks, ü as v; other characters read as themselves."""
    marked = unicodedata.normalize("NFD", READINGS.get(ord(character), character)).replace("u\u0308", "v")
    plain = "".join(c for c in marked if not unicodedata.combining(c))
    return list(dict.fromkeys(plain.split(",")))
