"""Specific Character Set (0008,0005): bytes to Unicode, also where the label is missing or wrong.

The object keeps its bytes; only what is indexed and shown passes here. Nothing is ever refused
because of its characters: what cannot be read becomes U+FFFD.

The guesses, each with its reason (PS3.5 6.1.2, and what Chinese hospitals send in practice):
- no label, or Latin-1, over bytes that are UTF-8 or whole pairs of GB 2312: wrongly labelled GBK/UTF-8
  (both, and Greek or the like as UTF-8: GB 2312);
- labelled UTF-8 but not UTF-8: GB 18030;
- labelled GB 18030 or GBK but valid UTF-8 of three-byte characters only, and not GB 2312: UTF-8.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

SINGLE_BYTE = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 109": "iso8859_3",
    "ISO_IR 110": "iso8859_4",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 138": "iso8859_8",
    "ISO_IR 148": "iso8859_9",
    "ISO_IR 203": "iso8859_15",
    "ISO_IR 166": "iso8859_11",
    "ISO_IR 13": "shift_jis",
}
WITHOUT_EXTENSIONS = {"ISO_IR 192": "utf_8", "GB18030": "gb18030", "GBK": "gbk"}
"""Whole-string sets: no escape sequences occur under them (PS3.5 C.12.1.1.2)."""

ESCAPES_G0 = {b"(B": "ascii", b"(J": "shift_jis", b"$B": "jisx0208", b"$@": "jisx0208", b"$(D": "jisx0212"}
ESCAPES_G1 = {
    b")I": "shift_jis",
    b"$)C": "euc_kr",
    b"$)A": "gb2312",
    b"-A": "latin_1",
    b"-B": "iso8859_2",
    b"-C": "iso8859_3",
    b"-D": "iso8859_4",
    b"-L": "iso8859_5",
    b"-G": "iso8859_6",
    b"-F": "iso8859_7",
    b"-H": "iso8859_8",
    b"-M": "iso8859_9",
    b"-b": "iso8859_15",
    b"-T": "iso8859_11",
}
EXTENSION_G1 = {"ISO_IR 149": "euc_kr", "ISO_IR 58": "gb2312"}
ESCAPE = re.compile(rb"\x1b(\$\([A-Z]|\$\)[A-Z]|\$[@-Z]|\([A-Z]|\)[A-Z]|-[A-Za-z])")
DELIMITERS = re.compile(rb"([\\^=\r\n\f\t])")
HIGH_RUNS = re.compile(rb"[\x80-\xff]+")
SPACE, HIGH_BIT = 0x20, 0x80
CONTROLS = {c: None for c in range(32) if c not in (9, 10, 12, 13)} | {127: None}


@dataclass(frozen=True)
class Charset:
    """A decoded (0008,0005): `plain` the codec in force at the start, `escapes` whether ISO 2022 applies."""

    plain: str = "ascii"
    escapes: bool = False
    declared: bool = False

    def decode(self, raw: bytes) -> str:
        """`raw` as clean Unicode: no control characters other than tab and line breaks."""
        if raw.isascii() and b"\x1b" not in raw:
            plain = raw.decode("ascii")
            return plain if plain.isprintable() else plain.translate(CONTROLS)
        text = self._decode_extended(raw) if self.escapes and b"\x1b" in raw else self._decode_plain(raw)
        return text.translate(CONTROLS)

    def _decode_plain(self, raw: bytes) -> str:
        codec = self.plain
        if codec in {"ascii", "latin_1"}:
            codec = _mislabelled_as_latin(raw, codec)
        elif codec == "utf_8" and not _reads_as(raw, "utf_8"):
            codec = "gb18030"
        elif codec in {"gb18030", "gbk"} and _is_utf8_chinese(raw):
            codec = "utf_8"
        return raw.decode(codec, errors="replace")

    def _decode_extended(self, raw: bytes) -> str:
        """ISO 2022 code extension (PS3.5 6.1.2.5): escapes switch sets, delimiters switch back."""
        start = ("ascii" if self.plain in EXTENSION_G1.values() else self.plain, self.plain)
        g0, g1 = start
        parts: list[str] = []
        for index, piece in enumerate(ESCAPE.split(raw)):
            if index % 2:
                g0, g1 = ESCAPES_G0.get(piece, g0), ESCAPES_G1.get(piece, g1)
                continue
            if g0.startswith("jisx"):
                parts.append(_decode_jis(piece, g0))
                continue
            for part in DELIMITERS.split(piece):
                if DELIMITERS.fullmatch(part):
                    g0, g1 = start
                parts.append(_decode_run(part, g0, g1))
        return "".join(parts)


def _decode_run(raw: bytes, g0: str, g1: str) -> str:
    return raw.decode(g0 if raw.isascii() else g1, errors="replace")


def _decode_jis(raw: bytes, charset: str) -> str:
    """A run of two-byte JIS characters in G0, read through EUC-JP, where they have the high bit set."""
    lead = b"" if charset == "jisx0208" else b"\x8f"
    parts: list[str] = []
    place = 0
    while place < len(raw):
        first = raw[place]
        if first <= SPACE or place + 1 == len(raw):
            parts.append(chr(first) if first < HIGH_BIT else "\ufffd")
            place += 1
            continue
        pair = bytes((first | 0x80, raw[place + 1] | 0x80))
        parts.append((lead + pair).decode("euc_jp", errors="replace"))
        place += 2
    return "".join(parts)


def _reads_as(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _mislabelled_as_latin(raw: bytes, codec: str) -> str:
    """What bytes with the high bit, labelled ASCII or Latin-1, most likely are."""
    if _reads_as(raw, "utf_8") and not (_is_foreign_script(raw) and _reads_as(raw, "gb2312")):
        return "utf_8"
    runs = [len(run) for run in HIGH_RUNS.findall(raw)]
    if all(length % 2 == 0 for length in runs) and _reads_as(raw, "gb2312"):
        return "gb18030"
    if codec == "ascii" and max(runs) > 1 and _reads_as(raw, "gb18030"):
        return "gb18030"
    return "latin_1"


def _is_foreign_script(raw: bytes) -> bool:
    """True for UTF-8 whose characters are all of Greek, Cyrillic, Hebrew or Arabic: 伟 in GB reads as ΰ."""
    return all(c.isascii() or "\u0370" <= c <= "\u07ff" for c in raw.decode("utf_8"))


def _is_utf8_chinese(raw: bytes) -> bool:
    if not _reads_as(raw, "utf_8") or _reads_as(raw, "gb2312"):
        return False
    high = [c for c in raw.decode("utf_8") if not c.isascii()]
    return all("\u3000" <= c <= "\u9fff" or "\uff00" <= c <= "\uffef" for c in high)


def _normal(term: str) -> str:
    """`ISO 2022 IR 87`, `ISO_IR 87`, `ISO-IR 87`, `iso ir 87` all name one set."""
    text = " ".join(term.strip().upper().replace("_", " ").replace("-", " ").split())
    if text.startswith("ISO"):
        return f"ISO_IR {text.rsplit(' ', 1)[-1]}"
    if text in {"GB 18030", "GB18030"}:
        return "GB18030"
    return text


def charset_of(terms: Sequence[str]) -> Charset:
    """The character set named by the values of (0008,0005); unknown terms count as unlabelled."""
    names = [_normal(term) for term in terms]
    for name in names:
        if name in WITHOUT_EXTENSIONS:
            return Charset(WITHOUT_EXTENSIONS[name], escapes=False, declared=True)
    first = names[0] if names else ""
    extended = len(names) > 1 or any("2022" in term for term in terms)
    plain = SINGLE_BYTE.get(first) or EXTENSION_G1.get(first) or "ascii"
    if plain == "ascii" and len(names) > 1:
        plain = next((EXTENSION_G1[name] for name in names if name in EXTENSION_G1), "ascii")
    return Charset(plain, escapes=extended, declared=bool(first))


DEFAULT = Charset()
