"""Lists of cases on both databases: who sees which, in which order, page by page, found by what."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from config.kernel.database import Database
from config.kernel.principal import Principal, Proof
from consult_server.consults import access, lending, queries
from consult_server.consults.domain import ConsultNotFound, ServiceLine, Status
from consult_server.consults.queries import PAGE, View, WorklistFilter, worklist
from consult_server.consults.tables import Consult, Counter
from consult_server.identity.domain import Role, RoleMissing
from consult_server.identity.service import NewAccount
from consult_server.identity.tables import Account
from consult_server.institutions.tables import Institution
from consult_server.patients.domain import name_key
from tests.factories.rows import CITY, COUNTY, NOW, TOWNSHIP, a_consult, a_patient
from tests.factories.studies import a_study, add_study

RANKS = {"emergency": 0, "urgent": 1, "routine": 2}
PEOPLE = {"a-applicant": TOWNSHIP, "a-specialist": COUNTY, "a-other": COUNTY, "a-foreign": CITY}


def caller(role: Role, institution_id: str, account_id: str = "a-nobody") -> Principal:
    return Principal(
        account_id=account_id,
        name="",
        institution_id=institution_id,
        roles=frozenset({role.value}),
        proof=Proof.SESSION,
    )


APPLICANT = caller(Role.APPLICANT, TOWNSHIP, "a-applicant")
COORDINATOR = caller(Role.COORDINATOR, COUNTY)
SPECIALIST = caller(Role.SPECIALIST, COUNTY, "a-specialist")
OTHER_READER = caller(Role.SPECIALIST, COUNTY, "a-other")
FOREIGN = caller(Role.COORDINATOR, CITY, "a-foreign")
EVERYBODY = (APPLICANT, COORDINATOR, SPECIALIST, OTHER_READER, FOREIGN)


@pytest.fixture
async def db(database: Database) -> Database:
    """Three places, four people, two patients; no case."""
    async with database.write() as tx:
        for number, place in enumerate((TOWNSHIP, COUNTY, CITY)):
            tx.add(
                Institution(
                    institution_id=place,
                    name=place,
                    level="county",
                    runs_centre=False,
                    issuer_of_patient_id=str(number),
                    phone="",
                    created_at=NOW,
                )
            )
        await tx.flush()
        for account_id, place in PEOPLE.items():
            tx.add(an_active_account(account_id, place))
        for patient_id, name in (("p1", "仇大山"), ("p2", "单建国")):
            tx.add(
                a_patient(
                    patient_id=patient_id,
                    identifier=patient_id,
                    name=name,
                    name_key=name_key(name),
                    created_at=NOW,
                )
            )
    return database


def an_active_account(account_id: str, place: str) -> Account:
    new = NewAccount(user=account_id, name=account_id, institution_id=place, roles=[])
    return Account(
        account_id=account_id,
        user=new.user,
        name=new.name,
        title="",
        department="",
        institution_id=place,
        roles=[],
        service_lines=[],
        locale="zh-CN",
        password_hash="",
        failures=0,
        active=True,
        demonstration=False,
        created_at=NOW,
    )


def case(number: int, **given: Any) -> Consult:
    urgency = given.get("urgency", "routine")
    whole = {
        "consult_id": f"{number:06d}",
        "number": f"D20261121-{number:04d}",
        "urgency": urgency,
        "urgency_rank": RANKS[urgency],
        "accession_number": f"CT{number:06d}",
    }
    return a_consult(**(whole | given))


async def put(db: Database, *cases: Consult) -> None:
    async with db.write() as tx:
        await tx.execute(delete(Consult))
        tx.add_all(cases)


async def pages(view: AsyncSession, principal: Principal, which: View, **more: Any) -> list[Sequence[str]]:
    """Every page of a list, as the client turns them."""
    found: list[Sequence[str]] = []
    after: str | None = None
    while True:
        rows = await worklist(view, principal, WorklistFilter(view=which, after=after, **more))
        found.append([row.consult_id for row in rows])
        if len(rows) < PAGE:
            return found
        after = rows[-1].consult_id


async def ids(db: Database, principal: Principal, which: View = View.ALL, **more: Any) -> list[str]:
    async with db.read() as view:
        return [one for page in await pages(view, principal, which, **more) for one in page]


# --- Who may know of which case -----------------------------------------------------------------


async def test_who_sees_a_case_in_each_state(db: Database) -> None:
    for status in Status:
        sent, free = status is not Status.DRAFT, status is Status.ACCEPTED
        await put(db, case(1, status=status.value, submitted_at=NOW if sent else None))
        seen = {who.account_id + who.institution_id: await ids(db, who) for who in EVERYBODY}
        wanted = [True, sent, sent, free, False]
        assert seen == {
            who.account_id + who.institution_id: ["000001"] if sees else []
            for who, sees in zip(EVERYBODY, wanted, strict=True)
        }, status


async def test_a_role_alone_opens_nothing_of_another_place(db: Database) -> None:
    await put(db, case(1, status="accepted"))
    for role in (Role.APPLICANT, Role.TECHNICIAN, Role.COORDINATOR, Role.SPECIALIST, Role.AUDITOR):
        assert await ids(db, caller(role, CITY)) == []
        async with db.read() as view:
            with pytest.raises(ConsultNotFound):
                await access.get_consult(view, caller(role, CITY), "000001")


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR])
async def test_lists_are_clinical(db: Database, role: Role) -> None:
    async with db.read() as view:
        with pytest.raises(RoleMissing):
            await worklist(view, caller(role, COUNTY), WorklistFilter(view=View.ALL))


async def test_lists_and_single_cases_agree(db: Database) -> None:
    """What a list shows can be opened, and what can be opened is in the list of all."""
    states = list(Status)
    await put(db, *(case(n, status=status.value) for n, status in enumerate(states)))
    for principal in EVERYBODY:
        listed = set(await ids(db, principal))
        async with db.read() as view:
            for number in range(len(states)):
                try:
                    opened = (await access.get_consult(view, principal, f"{number:06d}")).consult_id
                except ConsultNotFound:
                    assert f"{number:06d}" not in listed
                else:
                    assert opened in listed


async def test_images_are_lent_with_the_case_and_no_longer(db: Database) -> None:
    for status in Status:
        await put(db, case(1, status=status.value))
        async with db.read() as view:
            scope = await access.study_scope(view, SPECIALIST, "1.2.3")
            away = await access.study_scope(view, FOREIGN, "1.2.3")
        lent = status in lending.LENDING
        assert (scope.shared == {(TOWNSHIP, "1.2.3")}) is lent, status
        assert scope.institution_ids == {COUNTY}
        assert away.shared == frozenset()


async def add_two_studies(db: Database) -> None:
    """The study that cases are about, and one of the same person half a year before."""
    async with db.write() as tx:
        for uid, day in (("1.2.3", "20261121"), ("4.5.6", "20260514")):
            study = a_study(institution_id=TOWNSHIP, study_instance_uid=uid, now=NOW, patient_id="p1")
            study.issuer_of_patient_id, study.study_date, study.patient_birth_date = "", day, ""
            await add_study(tx, study, NOW)


async def test_earlier_studies_are_lent_to_whom_the_case_is_open_and_no_longer(db: Database) -> None:
    await add_two_studies(db)
    for status in Status:
        await put(db, case(1, status=status.value))
        for person in EVERYBODY:
            async with db.read() as view:
                scope = await access.study_scope(view, person, "4.5.6")
            free = status is Status.ACCEPTED
            reads = person in {COORDINATOR, SPECIALIST} or (person is OTHER_READER and free)
            lent = reads and status in lending.LENDING
            assert (scope.shared == {(TOWNSHIP, "4.5.6")}) is lent, (status, person.account_id)


async def test_what_is_lent_with_a_case_is_what_is_lent_of_it(db: Database) -> None:
    await add_two_studies(db)
    await put(db, case(1, status=Status.REPORTING.value))
    async with db.read() as view:
        for person in EVERYBODY:
            with_it = await access.earlier_lent_with(view, person, "1.2.3")
            of_it = await access.lent_as_earlier(view, person, "4.5.6")
            assert with_it == of_it, person.account_id
        assert await access.earlier_lent_with(view, SPECIALIST, "4.5.6") == frozenset(), (
            "it is the earlier one"
        )
        assert await access.lent_as_earlier(view, SPECIALIST, "1.2.3") == frozenset()


async def test_a_scope_for_one_study_holds_no_other(db: Database) -> None:
    await put(db, case(1), case(2, study_instance_uid="9.9"), case(3, study_instance_uid=None))
    async with db.read() as view:
        assert (await access.study_scope(view, SPECIALIST, "9.9")).shared == {(TOWNSHIP, "9.9")}
        assert (await access.study_scope(view, SPECIALIST, "7.7")).shared == frozenset()
        every = await access.study_scope(view, SPECIALIST, None)
    assert every.shared == {(TOWNSHIP, "1.2.3"), (TOWNSHIP, "9.9")}


# --- What waits for whom ------------------------------------------------------------------------


WAITING = (
    {"draft", "returned", "submitted", "accepted", "assigned", "reporting", "signed"},
    {"submitted", "accepted", "assigned", "reporting"},
    {"accepted", "assigned", "reporting"},
    {"accepted"},
    set[str](),
)


async def test_what_waits(db: Database) -> None:
    await put(db, *(case(n, status=status.value) for n, status in enumerate(Status)))
    for principal, mine in zip(EVERYBODY, WAITING, strict=True):
        async with db.read() as view:
            rows = await worklist(view, principal, WorklistFilter(view=View.MINE))
            done = await worklist(view, principal, WorklistFilter(view=View.DONE))
        assert {row.status for row in rows} == mine
        assert {row.status for row in done} <= {"signed", "closed", "withdrawn", "declined"}


async def test_the_most_pressing_is_first_and_what_was_never_sent_last(db: Database) -> None:
    def due(hours: float) -> dict[str, Any]:
        return {"due_at": NOW + timedelta(hours=hours)}

    await put(
        db,
        case(1, **due(1)),
        case(2, urgency="urgent", **due(5)),
        case(3, urgency="emergency", **due(9)),
        case(4, urgency="urgent", **due(2)),
        case(5, due_at=None, submitted_at=None, status="draft"),
        case(6, urgency="emergency", due_at=None, submitted_at=None, status="draft"),
        case(7, **due(1)),
    )
    assert await ids(db, APPLICANT, View.MINE) == [f"{n:06d}" for n in (3, 6, 4, 2, 1, 7, 5)]


ROWS = st.lists(
    st.tuples(
        st.sampled_from(sorted(RANKS)), st.none() | st.integers(0, 3), st.sampled_from(["draft", "submitted"])
    ),
    min_size=0,
    max_size=2 * PAGE + 5,
)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
async def test_pages_hold_every_case_once_in_one_order(
    db: Database, rows: list[tuple[str, int | None, str]]
) -> None:
    """However many are due at one moment: none is left out between pages, none comes twice."""
    made = [
        case(n, urgency=urgency, status=status, due_at=None if due is None else NOW + timedelta(hours=due))
        for n, (urgency, due, status) in enumerate(rows)
    ]
    await put(db, *made)
    wanted = sorted(
        made, key=lambda row: (row.urgency_rank, row.due_at is None, row.due_at or NOW, row.consult_id)
    )
    assert await ids(db, APPLICANT, View.MINE) == [row.consult_id for row in wanted]
    assert await ids(db, APPLICANT, View.ALL) == sorted((row.consult_id for row in made), reverse=True)


async def test_a_page_that_follows_a_case_that_is_gone_begins_again(db: Database) -> None:
    await put(db, case(1), case(2))
    async with db.read() as view:
        rows = await worklist(view, APPLICANT, WorklistFilter(view=View.MINE, after="gone"))
    assert {row.consult_id for row in rows} == {"000001", "000002"}


# --- Finding ------------------------------------------------------------------------------------


FOUND_BY: dict[str, set[int]] = {
    "仇大山": {1},
    "qiudashan": {1},
    "qds": {1},
    "sjg": {2},
    "D20261121": {1, 2, 3},
    "D20261121-0003": {3},
    " D20261121-0003 ": {3},
    "CT000002": {2},
    "000002": set(),
    "%": {1, 2, 3},
    "_": {1, 2, 3},
    "D2026112_": set(),
    "仇%山": set(),
    "没有": set(),
    "": {1, 2, 3},
    "  ": {1, 2, 3},
}


async def test_a_case_is_found_by_name_or_number(db: Database) -> None:
    """Also a draft in which nobody has chosen a patient yet: it has a number from its first moment."""
    await put(db, case(1), case(2, patient_id="p2"), case(3, patient_id=None, status="draft"))
    found = {text: {int(one) for one in await ids(db, APPLICANT, text=text)} for text in FOUND_BY}
    assert found == FOUND_BY


@pytest.mark.parametrize("line", list(ServiceLine))
async def test_a_list_may_be_of_one_line(db: Database, line: ServiceLine) -> None:
    await put(db, case(1, service_line="ecg"), case(2), case(3, service_line="ecg", patient_id="p2"))
    wanted = {"ecg": ["000003", "000001"], "imaging": ["000002"]}[line.value]
    assert await ids(db, APPLICANT, service_line=line) == wanted
    assert await ids(db, APPLICANT, service_line=line, text="仇") == [
        one for one in wanted if one != "000003"
    ]


# --- Numbers ------------------------------------------------------------------------------------


async def test_numbers_of_a_day_are_given_out_in_turn(database: Database) -> None:
    given = []
    for day in ("20261121", "20261121", "20261122", "20261121"):
        async with database.write() as tx:
            counter = await queries.counter(tx, day)
            counter.last += 1
            given.append((day[-2:], counter.last))
    assert given == [("21", 1), ("21", 2), ("22", 1), ("21", 3)]


async def test_a_number_that_was_not_kept_is_given_again(database: Database) -> None:
    with pytest.raises(LookupError):
        async with database.write() as tx:
            (await queries.counter(tx, "20261121")).last += 1
            raise LookupError
    async with database.write() as tx:
        assert (await queries.counter(tx, "20261121")).last == 0
        assert (await tx.scalars(select(Counter))).one().day == "20261121"
