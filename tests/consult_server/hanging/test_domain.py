"""Who keeps which protocol."""

import pytest
from hypothesis import given, strategies as st

from consult_server.hanging.domain import ProtocolNotYours, check_keeper
from consult_server.hanging.schemas import PANES
from consult_server.identity.domain import Role

ROLES = st.frozensets(st.sampled_from(Role))


@given(ROLES)
def test_everybody_keeps_their_own(roles: frozenset[str]) -> None:
    check_keeper(roles, shared=False)


@given(ROLES)
def test_the_institutions_are_kept_by_two_roles(roles: frozenset[str]) -> None:
    if Role.ADMINISTRATOR in roles or Role.COORDINATOR in roles:
        check_keeper(roles, shared=True)
    else:
        with pytest.raises(ProtocolNotYours):
            check_keeper(roles, shared=True)


def test_a_layout_has_rows_times_columns() -> None:
    assert {name: int(name[0]) * int(name[2]) for name in PANES} == PANES
