"""The running product seen from the wire and from its data folder."""

from collections.abc import Iterator

import pytest

from tests.factories.intake import Receiving
from tests.fixtures.serving import Serving


@pytest.fixture(scope="session")
def receiving(serving: Serving) -> Iterator[Receiving]:
    """What peers can do to the running product, and what it then holds."""
    seen = Receiving.of(serving)
    yield seen
    seen.close()
