"""C-STORE end to end: real files over real sockets, by DCMTK and by our own byte-exact peer."""

import hashlib
import io
import json
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from imagecodecs import jpegls_encode
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGLSLossless, RLELossless
from sqlalchemy import Engine, select

from config.kernel.objects_local import LocalObjects
from dicom_node.app import Node
from dicom_node.archive.files import sha256_in
from dicom_node.archive.reader import read_dataset, read_file
from dicom_node.archive.tables import Instance, Quarantine, Study, outbox
from tests.dicom_node.conftest import register
from tests.dicom_node.objects import a_ct, dataset_bytes, dataset_of, file_bytes
from tests.dicom_node.oracle import REFUSED, dicom_files, head_of, identity_of
from tests.dicom_node.raw_scu import BIG, CT, DEFLATED, EXPLICIT, RawScu, comment, status, storing
from tests.dicom_node.rows import rows_of
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
# A frame of 4 × 3 words of zero: two byte planes of one run each (PS3.5 G).
RLE_OF_NOTHING = struct.pack("<16L", 2, 64, 66, *[0] * 13) + b"\xf5\0" * 2


def shown_name(instance: Instance) -> str:
    """The patient's name in an instance's metadata."""
    groups = json.loads(zlib.decompress(instance.metadata_json))["00100010"]["Value"][0]
    return "=".join(groups.get(name, "") for name in ("Alphabetic", "Ideographic", "Phonetic")).rstrip("=")


def stored_objects(home: Path) -> LocalObjects:
    """The node's object store."""
    return LocalObjects(home / "home" / "objects")


