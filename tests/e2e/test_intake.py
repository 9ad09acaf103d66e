"""DICOM in, on the running product: what a county PACS sends is there at once, whole, and only for its own.

DCMTK's programs send; where the real sample files are not at hand a series of our own stands in.
"""

import io
import json
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest

from consult_server.demo import cast
from dicom_node.intake.part10 import IMPLEMENTATION_CLASS_UID
from tests.dicom_node.oracle import head_of
from tests.dicom_node.raw_scu import IMPLICIT, VERIFICATION, RawScu, comment, status
from tests.factories.intake import (
    PHANTOM,
    SERIES_SLICES,
    Receiving,
    address_of,
    arrival,
    chest_files,
    named,
    retrieved,
    same_data_set,
)
from tests.fixtures.samples import samples_folder
from tests.fixtures.waiting import wait_until
from tests.viewer.dicomweb.parts import body, parts, post_headers

pytestmark = [pytest.mark.timeout(400), pytest.mark.filterwarnings("ignore::UserWarning:pydicom")]
SHOWN_SECONDS = 3.0
QUIET_SECONDS = 2.0


@pytest.fixture(scope="module")
def ct_series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """54 slices of one chest CT: the Philips sample, else our own phantom."""
    folder, missing = samples_folder()
    if missing is None:
        return sorted((folder / "ct" / "philips_54").glob("I*"))
    return chest_files(tmp_path_factory.mktemp("ct"), seed=54)


class LiveNews:
    """Listens as a signed-in person's browser does until an event comes that holds `words`."""

    def __init__(self, client: httpx.Client, event: str, words: str) -> None:
        self._client, self._event, self._words = client, event, words
        self._listening, self._came = threading.Event(), list[datetime]()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        assert self._listening.wait(20)

    def _listen(self) -> None:
        with self._client.stream("GET", "/api/live", timeout=60) as answer:
            event = ""
            for line in answer.iter_lines():
                self._listening.set()
                event = line.removeprefix("event: ") if line.startswith("event: ") else event
                if event == self._event and line.startswith("data: ") and self._words in line:
                    self._came.append(datetime.now(UTC))
                    return

    def came(self) -> datetime:
        """The moment it came."""
        self._thread.join(30)
        (moment,) = self._came
        return moment


def test_storescu_sends_a_series_and_the_doctor_has_it_at_once(
    receiving: Receiving, ct_series: list[Path], dcmtk: Path
) -> None:
    serving, sender = receiving.serving, receiving.peer("INTAKE_CT")
    study_uid = str(pydicom.dcmread(ct_series[0], stop_before_pixels=True).StudyInstanceUID)
    with closing(serving.client("zhouli")) as doctor, closing(serving.client("zhouli")) as open_list:
        news = LiveNews(open_list, "dicom.study_settled", study_uid)
        began = time.monotonic()
        sent = serving.send(*ct_series, ae_title=sender, dcmtk=dcmtk)
        sending = time.monotonic() - began
        assert (sent.stdout + sent.stderr).count("Received Store Response (Success)") == SERIES_SLICES
        assert sent.returncode == 0

        row = wait_until(
            lambda: found if (found := arrival(doctor, study_uid)) and found["settled"] else None, 30
        )
        listed = datetime.now(UTC)
        (study,) = doctor.get("/dicom-web/studies", params={"StudyInstanceUID": study_uid}).json()
        searched = datetime.now(UTC)
        settled = receiving.settled_at(study_uid, sender)
        told = news.came()
    assert settled is not None
    assert (row["instance_count"], row["modalities"], row["source_ae_title"]) == (54, ["CT"], sender)
    assert study["00201208"]["Value"] == [SERIES_SLICES]
    late = [(moment - settled).total_seconds() for moment in (listed, searched, told)]
    sys.stdout.write(
        f"\n54 slices sent by storescu in {sending:.2f} s; after settling: in the list {late[0]:.2f} s, "
        f"in QIDO {late[1]:.2f} s, told live {late[2]:.2f} s\n"
    )
    assert max(late) < SHOWN_SECONDS
    last = datetime.fromisoformat(row["last_received_at"])
    assert QUIET_SECONDS <= (settled - last).total_seconds() < QUIET_SECONDS + SHOWN_SECONDS


