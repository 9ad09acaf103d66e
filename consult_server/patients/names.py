"""Names of people as DICOM writes them: pinyin, then characters (PS3.5 6.2, K.2)."""

import re

from pypinyin import Style, lazy_pinyin

COMPOUND = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯端木宇文长孙轩辕钟离闻人澹台公冶宗政濮阳淳于单于"
    "太叔申屠仲孙司空南宫西门东郭百里呼延赫连万俟"
)
COMPOUND_SURNAMES = frozenset(COMPOUND[place : place + 2] for place in range(0, len(COMPOUND), 2))
SURNAME_READINGS = {
    "单": "shan",
    "仇": "qiu",
    "曾": "zeng",
    "区": "ou",
    "查": "zha",
    "解": "xie",
    "任": "ren",
    "朴": "piao",
    "覃": "qin",
    "盖": "ge",
    "冼": "xian",
    "翟": "zhai",
    "缪": "miao",
    "宓": "mi",
    "华": "hua",
    "万俟": "moqi",
    "尉迟": "yuchi",
    "澹台": "tantai",
    "长孙": "zhangsun",
}
"""Characters that are read in another way as surnames."""
NOT_IN_NAMES = re.compile(r"[\\^=\x00-\x1f\x7f]+")
GROUP_CHARACTERS_MAX = 64


def is_hanzi(text: str) -> bool:
    """True for a name written in Chinese characters."""
    return any("\u3400" <= c <= "\u9fff" or "\U00020000" <= c <= "\U0003ffff" for c in text)


def person_name(name: str) -> str:
    """`name` as a PN value: `Wang^Xiaodong=王^小东`.

    A name in other letters, or with a dot between its parts, is not divided.
    """
    plain = " ".join(NOT_IN_NAMES.sub(" ", name).split())[:GROUP_CHARACTERS_MAX]
    if not is_hanzi(plain):
        return plain
    family, given = _divided(plain.replace(" ", ""))
    written = f"{family}^{given}" if given else family
    family_read = SURNAME_READINGS.get(family) or _read(family)
    read = f"{family_read.capitalize()}^{_read(given).capitalize()}" if given else _read(family).capitalize()
    return f"{read[:GROUP_CHARACTERS_MAX]}={written}"


def _divided(name: str) -> tuple[str, str]:
    if "·" in name or "•" in name:
        return name, ""
    surname = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1  # noqa: PLR2004  # two and a given name
    return name[:surname], name[surname:]


def _read(text: str) -> str:
    letters = "".join(lazy_pinyin(text, style=Style.NORMAL, v_to_u=False))
    return "".join(c for c in letters if c.isascii() and c.isalnum()) or "X"
