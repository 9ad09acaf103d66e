"""What an association may carry: pure decisions over proposals, and their invariants."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dicom_node.negotiation import (
    ABSTRACT_SYNTAX_REFUSED,
    ACCEPTED,
    COMMITMENT,
    TRANSFER_SYNTAXES_REFUSED,
    VERIFICATION,
    agreed_contexts,
    answer_context,
    answer_extensions,
    answer_roles,
    is_storable_syntax,
    is_storage_class,
    objection,
)
from dicom_node.pdu import (
    APPLICATION_CONTEXT_NAME,
    APPLICATION_CONTEXT_REFUSED,
    CALLED_AE_UNKNOWN,
    PROTOCOL_VERSION_REFUSED,
    AnsweredContext,
    AssociateRequest,
    Extension,
    ProposedContext,
    Rejection,
    Role,
    UserInformation,
)
from tests.dicom_node.raw_scu import BIG, CT, DEFLATED, EXPLICIT, IMPLICIT

WORKLIST, STEPS = "1.2.840.10008.5.1.4.31", "1.2.840.10008.3.1.2.3.3"
RETRIEVED_STEPS, VIDEO, PRIVATE = "1.2.840.10008.3.1.2.3.4", "1.2.840.10008.1.2.7.1", "1.2.840.113619.5.2"
JPEG = "1.2.840.10008.1.2.4.50"
STUDY_FIND, STUDY_GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"


def proposed(abstract: str, *syntaxes: str) -> ProposedContext:
    """A presentation context."""
    return ProposedContext(context_id=5, abstract_syntax=abstract, transfer_syntaxes=syntaxes)


@pytest.mark.parametrize(
    "abstract, syntaxes, result, syntax",
    [
        (CT, [IMPLICIT], ACCEPTED, IMPLICIT),
        (CT, [EXPLICIT, IMPLICIT], ACCEPTED, EXPLICIT),
        (CT, [VIDEO, JPEG, IMPLICIT], ACCEPTED, JPEG),
        (CT, [PRIVATE, IMPLICIT], ACCEPTED, PRIVATE),
        (CT, [BIG], ACCEPTED, BIG),
        (CT, [VIDEO], TRANSFER_SYNTAXES_REFUSED, VIDEO),
        (CT, ["nonsense"], TRANSFER_SYNTAXES_REFUSED, "nonsense"),
        (CT, [], TRANSFER_SYNTAXES_REFUSED, IMPLICIT),
        (VERIFICATION, [IMPLICIT], ACCEPTED, IMPLICIT),
        (WORKLIST, [DEFLATED, IMPLICIT], ACCEPTED, IMPLICIT),
        (STEPS, [EXPLICIT], ACCEPTED, EXPLICIT),
        (STEPS, [DEFLATED], TRANSFER_SYNTAXES_REFUSED, DEFLATED),
        (RETRIEVED_STEPS, [IMPLICIT], ABSTRACT_SYNTAX_REFUSED, IMPLICIT),
        ("", [IMPLICIT], ABSTRACT_SYNTAX_REFUSED, IMPLICIT),
        (STUDY_FIND, [], TRANSFER_SYNTAXES_REFUSED, IMPLICIT),
        (STUDY_FIND, [JPEG, BIG, IMPLICIT, EXPLICIT], ACCEPTED, IMPLICIT),
        (STUDY_FIND, [DEFLATED], TRANSFER_SYNTAXES_REFUSED, DEFLATED),
        (STUDY_GET, [EXPLICIT], ACCEPTED, EXPLICIT),
        (COMMITMENT, [JPEG, PRIVATE, EXPLICIT, IMPLICIT], ACCEPTED, EXPLICIT),
        (COMMITMENT, [DEFLATED, BIG], TRANSFER_SYNTAXES_REFUSED, DEFLATED),
        ("1.2.840.10008.5.1.4.1.2.3.1", [IMPLICIT], ABSTRACT_SYNTAX_REFUSED, IMPLICIT),
    ],
)
def test_the_first_syntax_that_can_be_kept(
    abstract: str, syntaxes: list[str], result: int, syntax: str
) -> None:
    assert answer_context(proposed(abstract, *syntaxes)) == AnsweredContext(
        context_id=5, result=result, transfer_syntax=syntax
    )


uids = st.one_of(
    st.sampled_from(
        [CT, VERIFICATION, STUDY_FIND, COMMITMENT, WORKLIST, IMPLICIT, EXPLICIT, JPEG, VIDEO, PRIVATE, ""]
    ),
    st.text("0123456789.", max_size=70),
    st.text(max_size=10),
    st.integers(0, 999).map(lambda n: f"1.2.840.10008.5.1.4.1.1.{n}"),
    st.integers(0, 999).map(lambda n: f"1.2.840.10008.1.2.4.{n}"),
)


@given(uids, st.lists(uids, max_size=6))
def test_an_accepted_context_was_proposed_and_can_be_kept(abstract: str, syntaxes: list[str]) -> None:
    answer = answer_context(proposed(abstract, *syntaxes))
    assert answer.context_id == 5
    assert answer.transfer_syntax in (*syntaxes, IMPLICIT)
    if answer.result == ACCEPTED:
        assert answer.transfer_syntax in syntaxes
        assert is_storable_syntax(answer.transfer_syntax)
        assert abstract in {VERIFICATION, STUDY_FIND, COMMITMENT} or is_storage_class(abstract)
        if abstract in {STUDY_FIND, COMMITMENT}:
            assert answer.transfer_syntax in {IMPLICIT, EXPLICIT}
            return
        earlier = syntaxes[: syntaxes.index(answer.transfer_syntax)]
        assert not any(is_storable_syntax(syntax) for syntax in earlier)


@given(uids)
def test_a_uid_that_is_kept_is_a_uid(uid: str) -> None:
    for kept in (is_storage_class(uid), is_storable_syntax(uid)):
        assert not kept or (0 < len(uid) <= 64 and set(uid) <= set("0123456789."))


REQUEST = AssociateRequest(
    protocol_version=1,
    called_ae_title="LIANZHEN",
    calling_ae_title="COUNTY",
    application_context=APPLICATION_CONTEXT_NAME,
    contexts=(),
    user=UserInformation(),
)


@pytest.mark.parametrize(
    "request_, against",
    [
        (REQUEST, None),
        (replace(REQUEST, protocol_version=3), None),
        (replace(REQUEST, protocol_version=2), PROTOCOL_VERSION_REFUSED),
        (replace(REQUEST, protocol_version=0), PROTOCOL_VERSION_REFUSED),
        (replace(REQUEST, application_context="1.2.3"), APPLICATION_CONTEXT_REFUSED),
        (replace(REQUEST, application_context=""), APPLICATION_CONTEXT_REFUSED),
        (replace(REQUEST, called_ae_title="lianzhen"), CALLED_AE_UNKNOWN),
        (replace(REQUEST, called_ae_title=""), CALLED_AE_UNKNOWN),
        (replace(REQUEST, called_ae_title="LIANZHEN2"), CALLED_AE_UNKNOWN),
    ],
    ids=range(9),
)
def test_who_is_meant(request_: AssociateRequest, against: Rejection | None) -> None:
    assert objection(request_, "LIANZHEN") == against


roles = st.builds(Role, sop_class_uid=uids, scu=st.booleans(), scp=st.booleans())


@given(st.lists(roles, max_size=8).map(tuple))
def test_roles_are_taken_as_proposed_for_storage_and_commitment_and_nothing_else(
    wanted: tuple[Role, ...],
) -> None:
    answered = answer_roles(wanted)
    assert set(answered) <= set(wanted)
    assert [role.sop_class_uid for role in answered] == list(dict.fromkeys(r.sop_class_uid for r in answered))
    assert {role.sop_class_uid for role in answered} == {
        role.sop_class_uid
        for role in wanted
        if is_storage_class(role.sop_class_uid) or role.sop_class_uid == COMMITMENT
    }


@given(st.lists(roles, max_size=8).map(tuple))
def test_reports_are_heard_by_whoever_named_the_users_role_and_carry_no_objects(
    wanted: tuple[Role, ...],
) -> None:
    context = ProposedContext(context_id=1, abstract_syntax=COMMITMENT, transfer_syntaxes=(IMPLICIT,))
    request = replace(REQUEST, contexts=(context,), user=UserInformation(roles=wanted))
    (agreed,) = agreed_contexts(request, (answer_context(context),)).values()
    named = [role.scu for role in wanted if role.sop_class_uid == COMMITMENT]
    assert agreed.hears_reports == (named[-1:] == [True])
    assert not agreed.takes_objects


@pytest.mark.parametrize(
    "uid, offered, answered",
    [
        (STUDY_FIND, b"\1\1\1\1\1", b"\1\0\1\0\0"),
        (STUDY_FIND, b"\1", b"\1"),
        (STUDY_FIND, b"\0\0\1", b"\0\0\1"),
        (STUDY_FIND, b"", b""),
        (STUDY_FIND, b"\xff" * 9, b"\1\0\1\0\0"),
        (STUDY_GET, b"\1\1", b"\1\0"),
        (CT, b"\2\0\0", None),
    ],
)
def test_of_extensions_what_both_sides_want(uid: str, offered: bytes, answered: bytes | None) -> None:
    expected = () if answered is None else (Extension(sop_class_uid=uid, information=answered),)
    assert answer_extensions((Extension(sop_class_uid=uid, information=offered),)) == expected


def test_what_was_agreed_on_is_known_of_each_context() -> None:
    request = replace(
        REQUEST,
        contexts=(
            ProposedContext(context_id=1, abstract_syntax=STUDY_FIND, transfer_syntaxes=(IMPLICIT,)),
            ProposedContext(context_id=3, abstract_syntax=STUDY_GET, transfer_syntaxes=(EXPLICIT,)),
            ProposedContext(context_id=5, abstract_syntax=CT, transfer_syntaxes=(JPEG,)),
            ProposedContext(context_id=7, abstract_syntax="1.2.3", transfer_syntaxes=(JPEG,)),
            ProposedContext(context_id=9, abstract_syntax=RETRIEVED_STEPS, transfer_syntaxes=(IMPLICIT,)),
            ProposedContext(context_id=11, abstract_syntax=WORKLIST, transfer_syntaxes=(IMPLICIT,)),
        ),
        user=UserInformation(
            roles=(
                Role(sop_class_uid=CT, scu=False, scp=True),
                Role(sop_class_uid="1.2.3", scu=True, scp=False),
                Role(sop_class_uid=STUDY_GET, scu=True, scp=True),
            ),
            extensions=(
                Extension(sop_class_uid=STUDY_FIND, information=b"\0\0\1"),
                Extension(sop_class_uid=STUDY_GET, information=b"\1\0\1"),
            ),
        ),
    )
    agreed = agreed_contexts(request, tuple(answer_context(one) for one in request.contexts))
    facts = {n: (c.takes_objects, c.relational, c.fuzzy, c.transfer_syntax) for n, c in agreed.items()}
    assert facts == {
        1: (False, False, True, IMPLICIT),
        3: (False, True, False, EXPLICIT),
        5: (True, False, False, JPEG),
        7: (False, False, False, JPEG),
        11: (False, False, False, IMPLICIT),
    }