def test_what_comes_back_is_what_was_sent(receiving: Receiving, ct_series: list[Path], dcmtk: Path) -> None:
    serving, sender = receiving.serving, receiving.peer("INTAKE_BYTES", cast.CITY)
    assert serving.send(*ct_series, ae_title=sender, dcmtk=dcmtk).returncode == 0
    sent = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID: path for path in ct_series}
    study_uid = pydicom.dcmread(ct_series[0], stop_before_pixels=True).StudyInstanceUID
    whole_study = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
    with closing(serving.client("guning")) as doctor:
        answer = doctor.get(f"/dicom-web/studies/{study_uid}", headers=whole_study)
        found = parts(answer.raise_for_status())
    assert len(found) == SERIES_SLICES
    identical = 0
    for _kind, content in found:
        theirs = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)
        original = sent.pop(theirs.SOPInstanceUID).read_bytes()
        meta = pydicom.dcmread(io.BytesIO(original), stop_before_pixels=True).file_meta
        assert same_data_set(content, original)
        for keyword in ("MediaStorageSOPClassUID", "MediaStorageSOPInstanceUID", "TransferSyntaxUID"):
            assert theirs.file_meta[keyword].value == meta[keyword].value, keyword
        assert theirs.file_meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
        identical += int(content == original)
    assert sent == {}
    sys.stdout.write(
        f"\n54 of 54 data sets byte-identical; whole files identical: {identical} (own file meta)\n"
    )


def test_strangers_are_turned_away_with_the_reason(
    receiving: Receiving, ct_series: list[Path], dcmtk: Path
) -> None:
    before = receiving.holdings()
    receiving.register("INTAKE_FAR", host="192.0.2.7")
    for title in ("NOBODY", "INTAKE_FAR"):
        refused = receiving.serving.send(ct_series[0], ae_title=title, dcmtk=dcmtk)
        assert refused.returncode != 0
        assert "Calling AE Title Not Recognized" in refused.stdout + refused.stderr
    with RawScu(receiving.serving.dicom_port, "NOBODY") as scu:
        kind, body = scu.associate([(1, VERIFICATION, [IMPLICIT])])
    assert (kind, list(body[1:4])) == (3, [1, 1, 3])  # A-ASSOCIATE-RJ: permanent, user, calling AE title
    wrong_name = receiving.echo("SQZX_PACS", dcmtk, called="OTHER")
    assert "Called AE Title Not Recognized" in wrong_name.stdout + wrong_name.stderr
    assert receiving.holdings() == before


@pytest.mark.samples
def test_sample_names_are_shown_as_the_facts_say(receiving: Receiving, samples: Path, dcmtk: Path) -> None:
    """Every file of the folder; where two hold the same UIDs the second comes from another hospital."""
    facts = json.loads((samples / "FACTS.json").read_text())
    desks = {"INTAKE_NAMES": "zhouli", "INTAKE_NAMES2": "liangchen"}
    receiving.peer("INTAKE_NAMES")
    receiving.peer("INTAKE_NAMES2", cast.COUNTY)
    seen = set[str]()
    for path in sorted((samples / "charset").glob("*.dcm")):
        fact = facts[f"charset/{path.name}"]
        if not fact["sop_uid"]:
            continue
        sender = "INTAKE_NAMES2" if fact["sop_uid"] in seen else "INTAKE_NAMES"
        seen.add(fact["sop_uid"])
        sent = receiving.serving.send(path, ae_title=sender, dcmtk=dcmtk)
        assert "Received Store Response (Success)" in sent.stdout + sent.stderr, path.name
        with closing(receiving.serving.client(desks[sender])) as client:
            assert shown_names(client, fact["study_uid"]) == [fact["patient_name"]] * 3, path.name
            groups = [group for group in fact["pn_groups"] if group]
            assert all(fact["study_uid"] in found_by_name(client, group) for group in groups), path.name
    assert len(seen) >= 13


@pytest.mark.samples
@pytest.mark.parametrize("name", ["chrSQEncoding.dcm", "chrSQEncoding1.dcm"])
def test_names_inside_sequences_follow_their_own_label(
    receiving: Receiving, samples: Path, dcmtk: Path, tmp_path: Path, name: str
) -> None:
    """These samples have no identity: refused as they are, shown right once they are given one."""
    sender = receiving.peer(f"INTAKE_SQ{len(name)}")
    original = samples / "charset" / name
    syntax, offset = head_of(original)
    bare = receiving.store(sender, original.read_bytes()[offset:], "1.2.3", syntax)
    assert (status(bare), comment(bare)) == (0xC000, "StudyInstanceUID is missing")

    dataset = pydicom.dcmread(original)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(dataset, keyword, pydicom.uid.generate_uid())
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(tmp_path / name)
    sent = receiving.serving.send(tmp_path / name, ae_title=sender, dcmtk=dcmtk)
    assert "Received Store Response (Success)" in sent.stdout + sent.stderr
    with closing(receiving.serving.client("zhouli")) as client:
        metadata = client.get(f"{address_of(client, dataset.SOPInstanceUID)}/metadata").json()[0]
    inner = metadata["00321064"]["Value"][0]["00100010"]["Value"][0]
    assert [inner[group] for group in GROUPS] == ["ﾔﾏﾀﾞ^ﾀﾛｳ", "山田^太郎", "やまだ^たろう"]


GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
CHINESE = "Wang^Xiaodong=王^小东"


def shown_names(client: httpx.Client, study_uid: str) -> list[str]:
    """The patient's name of a study: in the product's list, in QIDO-RS, in the metadata."""
    listed = arrival(client, study_uid)
    query = {"StudyInstanceUID": study_uid}
    (searched,) = client.get("/dicom-web/studies", params=query).raise_for_status().json()
    document = client.get(f"/dicom-web/studies/{study_uid}/metadata").raise_for_status().json()[0]
    assert listed is not None
    return [listed["patient_name"], *(written(found["00100010"]) for found in (searched, document))]


def written(name: dict[str, Any]) -> str:
    """A name of the DICOM JSON model as one text."""
    groups = name["Value"][0]
    return "=".join(groups.get(group, "") for group in GROUPS).rstrip("=")


def found_by_name(client: httpx.Client, text: str) -> set[str]:
    """The studies QIDO-RS finds under a name."""
    answer = client.get("/dicom-web/studies", params={"PatientName": text, "limit": "1000"})
    return {study["0020000D"]["Value"][0] for study in answer.raise_for_status().json()}


@pytest.mark.parametrize(
    "label, encoding, name",
    [
        ("GB18030", "gb18030", CHINESE),
        ("GBK", "gbk", CHINESE),
        ("ISO_IR 192", "utf-8", "Zhang^Min=張^敏"),
        ("ISO_IR 192", "utf-8", "Gong^Yan=龚^䶮"),
        ("GB18030", "gb18030", "Xie^Jie=谢^㛃"),
        ("ISO_IR 100", "latin-1", "Müller^Jörg"),
        ("ISO_IR 144", "iso8859-5", "Люксембург^Роза"),
        # Labels that are wrong, as hospitals send them.
        ("GB18030", "utf-8", CHINESE),
        ("ISO_IR 192", "gb18030", CHINESE),
        ("ISO_IR 100", "gb18030", CHINESE),
        ("ISO_IR 100", "utf-8", CHINESE),
        ("ISO_IR 6", "gb18030", CHINESE),
        ("NO SUCH SET", "utf-8", CHINESE),
    ],
)
def test_names_are_shown_right_even_under_a_wrong_label(
    receiving: Receiving, label: str, encoding: str, name: str
) -> None:
    data, dataset = named(label, name.encode(encoding))
    answer = receiving.store("SQZX_PACS", data, dataset.SOPInstanceUID)
    assert status(answer) == 0
    with closing(receiving.serving.client("zhouli")) as client:
        assert shown_names(client, dataset.StudyInstanceUID) == [name] * 3
        assert dataset.StudyInstanceUID in found_by_name(client, name.rpartition("=")[2])


def test_other_bytes_under_a_known_uid_are_refused_and_the_first_stay(
    receiving: Receiving, dcmtk: Path, tmp_path: Path
) -> None:
    sender = receiving.peer("INTAKE_TWICE")
    first, second = chest_files(tmp_path / "first", seed=7, slices=1), tmp_path / "second"
    dataset = pydicom.dcmread(first[0])
    uid = dataset.SOPInstanceUID
    dataset.PatientID = "SOMEBODY-ELSE"
    dataset.save_as(second)
    assert receiving.serving.send(*first, ae_title=sender, dcmtk=dcmtk).returncode == 0
    kept = receiving.holdings()
    again = receiving.serving.send(*first, ae_title=sender, dcmtk=dcmtk)
    assert "Received Store Response (Success)" in again.stdout + again.stderr
    assert receiving.holdings() == kept

    refused = receiving.serving.send(second, ae_title=sender, dcmtk=dcmtk)
    assert "Received Store Response (Unknown Status: 0x111)" in refused.stdout + refused.stderr
    with closing(receiving.serving.client("zhouli")) as client:
        posted = client.post(
            "/dicom-web/studies", content=body([second.read_bytes()]), headers=post_headers()
        )
        assert posted.status_code == 409
        (failure,) = posted.json()["00081198"]["Value"]
        assert (failure["00081155"]["Value"], failure["00081197"]["Value"]) == ([uid], [0x0111])
        assert same_data_set(retrieved(client, uid), first[0].read_bytes())
        listed = arrival(client, dataset.StudyInstanceUID)
    assert listed is not None
    assert (listed["patient_id"], listed["instance_count"]) == (PHANTOM.patient_id, 1)
    assert [row.reason_code for row in receiving.set_aside(uid)] == ["dicom.same_uid_other_content"] * 2
    assert receiving.holdings()[:3] == kept[:3]
