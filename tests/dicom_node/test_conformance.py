"""The conformance statement says what the code does: each list, limit, status and rejection in it."""

import re
import tomllib
from datetime import timedelta
from http import HTTPStatus
from itertools import chain

import pytest
from pydicom.datadict import keyword_for_tag

from config.kernel.limits import GIB, MIB
from config.kernel.objects import StoreFull
from config.settings import DEFAULTS
from consult_server.web.errors import status_of as http_status
from dicom_node import pdu, status, tls
from dicom_node.archive.inflate import BYTES_MAX, EXTRA_BYTES, FACTOR_MAX
from dicom_node.archive.tables import Study
from dicom_node.command import COMMENT_CHARACTERS_MAX, CommandField
from dicom_node.commitment.checking import CHECKS_MAX
from dicom_node.commitment.ledger import FIRST_WAIT, KEPT, OPEN_MAX
from dicom_node.commitment.model import REFERENCES_MAX, REQUEST_BYTES_MAX, WELL_KNOWN, Reason
from dicom_node.forward import commitment, domain, fetching, notifying, promising, searching
from dicom_node.forward.forwarder import DESTINATIONS_MAX
from dicom_node.handlers import ASKING
from dicom_node.intake import charset
from dicom_node.intake.dicom_json import INLINE_BYTES_MAX, LIST_BYTES_MAX
from dicom_node.intake.elements import DEPTH_MAX, ELEMENTS_MAX, ITEMS_MAX
from dicom_node.intake.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom_node.intake.walk import FRAGMENTS_MAX
from dicom_node.keeping.errors import OverQuota
from dicom_node.mpps.attributes import ATTRIBUTES_BYTES_MAX
from dicom_node.mpps.domain import PERFORMED_STEP
from dicom_node.mpps.operations import ACTS
from dicom_node.negotiation import (
    COMMITMENT,
    NOT_FOR_FILES,
    OF_PLAIN_SYNTAX,
    VERIFICATION,
    is_storable_syntax,
    is_storage_class,
)
from dicom_node.peers import CACHE_SECONDS
from dicom_node.query.identifier import IDENTIFIER_BYTES_MAX, ITEMS_MAX as IDENTIFIER_ITEMS_MAX, KEYS_MAX
from dicom_node.query.model import KEYS, QUERY_CLASSES, RETURNED, Level
from dicom_node.rejection.note import Title
from dicom_node.retrieve.sending import KINDS_MAX
from dicom_node.status import answer_of
from dicom_node.worklist import model as worklist
from dicom_node.worklist.tables import WorklistEntry
from tests.dicom_node.conformance import STATEMENT, lists, storage_classes, transfer_syntaxes, written
from viewer import qido_query
from viewer.encoding import ENCODERS, HTJ2K, JPEG_2000, JPEG_LS
from viewer.frame_types import COMPRESSED
from viewer.qido import SCANNED_MAX
from viewer.qido_query import (
    FURTHER,
    INSTANCE_KEYS,
    LIMIT_DEFAULT,
    LIMIT_MAX,
    LIMIT_WITHIN_STUDY,
    SERIES_KEYS,
    STUDY_KEYS,
)
from viewer.render_query import REFUSED, THUMBNAIL_SIDE
from viewer.rendering import JPEG, PNG
from viewer.stow_limits import StowLimits
from viewer.wado_objects import TRANSCODED_BYTES_MAX

SPOKEN = {JPEG_2000: "JPEG 2000 Lossless", HTJ2K: "HTJ2K Lossless", JPEG_LS: "JPEG-LS Lossless"}
A_ROW = WorklistEntry(**dict.fromkeys(WorklistEntry.__table__.columns.keys(), "x"))
TEXT = STATEMENT.read_text(encoding="utf-8")
DICOM = tomllib.loads(DEFAULTS.read_text(encoding="utf-8"))["dicom"]


def section(number: str) -> str:
    """One numbered section with those below it."""
    level = "#" * (2 + number.count("."))
    found = re.search(
        rf"^{level} {re.escape(number)}\.? .*?(?=^{level} |^## |\Z)", TEXT, re.DOTALL | re.MULTILINE
    )
    assert found, number
    return found[0]