@pytest.mark.samples
def test_storescu_sends_a_series_and_everything_is_there_byte_for_byte(
    node: Node, engine: Engine, samples: Path, dcmtk: Path, tmp_path: Path
) -> None:
    files = sorted((samples / "ct" / "philips_54").glob("I*"))
    sent = subprocess.run(
        [
            dcmtk / "storescu",
            "-v",
            "-aet",
            "COUNTY",
            "-aec",
            "LIANZHEN",
            "127.0.0.1",
            str(node.listener.port),
            *files,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert (sent.stdout + sent.stderr).count("Received Store Response (Success)") == 54
    by_uid = {row.sop_instance_uid: row for row in rows_of(engine, Instance)}
    assert len(by_uid) == 54
    objects = stored_objects(tmp_path)
    for file in files:
        expected = pydicom.dcmread(file)
        row = by_uid[expected.SOPInstanceUID]
        content = objects.read(row.object_key or "")
        assert hashlib.sha256(content).hexdigest() == sha256_in(row.object_key)
        assert content[row.dataset_offset :] == dataset_of(file.read_bytes())
        assert content[row.pixel_offset :][: row.pixel_bytes] == expected.PixelData
    (study,) = rows_of(engine, Study)
    facts = (
        study.instance_count,
        study.series_count,
        study.modalities,
        study.patient_name,
        study.institution_id,
    )
    assert facts == (54, 1, ["CT"], "HEAD", "0190-county")


def test_dcmsend_sends_a_folder_of_many_kinds(
    node: Node, engine: Engine, dcmtk: Path, tmp_path: Path
) -> None:
    """It reads a tree of files, proposes a context for each kind, and says how every object went."""
    made = {
        ExplicitVRLittleEndian: a_ct(),
        ImplicitVRLittleEndian: a_ct(SOPClassUID="1.2.840.10008.5.1.4.1.1.4", Modality="MR"),
        JPEGLSLossless: a_ct(PixelData=encapsulate([bytes(jpegls_encode(np.zeros((3, 4), "<u2")))])),
        RLELossless: a_ct(PixelData=encapsulate([RLE_OF_NOTHING])),
    }
    for number, (syntax, dataset) in enumerate(made.items()):
        folder = tmp_path / "sent" / str(number)
        folder.mkdir(parents=True)
        if syntax.is_encapsulated:
            dataset["PixelData"].VR = "OB"
        (folder / "image.dcm").write_bytes(file_bytes(dataset, syntax))
    report = tmp_path / "report.txt"
    sent = subprocess.run(
        [
            dcmtk / "dcmsend",
            *("-v", "-aet", "COUNTY", "-aec", "LIANZHEN", "+crf", report),
            *("127.0.0.1", str(node.listener.port)),
            *("--scan-directories", "--recurse", "--decompress-never", tmp_path / "sent"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert report.read_text().count("0x0000 (Success)") == len(made)
    rows = {row.sop_instance_uid: row for row in rows_of(engine, Instance)}
    for syntax, dataset in made.items():
        row = rows.pop(dataset.SOPInstanceUID)
        kept = pydicom.dcmread(io.BytesIO(read_file(stored_objects(tmp_path), row)))
        # dcmsend itself makes an explicit value representation of an implicit one.
        sent_as = syntax if syntax.is_encapsulated else ExplicitVRLittleEndian
        assert (row.transfer_syntax_uid, kept) == (sent_as, dataset)
    assert rows == {}


@pytest.mark.samples
def test_every_sample_is_stored_whole_or_refused_whole(
    node: Node, engine: Engine, samples: Path, tmp_path: Path
) -> None:
    files = dicom_files(samples)
    answers: dict[Path, int] = {}
    for file in files:
        syntax, offset = head_of(file)
        data = file.read_bytes()[offset:]
        sop_class, sop_instance = identity_of(file)
        answer = storing(
            node.listener.port, sop_class or CT, sop_instance or "1.2.3", data, syntax or EXPLICIT
        )
        answers[file] = status(answer)
    assert set(answers.values()) <= {0, 0x0111, 0xC000}
    refused_ones = {str(file.relative_to(samples)) for file, answer in answers.items() if answer == 0xC000}
    assert refused_ones == REFUSED.keys()
    count, refused = len(rows_of(engine, Instance)), rows_of(engine, Quarantine)
    kept = [file for file, answer in answers.items() if answer == 0]
    assert count <= len(kept)
    assert len(kept) > 300
    assert refused
    left = sorted(path.name for path in node.door._spool.own.rglob("*") if path.is_file())
    assert left == ["lock", "source.json"]
    hashes = {hashlib.sha256(file.read_bytes()[head_of(file)[1] :]).hexdigest() for file in kept}
    assert {row.dataset_sha256 for row in rows_of(engine, Instance)} == hashes


@pytest.mark.samples
@pytest.mark.parametrize(
    "name",
    [
        "MR_truncated.dcm",
        "rtplan_truncated.dcm",
        "bad_sequence.dcm",
        "dwv-test_no-number-rows.dcm",
        "UN_sequence.dcm",
        "nested_priv_SQ.dcm",
    ],
)
def test_a_bad_object_gets_a_clear_status_and_is_set_aside(
    node: Node, engine: Engine, samples: Path, tmp_path: Path, name: str
) -> None:
    file = samples / "bad" / name
    syntax, offset = head_of(file)
    data = file.read_bytes()[offset:]
    answer = storing(node.listener.port, identity_of(file)[0] or CT, "1.2.3.4", data, syntax)
    assert status(answer) == 0xC000
    assert comment(answer)
    assert (rows_of(engine, Instance), rows_of(engine, Study)) == ([], [])
    (row,) = rows_of(engine, Quarantine)
    assert stored_objects(tmp_path).read(row.object_key or "").endswith(data)
    assert row.reason.startswith(row.reason_code)


@pytest.mark.parametrize(
    "text",
    [
        b"this is no data set, it is prose " * 9,
        b"\0" * 200,
        b"",
        b"\xff" * 64,
        b"\x89PNG\r\n\x1a\n" + bytes(90),
    ],
)
def test_what_is_no_data_set_is_refused(node: Node, engine: Engine, text: bytes) -> None:
    if not text:
        with RawScu(node.listener.port) as scu:
            scu.associate([(1, CT, [EXPLICIT])])
            assert scu.store(1, CT, "1.2.3", b"\0\0") == 0xC000
        return
    assert status(storing(node.listener.port, CT, "1.2.3", text)) == 0xC000
    assert rows_of(engine, Instance) == []


def test_an_object_announced_under_another_uid_is_kept_with_a_warning(node: Node, engine: Engine) -> None:
    """PS3.4 B.2.3: B007, as anonymising tools leave the file's head behind."""
    dataset = a_ct()
    answer = storing(node.listener.port, CT, "1.2.3.4", dataset_bytes(dataset))
    assert status(answer) == 0xB007
    assert "data set" in comment(answer)
    assert [row.sop_instance_uid for row in rows_of(engine, Instance)] == [dataset.SOPInstanceUID]
    assert rows_of(engine, Quarantine) == []


@pytest.mark.parametrize(
    "change, code, words",
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, 0xA900, "another SOP class"),
        ({"SeriesInstanceUID": None}, 0xC000, "SeriesInstanceUID is missing"),
        ({"PatientID": "7" * 65}, 0xC000, "PatientID longer than 64"),
        ({"PatientName": "名" * 331}, 0xC000, "PatientName longer than 330"),
        ({"Rows": 4000}, 0xC000, "pixel data is shorter"),
        ({"Columns": None}, 0xC000, "Bits Allocated is wrong"),
    ],
)
def test_an_object_that_contradicts_itself_is_refused(
    node: Node, engine: Engine, change: dict[str, object], code: int, words: str
) -> None:
    dataset = a_ct()
    announced = dataset.SOPInstanceUID
    for keyword, value in change.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    answer = storing(node.listener.port, CT, announced, dataset_bytes(dataset))
    assert status(answer) == code
    assert words in comment(answer)
    assert rows_of(engine, Instance) == []
    assert len(rows_of(engine, Quarantine)) == 1


def test_the_same_object_again_is_a_success_and_one_copy(node: Node, engine: Engine) -> None:
    dataset = a_ct()
    data = dataset_bytes(dataset)
    for _ in range(3):
        assert status(storing(node.listener.port, CT, dataset.SOPInstanceUID, data)) == 0
    (study,) = rows_of(engine, Study)
    assert (len(rows_of(engine, Instance)), study.instance_count, rows_of(engine, Quarantine)) == (1, 1, [])


def test_other_content_under_a_known_uid_is_refused_and_the_first_stays(
    node: Node, engine: Engine, tmp_path: Path
) -> None:
    dataset = a_ct()
    first = dataset_bytes(dataset)
    dataset.PatientName = "Zhang^San=张^三"
    second = dataset_bytes(dataset)
    assert status(storing(node.listener.port, CT, dataset.SOPInstanceUID, first)) == 0
    for _ in range(2):
        answer = storing(node.listener.port, CT, dataset.SOPInstanceUID, second)
        assert status(answer) == 0x0111
    (instance,), (study,), (aside,) = (
        rows_of(engine, Instance),
        rows_of(engine, Study),
        rows_of(engine, Quarantine),
    )
    assert read_dataset(stored_objects(tmp_path), instance) == first
    assert study.patient_name == "Wang^Xiaodong=王^小东"
    assert aside.reason_code == "dicom.same_uid_other_content"
    assert stored_objects(tmp_path).read(aside.object_key or "").endswith(second)


def test_two_institutions_have_a_study_each_and_share_the_bytes(
    node: Node, engine: Engine, sqlite_url: str
) -> None:
    register(sqlite_url, "CITY", "0190-city")
    dataset = a_ct()
    data = dataset_bytes(dataset)
    assert status(storing(node.listener.port, CT, dataset.SOPInstanceUID, data)) == 0
    wait_until(
        lambda: status(storing(node.listener.port, CT, dataset.SOPInstanceUID, data, calling="CITY")) == 0
    )
    studies, instances = rows_of(engine, Study), rows_of(engine, Instance)
    assert {study.institution_id for study in studies} == {"0190-county", "0190-city"}
    assert len({instance.object_key for instance in instances}) == 1


def test_the_issuer_is_the_objects_own_or_else_the_peers(node: Node, engine: Engine) -> None:
    for dataset in (a_ct(), a_ct(IssuerOfPatientID="ITS-OWN")):
        assert status(storing(node.listener.port, CT, dataset.SOPInstanceUID, dataset_bytes(dataset))) == 0
    assert {study.issuer_of_patient_id for study in rows_of(engine, Study)} == {"COUNTY-PID", "ITS-OWN"}


def test_a_study_settles_after_the_quiet_period_and_again_when_more_comes(
    start_node: Callable[..., Node], engine: Engine
) -> None:
    node = start_node(quiet_seconds=0.3)
    first = a_ct()
    second = a_ct(
        StudyInstanceUID=first.StudyInstanceUID, SeriesInstanceUID=first.SeriesInstanceUID, Modality="SR"
    )

    def events() -> list[tuple[str, dict[str, object]]]:
        with engine.connect() as connection:
            return [
                (row.name, row.payload)
                for row in connection.execute(select(outbox.table).order_by("position"))
            ]

    assert status(storing(node.listener.port, CT, first.SOPInstanceUID, dataset_bytes(first))) == 0
    wait_until(lambda: len(events()) == 2)
    assert status(storing(node.listener.port, CT, second.SOPInstanceUID, dataset_bytes(second))) == 0
    wait_until(lambda: len(events()) == 3)
    names, settled = [name for name, _ in events()], [payload for _, payload in events()[1:]]
    assert names == ["dicom.study_received", "dicom.study_settled", "dicom.study_settled"]
    assert [(p["version"], p["instance_count"]) for p in settled] == [(1, 1), (2, 2)]
    assert {p["study_instance_uid"] for p in settled} == {first.StudyInstanceUID}


def test_a_deflated_object_is_kept_as_sent_and_a_bomb_is_refused(
    node: Node, engine: Engine, tmp_path: Path
) -> None:
    dataset = a_ct()
    plain = dataset_bytes(dataset)
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = press.compress(plain) + press.flush()
    assert status(storing(node.listener.port, CT, dataset.SOPInstanceUID, deflated, DEFLATED)) == 0
    (instance,) = rows_of(engine, Instance)
    assert read_dataset(stored_objects(tmp_path), instance) == deflated
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = (
        press.compress(plain) + b"".join(press.compress(bytes(1 << 20)) for _ in range(200)) + press.flush()
    )
    answer = storing(node.listener.port, CT, dataset.SOPInstanceUID, bomb, DEFLATED)
    assert (status(answer), len(rows_of(engine, Instance))) == (0xC000, 1)


def test_big_endian_is_understood(node: Node, engine: Engine) -> None:
    dataset = a_ct()
    data = dataset_bytes(dataset, little=False)
    assert status(storing(node.listener.port, CT, dataset.SOPInstanceUID, data, BIG)) == 0
    (study,), (instance,) = rows_of(engine, Study), rows_of(engine, Instance)
    assert (study.patient_name, instance.rows, instance.columns) == ("Wang^Xiaodong=王^小东", 3, 4)


def test_a_spool_that_vanishes_is_the_archives_fault_and_not_the_objects(node: Node, engine: Engine) -> None:
    """The sender is told to come again, not that its object is broken."""
    dataset = a_ct()
    with RawScu(node.listener.port) as scu:
        scu.associate([(1, CT, [EXPLICIT])])
        shutil.rmtree(node.door._spool.own)
        for _ in range(2):
            assert scu.store(1, CT, dataset.SOPInstanceUID, dataset_bytes(dataset)) == 0xA700
    assert (rows_of(engine, Instance), rows_of(engine, Quarantine)) == ([], [])


@pytest.mark.samples
def test_names_are_what_the_facts_say(node: Node, engine: Engine, samples: Path) -> None:
    facts = json.loads((samples / "FACTS.json").read_text())
    expected = {}
    for path in sorted((samples / "charset").glob("*.dcm")):
        fact = facts[f"charset/{path.name}"]
        if not fact["patient_name"]:
            continue
        syntax, offset = head_of(path)
        dataset = pydicom.dcmread(path)
        assert status(
            storing(
                node.listener.port,
                dataset.SOPClassUID,
                dataset.SOPInstanceUID,
                path.read_bytes()[offset:],
                syntax,
            )
        ) in {0, 0x0111}
        expected[dataset.SOPInstanceUID] = fact["patient_name"]
    found = {row.sop_instance_uid: shown_name(row) for row in rows_of(engine, Instance)}
    assert len(found) >= 10
    assert found == {uid: expected[uid] for uid in found}
