"""What the report says, and what counts as a loss."""

import pytest

from tests.faults.checking import Toll, difference
from tests.faults.filling import only_out_of_resources
from tests.faults.findings import Finding, merged
from tests.faults.hostile import Dice, by_hand, changed, ours, renamed
from tests.faults.pdus import a_case


def a_finding(promise: str = "p", *, kept: bool = True, size: float = 1.0) -> Finding:
    return Finding(promise=promise, measured="m", target="t", kept=kept, size=size, at="now")


@pytest.mark.parametrize(
    "kept, size, met",
    [(True, 1.0, "yes"), (True, 0.25, "as far as run (25%)"), (False, 1.0, "NO"), (False, 0.1, "NO")],
)
def test_only_the_whole_size_meets_a_promise(kept: bool, size: float, met: str) -> None:
    assert a_finding(kept=kept, size=size).row == f"| p | m | t | {met} | now |"


def test_a_row_found_again_takes_its_old_place_and_others_stay() -> None:
    before = [a_finding("a"), a_finding("b")]
    assert merged(before, [a_finding("c"), a_finding("a", kept=False)]) == [
        a_finding("a", kept=False),
        a_finding("b"),
        a_finding("c"),
    ]


def test_what_is_gone_and_what_is_other_than_it_was_is_counted_apart() -> None:
    acknowledged = {"1": "a", "2": "b", "3": "c"}
    assert difference(acknowledged, {"1": "a", "2": "other", "4": "d"}) == Toll(missing=1, altered=1)
    assert difference(acknowledged, acknowledged | {"4": "d"}).nothing
    assert Toll(1, 0) + Toll(2, 3) == Toll(3, 3)


@pytest.mark.parametrize(
    "statuses, right", [([0, 0xA700, 0xA702], True), ([0], True), ([0, 0xC000], False), ([-1], False)]
)
def test_a_full_disk_is_named_as_such(statuses: list[int], right: bool) -> None:
    assert only_out_of_resources(statuses) is right


def test_a_seed_gives_the_same_harm_again() -> None:
    assert [a_case(seed) for seed in range(50)] == [a_case(seed) for seed in range(50)]
    (good, *_) = ours()
    copies = [changed(Dice(seed), good.data) for seed in range(50)]
    assert copies == [changed(Dice(seed), good.data) for seed in range(50)]
    assert sum(copy != good.data for copy in copies) >= 45


def test_a_renamed_object_is_another_of_the_same_length() -> None:
    (good, *_) = ours()
    other = renamed(Dice(1), good)
    assert other.announced.sop_instance_uid != good.announced.sop_instance_uid
    assert len(other.data) == len(good.data)
    assert other.announced.sop_instance_uid.encode() in other.data


def test_every_object_made_by_hand_has_a_name_of_its_own() -> None:
    names = [one.name for one in by_hand()]
    assert len(set(names)) == len(names) >= 52
