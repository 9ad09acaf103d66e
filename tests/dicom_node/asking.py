"""A node with an archive to be asked, on either database, and pynetdicom as the one who asks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import DataElement, config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from dicom_node.app import Node
from tests.dicom_node.conftest import node_settings, register, serving
from tests.dicom_node.objects import CT, a_ct, dataset_bytes
from tests.dicom_node.raw_scu import EXPLICIT, status, storing

PATIENT_FIND, STUDY_FIND = "1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
COUNTY, CITY = "0190-county", "0190-city"


def identifier(level: str, **keys: Any) -> Dataset:
    """A query's identifier, values that break their representation included."""
    made = Dataset()
    for keyword, value in {"QueryRetrieveLevel": level, **keys}.items():
        tag = tag_for_keyword(keyword) or 0
        made.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE))
    return made


@dataclass
class Found:
    """What a query was answered: the pending answers, their statuses, and the final response."""

    matches: list[Dataset] = field(default_factory=list)
    pending: set[int] = field(default_factory=set)
    final: Dataset = field(default_factory=Dataset)

    @property
    def status(self) -> int:
        """The final status."""
        return int(self.final.Status)

    @property
    def comment(self) -> str:
        """The final response's error comment."""
        return str(self.final.get("ErrorComment", ""))

    def values(self, keyword: str) -> list[Any]:
        """One attribute of every match."""
        return [match[keyword].value for match in self.matches]


@dataclass
class Place:
    """A running node whose peers are COUNTY and CITY, of two institutions."""

    node: Node
    url: str

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.node.listener.port

    def send(self, calling: str = "COUNTY", sop_class: str = CT, **attributes: Any) -> Dataset:
        """Store a made object and keep what it was."""
        dataset = a_ct(SOPClassUID=sop_class, **attributes)
        answer = storing(
            self.port, sop_class, dataset.SOPInstanceUID, dataset_bytes(dataset), calling=calling
        )
        assert status(answer) == 0
        return dataset

    def find(
        self,
        asked: Dataset,
        model: str = STUDY_FIND,
        *,
        calling: str = "COUNTY",
        extensions: bytes = b"",
        syntax: str = EXPLICIT,
    ) -> Found:
        """C-FIND by pynetdicom."""
        entity = AE(calling)
        entity.add_requested_context(model, [syntax])
        offered: list[Any] = []
        if extensions:
            negotiation = SOPClassExtendedNegotiation()
            negotiation.sop_class_uid, negotiation.service_class_application_information = model, extensions
            offered.append(negotiation)
        association = entity.associate("127.0.0.1", self.port, ae_title="LIANZHEN", ext_neg=offered)
        assert association.is_established
        found = Found()
        for answer, match in association.send_c_find(asked, model):
            found.final = answer
            if answer.Status in {0xFF00, 0xFF01}:
                assert match is not None
                found.pending.add(answer.Status)
                found.matches.append(match)
        association.release()
        return found


@contextmanager
def a_place(url: str, home: Path, **dicom: Any) -> Iterator[Place]:
    """A node on this database until the block ends."""
    register(url, "COUNTY", COUNTY)
    register(url, "CITY", CITY)
    with serving(node_settings(home, url, **dicom)) as node:
        yield Place(node, url)


OpenPlace = Callable[..., Place]
