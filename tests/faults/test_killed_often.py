"""kill -9 of every process, at each step of the story and at random moments: nothing acknowledged is
missing or altered afterwards, in this story or in any before it, and each goes on to its end.
"""

import random
import sys
from collections.abc import Iterator

import pytest

from tests.bench.report import machine
from tests.factories.story import STEPS, Story
from tests.faults.findings import Finding
from tests.fixtures.serving import Serving
from tests.fixtures.strike import strike_after, strike_at, strike_now

pytestmark = pytest.mark.timeout(600)

ROUNDS = 6
# About as long as one story takes from its first instance to the signature.
STORY_SECONDS = 12.0


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, findings: list[Finding]) -> Iterator[list[Story]]:
    """The stories that came to their end; they must stay as they are."""
    stories: list[Story] = []
    yield stories
    for story in stories:
        story.stack.close()
    findings.append(
        Finding(
            promise="kill -9 of every process of the product, at each step of a story and at random",
            measured=f"{len(stories)} kills; each story was brought to its end and stayed as it was",
            target="0 acknowledged lost or altered",
            kept=not request.session.testsfailed and bool(stories),
            at=str(machine()["at"]),
        )
    )


def new_story(product: Serving, told: list[Story]) -> Story:
    """The next one, with a number of its own."""
    return Story(product, number=len(told) + 1)


def bring_to_end(story: Story, told: list[Story]) -> None:
    """Finish this story, then look at all that were ever told."""
    story.finish()
    told.append(story)
    for each in told:
        each.check()


@pytest.mark.parametrize("last", STEPS)
def test_killed_in_the_quiet_after_a_step(doomed: Serving, told: list[Story], last: str) -> None:
    """After "send" the study has not settled yet."""
    story = new_story(doomed, told)
    story.until(last)
    strike_now(doomed)
    story.check()
    bring_to_end(story, told)


@pytest.mark.parametrize("acknowledged", [1, 4, 9])
def test_killed_while_a_series_comes_in(doomed: Serving, told: list[Story], acknowledged: int) -> None:
    story = new_story(doomed, told)
    strike_at(story, "send", acknowledged)
    assert acknowledged <= len(story.stored)
    story.check()
    bring_to_end(story, told)


@pytest.mark.parametrize("acknowledged", [1, 5])
def test_killed_while_a_draft_is_saved(doomed: Serving, told: list[Story], acknowledged: int) -> None:
    story = new_story(doomed, told)
    story.until("start")
    strike_at(story, "write", acknowledged)
    story.check(in_doubt=True)
    bring_to_end(story, told)


@pytest.mark.parametrize("delay_ms", [0, 100, 300, 600])
def test_killed_while_a_report_is_signed(doomed: Serving, told: list[Story], delay_ms: int) -> None:
    """Signed as a whole or not at all: a signed report has its page, a draft is as it was saved."""
    story = new_story(doomed, told)
    story.until("write")
    strike_after(delay_ms / 1000, doomed, story.sign)
    story.check(in_doubt=True)
    bring_to_end(story, told)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_a_random_moment(doomed: Serving, told: list[Story], seed: int) -> None:
    moment = random.Random(seed).uniform(0, STORY_SECONDS)
    sys.stdout.write(f"seed {seed}: killed after {moment:.2f} s\n")
    story = new_story(doomed, told)
    strike_after(moment, doomed, lambda: story.until("sign"))
    story.check(in_doubt=True)
    bring_to_end(story, told)
