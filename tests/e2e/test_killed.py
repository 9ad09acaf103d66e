"""kill -9 of every process in the middle of the story; tests/faults has more places and random moments."""

import pytest

from tests.factories.story import Story
from tests.fixtures.serving import Serving
from tests.fixtures.strike import strike_at, strike_now

pytestmark = pytest.mark.timeout(300)


def test_nothing_acknowledged_is_lost(doomed: Serving) -> None:
    """Killed while a series comes in, while a draft is saved, and right after the signature."""
    with Story(doomed, number=1) as story:
        strike_at(story, "send", 5)
        assert 5 <= len(story.stored) < len(story.slices)
        story.check()

        story.until("start")
        strike_at(story, "write", 3)
        story.check(in_doubt=True)
        story.look()

        story.until("sign")
        strike_now(doomed)
        story.check()
        assert story.report is not None
        assert story.report["signed"]["verified"]
