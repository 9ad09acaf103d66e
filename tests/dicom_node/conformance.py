"""The lists of the conformance statement; `python -m tests.dicom_node.conformance` writes them into it."""

from pathlib import Path

from config.settings import DEFAULTS
from dicom_node.archive.carried_tables import UIDS
from dicom_node.negotiation import is_storable_syntax, is_storage_class

STATEMENT = Path(__file__).parents[2] / "dicom_node" / "CONFORMANCE.md"
BEGIN, END = "<!-- lists made from the code -->\n", "<!-- end of the lists -->\n"
KINDS = {"SOP Class", "Transfer Syntax"}


def _rows(wanted: list[str]) -> str:
    numbers = sorted(wanted, key=lambda uid: [int(part) for part in uid.split(".")])
    return "".join(f"| {UIDS[uid][0].replace('|', '/')} | {uid} |\n" for uid in numbers)


def storage_classes() -> list[str]:
    """The storage SOP classes of the dictionary that are accepted."""
    return [uid for uid, entry in UIDS.items() if entry[1] == "SOP Class" and is_storage_class(uid)]


def transfer_syntaxes() -> list[str]:
    """The transfer syntaxes of the dictionary that are accepted."""
    return [uid for uid, entry in UIDS.items() if entry[1] == "Transfer Syntax" and is_storable_syntax(uid)]


def configuration() -> str:
    """Every setting of the application entity with its default and what `defaults.toml` says of it.

    A comment there speaks of all settings up to the next one.
    """
    text = DEFAULTS.read_text(encoding="utf-8")
    block = text[text.index("[dicom]\n") :].split("\n\n", maxsplit=1)[0]
    rows, words, fresh = "", list[str](), True
    for line in block.splitlines()[1:]:
        if line.startswith("#"):
            words = [line[1:].strip()] if fresh else [*words, line[1:].strip()]
            fresh = False
        else:
            name, _, value = line.partition(" = ")
            rows += f"| `dicom.{name}` | {value.strip(chr(34))} | {' '.join(words)} |\n"
            fresh = True
    return rows


def lists() -> str:
    """The lists as the statement holds them."""
    head = "UID |\n|---|---|\n"
    return (
        f"{BEGIN}\n### A. Storage SOP classes\n\n| SOP class | {head}{_rows(storage_classes())}"
        f"\n### B. Transfer syntaxes\n\n| Transfer syntax | {head}{_rows(transfer_syntaxes())}"
        f"\n### C. Configuration\n\n| Setting | Default | Meaning |\n|---|---|---|\n{configuration()}\n{END}"
    )


def written(text: str) -> str:
    """The part of the statement between the two marks."""
    start, end = text.index(BEGIN), text.index(END) + len(END)
    return text[start:end]


def write() -> None:
    """Put the lists into the statement."""
    text = STATEMENT.read_text(encoding="utf-8")
    STATEMENT.write_text(text.replace(written(text), lists()), encoding="utf-8")


if __name__ == "__main__":
    write()
