"""What a requestor says and is answered, held against pynetdicom's codecs, and mutated."""

import pytest
from hypothesis import given, strategies as st
from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_RQ, A_RELEASE_RQ

from config.kernel.errors import AppError
from dicom_node.pdu import (
    AnsweredContext,
    Extension,
    PduMalformed,
    ProposedContext,
    Rejection,
    Role,
    UserInformation,
    associate_accept,
    associate_reject,
    read_associate_request,
)
from dicom_node.scu.association import contexts_of
from dicom_node.scu.requesting import (
    AssociateAccept,
    associate_request,
    read_associate_accept,
    read_rejection,
    release_request,
)
from tests.dicom_node.raw_scu import CT, EXPLICIT, IMPLICIT, VERIFICATION, associate_rq
from tests.dicom_node.refusals import outcome_of

STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
uids = st.lists(st.integers(0, 10**6), min_size=1, max_size=6).map(lambda parts: ".".join(map(str, parts)))
titles = st.text("ABCDEFGHIJ_0123456789 ", min_size=1, max_size=16).filter(lambda t: t.strip() == t)
roles = st.builds(Role, sop_class_uid=uids, scu=st.booleans(), scp=st.booleans())
extensions = st.builds(Extension, sop_class_uid=uids, information=st.binary(max_size=8))
users = st.builds(
    UserInformation,
    pdu_bytes_max=st.integers(0, 2**32 - 1),
    implementation=titles,
    roles=st.lists(roles, max_size=4).map(tuple),
    extensions=st.lists(extensions, max_size=4).map(tuple),
)
proposals = st.lists(st.tuples(uids, st.lists(uids, min_size=1, max_size=4)), max_size=20)


@given(titles, titles, proposals, users)
def test_a_request_of_ours_is_read_as_it_was_meant(
    called: str, calling: str, services: list[tuple[str, list[str]]], user: UserInformation
) -> None:
    contexts = contexts_of(*services)
    request = read_associate_request(
        associate_request(called=called, calling=calling, contexts=contexts, user=user)[6:]
    )
    assert (request.called_ae_title, request.calling_ae_title, request.protocol_version) == (
        called,
        calling,
        1,
    )
    assert (request.contexts, request.user) == (contexts, user)
    assert [context.context_id for context in contexts] == list(range(1, 2 * len(services), 2))


def test_a_request_of_ours_is_read_by_pynetdicom() -> None:
    user = UserInformation(
        pdu_bytes_max=131_072,
        implementation="LIANZHEN_1",
        roles=(Role(sop_class_uid=CT, scu=False, scp=True),),
        extensions=(Extension(sop_class_uid=STUDY_ROOT, information=b"\1\0\1"),),
    )
    theirs = A_ASSOCIATE_RQ()
    theirs.decode(
        associate_request(
            called="OTHER",
            calling="LIANZHEN",
            contexts=contexts_of((CT, [EXPLICIT, IMPLICIT]), (VERIFICATION, [IMPLICIT])),
            user=user,
        )
    )
    assert (theirs.called_ae_title, theirs.calling_ae_title) == ("OTHER", "LIANZHEN")
    assert theirs.application_context_name == "1.2.840.10008.3.1.1.1"
    assert [
        (c.context_id, c.abstract_syntax, list(c.transfer_syntax)) for c in theirs.presentation_context
    ] == [(1, CT, [EXPLICIT, IMPLICIT]), (3, VERIFICATION, [IMPLICIT])]
    information = theirs.user_information
    assert information is not None
    assert information.maximum_length == 131_072
    assert {uid: (role.scu_role, role.scp_role) for uid, role in information.role_selection.items()} == {
        UID(CT): (0, 1)
    }
    assert [(e.sop_class_uid, e.service_class_application_information) for e in information.ext_neg] == [
        (STUDY_ROOT, b"\1\0\1")
    ]


def test_a_farewell_of_ours_is_read_by_pynetdicom() -> None:
    A_RELEASE_RQ().decode(release_request())
    assert release_request() == b"\5\0\0\0\0\4\0\0\0\0"


answered = st.builds(
    AnsweredContext,
    context_id=st.integers(0, 127).map(lambda n: 2 * n + 1),
    result=st.integers(0, 4),
    transfer_syntax=uids,
)


@given(st.lists(answered, max_size=20).map(tuple), users)
def test_an_acceptance_is_read_as_it_was_meant(
    contexts: tuple[AnsweredContext, ...], user: UserInformation
) -> None:
    request = associate_rq("OTHER", "LIANZHEN", [(1, CT, [EXPLICIT])])
    raw = associate_accept(request[6:], contexts, user=user, implementation_class_uid="1.2.3")
    assert read_associate_accept(raw[6:]) == AssociateAccept(contexts=contexts, user=user)


def test_a_rejection_is_read_as_it_was_meant() -> None:
    for rejection in (Rejection((1, 1, 7)), Rejection((2, 3, 2))):
        assert read_rejection(associate_reject(rejection)[6:]) == rejection
    with pytest.raises(PduMalformed):
        read_rejection(b"\0\1\1")


ACCEPTANCE = associate_accept(
    associate_rq("OTHER", "LIANZHEN", [(1, CT, [EXPLICIT])])[6:],
    (AnsweredContext(context_id=1, result=0, transfer_syntax=EXPLICIT),),
    user=UserInformation(
        pdu_bytes_max=1,
        implementation="X",
        roles=(Role(sop_class_uid=CT, scu=True, scp=True),),
        extensions=(Extension(sop_class_uid=CT, information=b"\1"),),
    ),
    implementation_class_uid="1.2.3",
)[6:]


@given(
    st.lists(st.tuples(st.integers(60, 400), st.binary(min_size=1, max_size=4)), max_size=5),
    st.integers(0, 200),
)
def test_mutated_acceptances_are_read_or_refused(edits: list[tuple[int, bytes]], cut: int) -> None:
    raw = bytearray(ACCEPTANCE)
    for place, content in edits:
        raw[place % len(raw) : place % len(raw) + len(content)] = content
    found = outcome_of(lambda: read_associate_accept(bytes(raw[: len(raw) - cut])))
    if isinstance(found, AppError):
        assert found.code == PduMalformed.code
    else:
        assert len(found.contexts) <= 136
        assert 0 <= found.user.pdu_bytes_max < 2**32


def test_a_role_of_another_length_is_left_out_and_a_uid_beyond_its_item_is_refused() -> None:
    user = UserInformation(roles=(Role(sop_class_uid="1.2", scu=False, scp=True),))
    whole = associate_request(called="A", calling="B", contexts=(), user=user)[6:]
    item = b"\x54\0\0\7\0\0031.2\0\1"
    assert item in whole
    longer = whole.replace(item, b"\x54\0\0\7\0\0021.2\0\1")
    assert read_associate_request(longer).user.roles == ()
    with pytest.raises(PduMalformed):
        read_associate_request(whole.replace(item, b"\x54\0\0\7\0\0111.2\0\1"))


def test_contexts_are_proposed_with_odd_ids() -> None:
    assert contexts_of((CT, (EXPLICIT,)), (VERIFICATION, [IMPLICIT])) == (
        ProposedContext(context_id=1, abstract_syntax=CT, transfer_syntaxes=(EXPLICIT,)),
        ProposedContext(context_id=3, abstract_syntax=VERIFICATION, transfer_syntaxes=(IMPLICIT,)),
    )