def table(text: str) -> dict[str, list[str]]:
    """The rows of every table in a text, by their first cell."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]
    return {row[0]: row[1:] for row in rows if not set(row[0]) <= set("-")}


def test_the_lists_are_those_of_the_code() -> None:
    assert written(TEXT) == lists(), "run: python -m tests.dicom_node.conformance"


EVERYDAY_CLASSES = "1 1.1 1.2 2 2.1 4 4.1 6.1 7 9.1.1 12.1 20 66.4 77.1.6 88.11 104.1 128 481.2 481.5"
EVERYDAY_SYNTAXES = (
    "",
    ".1",
    ".1.99",
    ".2",
    ".4.50",
    ".4.70",
    ".4.80",
    ".4.90",
    ".4.201",
    ".4.203",
    ".5",
    ".4.102",
)


def test_the_lists_hold_what_every_archive_must_take() -> None:
    """From PS3.4 B.5 and PS3.5 A, not from our rule."""
    classes, syntaxes = storage_classes(), transfer_syntaxes()
    assert {f"1.2.840.10008.5.1.4.1.1.{number}" for number in EVERYDAY_CLASSES.split()} <= set(classes)
    assert {f"1.2.840.10008.1.2{number}" for number in EVERYDAY_SYNTAXES} <= set(syntaxes)
    assert not {"1.2.840.10008.5.1.4.31", "1.2.840.10008.5.1.4.1.2.2.1", VERIFICATION} & set(classes)


@pytest.mark.parametrize(
    "name, value",
    [
        ("AE title", DICOM["ae_title"]),
        ("Host, port", f"{DICOM['host']}:{DICOM['port']}"),
        ("Application context", pdu.APPLICATION_CONTEXT_NAME),
        ("Implementation Class UID", IMPLEMENTATION_CLASS_UID),
        ("Implementation Version Name", IMPLEMENTATION_VERSION_NAME),
        ("Maximum PDU received", f"{DICOM['pdu_bytes_max']:,}"),
        ("Associations at once", f"({DICOM['associations_max']}) in all"),
        ("Associations at once", f"({DICOM['associations_per_peer_max']}) for each"),
    ],
)
def test_the_application_entity(name: str, value: str) -> None:
    assert value in table(section("2.1"))[name][0]


RESULTS = {"permanent": 1, "transient": 2}
SOURCES = {"user": 1, "ACSE provider": 2, "presentation provider": 3}
REASONS = {
    "protocol version not supported": 2,
    "application context name not supported": 2,
    "calling AE title not recognized": 3,
    "called AE title not recognized": 7,
    "local limit exceeded": 2,
    "temporary congestion": 1,
}
"""PS3.8 table 9-21."""


def test_every_rejection_is_named_with_its_numbers() -> None:
    rows = table(section("2.2"))
    stated = set()
    for heading, cells in rows.items():
        if heading != "A-ASSOCIATE-RJ":
            result, source, reason = (part.strip() for part in cells[0].split(","))
            stated.add((RESULTS[result], SOURCES[source], REASONS[reason]))
    assert stated == {tuple(value) for value in vars(pdu).values() if isinstance(value, pdu.Rejection)}


def test_the_time_limits() -> None:
    text = section("2.2")
    for name in ("associate_seconds", "pdu_seconds", "idle_seconds"):
        assert f"`{name}` ({DICOM[name]:g})" in text
    assert CACHE_SECONDS == 1.0
    assert "counts within one second" in text


def test_the_rule_for_presentation_contexts() -> None:
    text = section("2.3")
    for prefix in NOT_FOR_FILES:
        assert f"…{prefix.removeprefix('1.2.840.10008')[1:]}*" in text
        assert not is_storable_syntax(f"{prefix}1")
    assert VERIFICATION in text
    assert is_storage_class("1.2.840.10008.5.1.4.1.1.9999")
    assert is_storable_syntax("1.2.840.10008.1.2.4.9999")


def test_every_status_is_listed_and_no_other() -> None:
    answers, reasons = section("2.7").split("| Failure Reason")
    rows = table(section("2.4")) | table(section("2.5")) | table(answers) | table(section("2.10"))
    codes = {int(code, 16) for code in rows if re.fullmatch(r"[0-9A-F]{4}", code)}
    ours = {value for name, value in vars(status).items() if name.isupper() and isinstance(value, int)}
    assert codes == ours - {COMMENT_CHARACTERS_MAX, status.MAY_NO_LONGER_BE_UPDATED}
    assert f"Error ID (0000,0903) {status.MAY_NO_LONGER_BE_UPDATED:04X}" in section("2.10")
    assert {status.SUCCESS, *status.BY_KIND.values(), *status.BY_CODE.values()} <= codes
    assert {int(code, 16) for code in table(reasons) if re.fullmatch(r"[0-9A-F]{4}", code)} == set(Reason)
    named = {f"{name.replace('-', '_')}_RQ" for name in re.findall(r"[CN]-[A-Z-]+", rows["0211"][1])}
    served = {command for command in CommandField if command.name in named}
    others = ("C_ECHO_RQ", "C_STORE_RQ", "N_ACTION_RQ", "N_EVENT_REPORT_RQ")
    assert served == {*(CommandField[name] for name in others), *ASKING, *ACTS}


def test_the_matching_keys_and_limits_of_queries() -> None:
    text = section("2.5")
    for level in Level:
        ours = {keyword_for_tag(tag) for tag, key in KEYS.items() if key.level is level}
        assert set(table(text)[level.name][0].split(", ")) == ours
        returned = {keyword_for_tag(tag) for tag, lowest in RETURNED.items() if lowest is level}
        assert set(table(text)[level.name][1].split(", ")) - {""} == returned
    assert f"`dicom.query_results_max` ({DICOM['query_results_max']:,})" in text
    assert (
        f"{IDENTIFIER_BYTES_MAX // 1024} KiB, {KEYS_MAX} keys, {IDENTIFIER_ITEMS_MAX} sequence items" in text
    )
    assert all(uid in text for uid in QUERY_CLASSES)


def test_the_keys_of_the_worklist() -> None:
    rows = table(section("2.9"))
    of_entry, of_step = rows["of the entry"], rows["of ScheduledProcedureStepSequence"]
    for row, matched, returned in (
        (of_entry, worklist.KEYS, worklist.OF_ENTRY),
        (of_step, worklist.STEP_KEYS, worklist.OF_STEP),
    ):
        assert set(row[0].split(", ")) == {keyword_for_tag(tag) for tag in matched}
        known = {keyword_for_tag(tag) for tag, read in returned.items() if read(A_ROW)}
        assert set(row[0].split(", ")) | set(row[1].split(", ")) == known
    assert worklist.MODALITY_WORKLIST in section("2.9")
    assert section("2.9").count(", or STARTED") == 1
    assert f"{ATTRIBUTES_BYTES_MAX // MIB} MiB" in section("2.10")
    assert PERFORMED_STEP in section("2.10")


@pytest.mark.parametrize(
    "words",
    [
        f"Patient ID or Accession Number has more than {Study.patient_id.type.length}",
        f"a person name more than {Study.patient_name.type.length} characters",
        f"sequences nest deeper than {DEPTH_MAX}",
        f"more than {ELEMENTS_MAX:,} elements, {ITEMS_MAX:,} sequence items or {FRAGMENTS_MAX:,} fragments",
        f"beyond {FACTOR_MAX} times its size plus {EXTRA_BYTES // MIB} MiB, or {BYTES_MAX // GIB} GiB",
        f"`dicom.object_bytes_max` ({DICOM['object_bytes_max'] // GIB} GiB)",
        f"`dicom.quiet_seconds` ({DICOM['quiet_seconds']:g})",
    ],
)
def test_the_limits_of_storing(words: str) -> None:
    assert words in section("2.4")


@pytest.mark.parametrize(
    "words",
    [
        f"instance {WELL_KNOWN}",
        f"more than {REFERENCES_MAX:,} references or {REQUEST_BYTES_MAX // MIB} MiB",
        f"more than {OPEN_MAX:,} requests of this AE under way",
        f"in {CHECKS_MAX} attempts",
        f"first after {FIRST_WAIT.seconds} seconds",
        f"`dicom.commitment_hours` ({DICOM['commitment_hours']})",
        f"remembered for {KEPT.days} days",
    ],
)
def test_the_limits_of_storage_commitment(words: str) -> None:
    assert words in section("2.7")
    assert COMMITMENT in section("2.3")


@pytest.mark.parametrize(
    "words",
    [
        f"`{tls.CIPHERS}`",
        f"`{tls.CERTIFICATE_FILE}` and `{tls.KEY_FILE}`",
        f"With `{tls.CA_FILE}` beside them",
        "`dicom.tls_port`",
        "TLS 1.2 and 1.3, nothing older",
        "`lianzhen peers add --certificate`",
    ],
)
def test_the_security_profile(words: str) -> None:
    assert words in section("2.6")
    assert DICOM["tls_port"] == 0, "off by default, as section 2.1 says"


def test_every_setting_of_the_application_entity_is_listed_with_its_default() -> None:
    rows = table(section("5"))
    listed = {
        name.strip("`").removeprefix("dicom."): cells[0] for name, cells in rows.items() if "dicom." in name
    }
    assert listed == {name: str(value) for name, value in DICOM.items()}
    assert all(cells[1].endswith(".") for name, cells in rows.items() if "dicom." in name), (
        "each is explained"
    )


def test_the_character_sets() -> None:
    plain, extended = section("3").split("with code extensions ISO 2022 IR")
    listed = {
        f"ISO_IR {number}" for number in re.findall(r"\d+", plain.split("ISO_IR 192")[0]) if number != "3"
    }
    assert listed == {name for name in charset.SINGLE_BYTE if name}
    assert all(name in plain for name in charset.WITHOUT_EXTENSIONS)
    numbers = set(re.findall(r"\d+", extended.split(".")[0]))
    for number in numbers:
        assert charset.charset_of(["", f"ISO 2022 IR {number}"]).escapes
    assert {"58", "87", "149", "159"} <= numbers
    assert {name.rpartition(" ")[2] for name in charset.SINGLE_BYTE if name} <= numbers


def test_the_matching_keys_of_search() -> None:
    keys = re.search(r"Matching keys: (.*?); by keyword or tag", section("4"))
    assert keys
    stated = [name.strip() for name in re.split(r"[,;]", keys[1])]
    ours = [keyword_for_tag(tag) for tag in chain(STUDY_KEYS, SERIES_KEYS, INSTANCE_KEYS)]
    assert sorted(stated) == sorted(ours)
    assert f"`limit` at most {LIMIT_MAX:,} (default {LIMIT_DEFAULT}" in section("4")


def test_the_keys_that_are_looked_for_in_what_is_stored() -> None:
    stated = re.search(r"Without an index, (.*?)\. Single value", section("4"))
    assert stated
    for path in FURTHER[qido_query.Level.INSTANCES]:
        first, _, inner = path.partition(".")
        wanted = f".{keyword_for_tag(inner)}" if inner else keyword_for_tag(first)
        assert wanted in stated[1], path
    assert FURTHER[qido_query.Level.SERIES].keys() < FURTHER[qido_query.Level.INSTANCES].keys()
    assert f"at most {SCANNED_MAX:,} series or instances" in stated[1]
    assert f"within one study at most and by default {LIMIT_WITHIN_STUDY:,}" in section("4")


def test_what_is_made_on_the_way() -> None:
    made = re.search(r"made without loss on the way: (.*?);", section("4"))
    assert made
    stated = [name.strip() for name in made[1].split(",")]
    assert stated == ["Explicit VR Little Endian", *(SPOKEN[syntax] for syntax in ENCODERS)]
    assert f"objects up to {TRANSCODED_BYTES_MAX // MIB} MiB" in section("4")
    assert f"at most {THUMBNAIL_SIDE} pixels wide and high" in section("4")
    assert all(f"`{media_type}`" in section("4") for media_type in (JPEG, PNG))
    assert all(f"`{name}`" in section("4") for name in REFUSED if not name.startswith("presentation"))


def test_what_retrieve_and_store_may_hold() -> None:
    text, limits = section("4"), StowLimits()
    assert (
        f"binary values over {INLINE_BYTES_MAX // 1024} KiB and others over {LIST_BYTES_MAX // 1024} KiB"
        in text
    )
    assert all(media_type in text for media_type in set(COMPRESSED.values()))
    assert (
        f"at most {limits.body_bytes_max // GIB} GiB, {limits.parts_max:,} parts and objects of "
        f"{limits.object_bytes_max // GIB} GiB; {limits.bodies_max} requests at once" in text
    )


def test_every_title_of_a_rejection_note_is_listed() -> None:
    rows = table(section("2.8"))
    assert {code for code in rows if code.isdigit()} == set(Title)
    again = {code for code in rows if code.isdigit() and rows[code][1] == "it is seen again"}
    assert again == {Title.RETENTION}


def test_what_has_no_room_is_told_as_the_errors_say() -> None:
    """Over quota and a full disk: A700 over DIMSE, 507 over HTTP."""
    for refusal in (OverQuota(), StoreFull()):
        assert answer_of(refusal).status == 0xA700
        assert http_status(refusal) == HTTPStatus.INSUFFICIENT_STORAGE
    assert "quota used up (the comment says so)" in section("2")
    assert f"is answered {HTTPStatus.INSUFFICIENT_STORAGE.value} before it is read" in section("4")


@pytest.mark.parametrize(
    "service, user",
    [
        ("Verification", "yes"),
        ("Storage", "yes"),
        ("Query/Retrieve: FIND, GET, MOVE", "FIND and MOVE, Study Root"),
        ("Storage Commitment Push Model", "yes"),
        ("Modality Worklist", "–"),
        ("Modality Performed Procedure Step", "–"),
        ("STOW-RS", "–"),
    ],
)
def test_the_services_are_named_with_their_role(service: str, user: str) -> None:
    assert table(section("1"))[service] == [user, "yes"]


def test_word_of_what_is_there_goes_out_and_is_not_taken() -> None:
    assert table(section("1"))["Instance Availability Notification"] == ["yes", "–"]
    text = section("2.11")
    assert notifying.CLASS_UID in text
    assert all(one.value in text for one in domain.Availability)
    assert notifying.CLASS_UID not in OF_PLAIN_SYNTAX
    assert not is_storage_class(notifying.CLASS_UID)


def test_what_is_said_of_forwarding() -> None:
    text = section("2.11")
    assert f"up to {KINDS_MAX} kinds" in text
    assert f"after {domain.FIRST_WAIT.seconds} s" in text
    assert f"at most {domain.LONGEST_WAIT // timedelta(hours=1)} hour" in text
    assert f"after {domain.ATTEMPTS_MAX} in a row" in text
    assert f"At most {DESTINATIONS_MAX} destinations" in text
    stated = {
        int(code, 16)
        for heading in table(text)
        for code in re.findall(r"[0-9AB][0-9]{3}(?=,|$)", heading)
        if ", " in heading
    }
    assert stated == domain.STORED
    assert "| A7xx |" in text
    assert range(0xA700, 0xA800) == domain.OUT_OF_RESOURCES


def test_what_is_said_of_asking_for_commitment_and_priors() -> None:
    text = section("2.11")
    assert commitment.CLASS_UID in text
    assert f"at most {commitment.REFERENCES_MAX:,} objects" in text
    assert f"stay for {promising.LINGER_SECONDS:g} s" in text
    assert f"for {domain.ANSWER_AWAITED // timedelta(hours=1)} hours" in text
    answered = {status.SUCCESS, status.PROCESSING_FAILURE, promising.NO_SUCH_EVENT}
    assert {f"{code:04X}" for code in answered} <= table(text).keys()
    assert f"at most {searching.PRIORS_MAX} answers" in text
    assert f"up to {fetching.ANSWER_SECONDS:g} s" in text
    assert {searching.STUDY_FIND, fetching.STUDY_MOVE} <= QUERY_CLASSES
