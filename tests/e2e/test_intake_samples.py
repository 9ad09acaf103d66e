"""Every sample file against the running product: in by C-STORE, back by WADO-RS, byte for byte."""

import sys
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest

from config.kernel.objects_local import LocalObjects
from consult_server.demo import cast
from tests.dicom_node.objects import dataset_of
from tests.dicom_node.oracle import REFUSED, dicom_files, head_of, identity_of
from tests.dicom_node.raw_scu import CT, EXPLICIT, comment, status, storing
from tests.factories.intake import Receiving, retrieved

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.samples,
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
]
SENDERS = {
    "INTAKE_ALL1": (cast.CITY, "guning"),
    "INTAKE_ALL2": (cast.COUNTY, "liangchen"),
    "INTAKE_ALL3": (cast.TOWNSHIP, "zhouli"),
}
STORED, DUPLICATE = 0, 0x0111


def dataset_in(path: Path) -> bytes:
    """The data set of a sample as its bytes lie in the file."""
    return path.read_bytes()[head_of(path)[1] :]


def offered(receiving: Receiving, path: Path, sender: str) -> tuple[int, str]:
    """The answer to a sample sent byte for byte: status and comment."""
    syntax, _offset = head_of(path)
    sop_class, sop_instance = identity_of(path)
    answer = storing(
        receiving.serving.dicom_port,
        sop_class or CT,
        sop_instance or "1.2.3",
        dataset_in(path),
        syntax or EXPLICIT,
        sender,
    )
    return status(answer), comment(answer)


def offered_until_new(receiving: Receiving, path: Path) -> tuple[str, int, str]:
    """Offered by one hospital after the other while its UIDs hold other bytes: the last, and its answer."""
    answers = ((sender, *offered(receiving, path, sender)) for sender in SENDERS)
    last = ("", DUPLICATE, "")
    while last[1] == DUPLICATE and (answer := next(answers, None)):
        last = answer
    return last


def test_every_sample_goes_in_and_comes_back_byte_for_byte(receiving: Receiving, samples: Path) -> None:
    """A file whose UIDs an earlier one holds already is offered once more by other hospitals."""
    for sender, (place, _user) in SENDERS.items():
        receiving.peer(sender, place)
    told: Counter[str] = Counter()
    refused: dict[str, str] = {}
    began = time.monotonic()
    with ExitStack() as stack:
        desks = {
            sender: stack.enter_context(closing(receiving.serving.client(user)))
            for sender, (_place, user) in SENDERS.items()
        }
        files = dicom_files(samples)
        for path in files:
            sender, code, words = offered_until_new(receiving, path)
            told[outcome(receiving, desks[sender], path, code, words)] += 1
            if code not in {STORED, DUPLICATE}:
                refused[str(path.relative_to(samples))] = words
    seconds = time.monotonic() - began
    for words, count in told.most_common():
        sys.stdout.write(f"\n{count:4d} {words}")
    sys.stdout.write(f"\n{len(files)} samples in {seconds:.0f} s\n")
    assert refused.keys() == REFUSED.keys()
    assert [name for name, words in refused.items() if REFUSED[name] not in words] == []
    assert told["stored, comes back byte for byte"] > 350


def outcome(receiving: Receiving, desk: httpx.Client, path: Path, code: int, words: str) -> str:
    """What became of a sample, once it is checked that it is wholly there or wholly set aside."""
    data = dataset_in(path)
    sop_instance = identity_of(path)[1] or "1.2.3"
    if code == STORED:
        assert dataset_of(retrieved(desk, sop_instance)) == data, path
        return "stored, comes back byte for byte"
    assert code in {DUPLICATE, 0xA900, 0xC000}, path
    assert words, path
    objects = LocalObjects(receiving.serving.home / "objects")
    kept = [objects.read(row.object_key or "") for row in receiving.set_aside(sop_instance)]
    assert any(content.endswith(data) for content in kept), path
    return f"refused {code:04X}: {words}"


def test_what_is_no_dicom_at_all_is_refused_too(receiving: Receiving, samples: Path) -> None:
    """HL7, FHIR, XML, pictures: sent as if they were a CT."""
    before = receiving.holdings()
    seen = 0
    for folder in ("hl7v2", "fhir", "mrrt", "wsi", "ecg/aecg", "ecg/scp"):
        path = next(one for one in sorted((samples / folder).rglob("*")) if one.is_file())
        content = path.read_bytes()[:1_000_000]
        answer = receiving.store("SQZX_PACS", content, "1.2.840.1.1")
        assert (status(answer), bool(comment(answer))) == (0xC000, True), path
        assert len(receiving.set_aside("1.2.840.1.1")) == seen + 1
        seen += 1
    assert seen == 6
    assert receiving.holdings() == before
