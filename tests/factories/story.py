"""The whole story over HTTP and C-STORE, one acknowledged step after another, fit to be killed at any
of them. It keeps what it was told, so that it can say afterwards whether all of it is still true.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Self

import httpx
import pydicom
from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode

from consult_server.demo import cast
from consult_server.demo.ct import LUNG, chest_ct
from tests.dicom_node.objects import dataset_of
from tests.dicom_node.raw_scu import CT, EXPLICIT, RawScu
from tests.factories.cases import Case, ok, seen
from tests.fixtures.serving import Serving
from tests.fixtures.waiting import wait_until
from tests.viewer.dicomweb.parts import parts

SLICES = 12
NO_ANSWER = -1
SETTLE_SECONDS = 30
WHOLE_STUDY = {"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}
# What follows from the archive and the moment rather than from the case's own steps.
FOLLOWING = {"images", "verdicts", "verbs"}
STEPS = ("send", "begin", "complete", "submit", "accept", "assign", "start", "write", "sign")
AFTER = {"submitted": "accept", "accepted": "assign", "assigned": "start", "signed": "done"}
DONE = "done"


def lasting(case: Case) -> Case:
    """A case without what moves by itself."""
    return {name: value for name, value in case.items() if name not in FOLLOWING}


def encoded(dataset: Dataset) -> bytes:
    """The data set alone, explicit VR little endian, as it goes over the wire."""
    data: bytes | None = encode(dataset, is_implicit_vr=False, is_little_endian=True)
    assert data
    return data


@dataclass
class Story:
    """One patient's case. `stored` and the other answers are what the server acknowledged."""

    product: Serving
    number: int
    patient: cast.CastPatient = field(default_factory=lambda: cast.patient("P12"))
    sop_class: str = CT
    stored: dict[str, bytes] = field(default_factory=dict)
    case: Case | None = None
    report: Case | None = None
    pdf: bytes = b""
    told_to: str = "zhouli"
    asked: str = ""
    on_acknowledged: Callable[[str], None] = lambda _what: None
    desks: dict[str, httpx.Client] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        scan = chest_ct(
            self.patient,
            accession=f"FAULT{self.number:04}",
            acquired_at=datetime.now(UTC),
            slices=SLICES,
            seed=self.number,
            series=(LUNG,),
        )
        datasets = list(scan)
        self.study_uid = str(datasets[0].StudyInstanceUID)
        self.slices = {str(one.SOPInstanceUID): encoded(one) for one in datasets}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def desk(self, user: str) -> httpx.Client:
        """`user`'s browser; its sign-in is one of the things that must outlast a crash."""
        if user not in self.desks:
            client = self.desks[user] = self.product.client(user)
            self.stack.callback(client.close)
        return self.desks[user]

    # --- The steps ------------------------------------------------------------------------------

    def send(self) -> None:
        """The whole series in one association, as an archive sends it (again, after a failure)."""
        with RawScu(self.product.dicom_port, "SQZX_PACS") as scu:
            scu.associate([(1, self.sop_class, [EXPLICIT])])
            for uid, data in self.slices.items():
                status = scu.store(1, self.sop_class, uid, data)
                if status == NO_ANSWER:
                    raise ConnectionError
                assert status == 0
                self.stored[uid] = data
                self.on_acknowledged("send")
            scu.release()

    def settle(self) -> None:
        """Wait until the applicant sees the whole study."""

        def arrived() -> bool:
            rows = ok(self.desk("zhouli").get("/api/arrivals"))
            mine = [row for row in rows if row["study_instance_uid"] == self.study_uid]
            return [(row["instance_count"], row["settled"]) for row in mine] == [(len(self.slices), True)]

        wait_until(arrived, SETTLE_SECONDS)

    def begin(self) -> None:
        """A blank request, as soon as the study has settled."""
        self.settle()
        self._ask("begin", "zhouli", "POST", "/api/consults", {"case_kind": "diagnosis"})

    def complete(self) -> None:
        """Everything a request needs."""
        applicant = self.desk("zhouli")
        found = ok(applicant.get("/api/patients", params={"q": self.patient.patient_id}))
        places = ok(applicant.get("/api/institutions"))
        whole = {
            "patient_id": found[0]["patient_id"],
            "invited_institution_id": next(
                place["institution_id"] for place in places if place["name"] == cast.COUNTY.name
            ),
            "urgency": "urgent",
            "question": f"第{self.number}例：左肺下叶结节是否增大？",
            "chief_complaint": "咳嗽、胸闷两周",
            "history": "既往体健，无手术史。",
            "consent_kind": "signed_paper",
            "study_instance_uid": self.study_uid,
        }
        self._ask("complete", "zhouli", "PATCH", self._path(), whole)

    def submit(self) -> None:
        self._step("zhouli", "submit")

    def accept(self) -> None:
        self._step("liangchen", "accept")

    def assign(self) -> None:
        reader = ok(self.desk("xunuo").get("/api/me"))["account_id"]
        self._step("liangchen", "assign", {"specialist_id": reader})

    def start(self) -> None:
        self._step("xunuo", "start")

    def write(self) -> None:
        """Save the draft once more, with words of its own."""
        reader, path = self.desk("xunuo"), f"{self._path()}/report"
        before = self.report or ok(reader.get(path))
        self.asked = f"第{before['version'] + 1}稿：左肺下叶结节约9.6 mm。"
        draft = {
            "template_id": before["template_id"],
            "sections": {"findings": self.asked, "impression": "左肺下叶结节，建议三个月后复查。"},
            "positive": True,
        }
        self.report = ok(reader.put(path, json=draft, headers=seen(before)))
        self.on_acknowledged("write")

    def sign(self) -> None:
        words = {"password": self.product.password("xunuo")}
        path, draft = f"{self._path()}/report/sign", self.report
        assert draft is not None
        self.report = ok(self.desk("xunuo").post(path, json=words, headers=seen(draft)))
        self.on_acknowledged("sign")
        self.case, self.told_to = ok(self.desk("zhouli").get(self._path())), "zhouli"
        self.pdf = self._page()

    def _known(self) -> Case:
        assert self.case is not None
        return self.case

    def _path(self) -> str:
        return f"/api/consults/{self._known()['consult_id']}"

    def _ask(self, step: str, user: str, method: str, path: str, body: Case | None) -> None:
        headers = seen(self.case) if self.case else {}
        self.case = ok(self.desk(user).request(method, path, json=body, headers=headers))
        self.told_to = user
        self.on_acknowledged(step)

    def _step(self, user: str, verb: str, body: Case | None = None) -> None:
        self._ask(verb, user, "POST", f"{self._path()}/{verb}", body)

    def _page(self) -> bytes:
        answer = self.desk("zhouli").get(f"{self._path()}/report.pdf")
        assert answer.status_code == 200, answer.text
        return answer.content

    # --- Going on and looking back --------------------------------------------------------------

    def next_step(self) -> str:
        """What is to be done, by what has been acknowledged."""
        if len(self.stored) < len(self.slices):
            return "send"
        if self.case is None:
            return "begin"
        status = self.case["status"]
        if status == "draft":
            return "submit" if self.case["study_instance_uid"] else "complete"
        if status == "reporting":
            return "sign" if self.report else "write"
        return AFTER[status]

    def until(self, last: str) -> None:
        """Take the steps that are still to be taken, `last` included."""
        while (step := self.next_step()) != DONE and STEPS.index(step) <= STEPS.index(last):
            getattr(self, step)()

    def finish(self) -> None:
        """Go on to the signed report in the applicant's hands."""
        self.look()
        self.until("sign")
        assert self.pdf.startswith(b"%PDF-")

    def look(self) -> None:
        """Take over what the server says now: a step that was never answered may have been taken."""
        if self.case is None:
            return
        self.case, self.told_to = ok(self.desk("zhouli").get(self._path())), "zhouli"
        if self.case["status"] in {"reporting", "signed"}:
            found = ok(self.desk("xunuo").get(f"{self._path()}/report"))
            self.report = found if found["version"] else None
        if self.case["status"] == "signed":
            self.pdf = self.pdf or self._page()

    def check(self, *, in_doubt: bool = False) -> None:
        """Nothing acknowledged is missing or altered; `in_doubt`, one step more may have been taken."""
        self.check_images()
        if self.case is not None:
            self._check_case(in_doubt=in_doubt)
        if self.report is not None:
            self._check_report(self.report, in_doubt=in_doubt)
        if self.pdf:
            assert self._page() == self.pdf

    def check_images(self) -> None:
        """Every acknowledged instance is there, byte for byte as it was sent."""
        if not self.stored:
            return
        answer = self.desk("zhouli").get(f"/dicom-web/studies/{self.study_uid}", headers=WHOLE_STUDY)
        assert answer.status_code == 200, answer.text
        files = [content for _kind, content in parts(answer)]
        found = {
            str(pydicom.dcmread(BytesIO(file), stop_before_pixels=True).SOPInstanceUID): dataset_of(file)
            for file in files
        }
        assert {uid: found.get(uid) == data for uid, data in self.stored.items()} == dict.fromkeys(
            self.stored, True
        )

    def _check_case(self, *, in_doubt: bool) -> None:
        told = self._known()
        now = ok(self.desk(self.told_to).get(self._path()))
        if in_doubt and now["version"] == told["version"] + 1:
            assert now["steps"][: len(told["steps"])] == told["steps"]
        else:
            assert lasting(now) == lasting(told)

    def _check_report(self, told: Case, *, in_doubt: bool) -> None:
        now = ok(self.desk("xunuo").get(f"{self._path()}/report"))
        if in_doubt and now["version"] == told["version"] + 1:
            assert now["signed"] or now["sections"]["findings"] == self.asked
        else:
            assert now == told
