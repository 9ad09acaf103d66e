"""What an association may carry: pure decisions over proposals, and their invariants."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from dicom_node.negotiation import (
    ABSTRACT_SYNTAX_REFUSED,
    ACCEPTED,
    TRANSFER_SYNTAXES_REFUSED,
    VERIFICATION,
    answer_context,
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
    ProposedContext,
    Rejection,
    UserInformation,
)
from tests.dicom_node.raw_scu import BIG, CT, EXPLICIT, IMPLICIT

WORKLIST, VIDEO, PRIVATE = "1.2.840.10008.5.1.4.31", "1.2.840.10008.1.2.7.1", "1.2.840.113619.5.2"
JPEG = "1.2.840.10008.1.2.4.50"


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
        (WORKLIST, [IMPLICIT], ABSTRACT_SYNTAX_REFUSED, IMPLICIT),
        ("", [IMPLICIT], ABSTRACT_SYNTAX_REFUSED, IMPLICIT),
        ("1.2.840.10008.5.1.4.1.2.2.1", [], ABSTRACT_SYNTAX_REFUSED, IMPLICIT),
    ],
)
def test_the_first_syntax_that_can_be_kept(
    abstract: str, syntaxes: list[str], result: int, syntax: str
) -> None:
    assert answer_context(proposed(abstract, *syntaxes)) == AnsweredContext(
        context_id=5, result=result, transfer_syntax=syntax
    )


uids = st.one_of(
    st.sampled_from([CT, VERIFICATION, WORKLIST, IMPLICIT, EXPLICIT, JPEG, VIDEO, PRIVATE, ""]),
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
        assert abstract == VERIFICATION or is_storage_class(abstract)
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
