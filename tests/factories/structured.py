"""A structured report of plain sentences (PS3.3 A.35.1), as a workstation or a dose monitor sends it."""

from collections.abc import Mapping

from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from tests.factories.outlined import begun, code

BASIC_TEXT = "1.2.840.10008.5.1.4.1.1.88.11"


def a_text_report(title: str, sentences: Mapping[str, str], *, study: Dataset | None = None) -> FileDataset:
    """A report with that title and a sentence under each name."""
    made = begun(BASIC_TEXT, "SR", study)
    made.ContentDate, made.ContentTime = "20260302", "101500"
    made.CompletionFlag, made.VerificationFlag, made.ValueType = "COMPLETE", "UNVERIFIED", "CONTAINER"
    made.ContinuityOfContent = "SEPARATE"
    made.ConceptNameCodeSequence = code("18748-4", title, "LN")
    made.PerformedProcedureCodeSequence = Sequence()
    made.ReferencedPerformedProcedureStepSequence = Sequence()
    made.ContentSequence = Sequence([_sentence(name, words) for name, words in sentences.items()])
    return made


def _sentence(name: str, words: str) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = code("121071", name, "DCM")
    item.TextValue = words
    return item
