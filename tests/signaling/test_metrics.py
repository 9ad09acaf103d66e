"""Every figure moves when it should, and none of them names a person, a room or an address."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from signaling.metrics import Metrics
from signaling.quality import record
from signaling.requests import QualityData
from signaling.roles import Role
from tests.fixtures.waiting import eventually
from tests.signaling.conftest import House

FULL = {
    "pid": "peer-1",
    "rtt_ms": 120.0,
    "jitter_ms": 4.0,
    "loss_share": 0.02,
    "concealed_share": 0.01,
    "kbps": 800.0,
    "fps": 20.0,
    "freeze_ms": 500.0,
    "pair_type": "relay",
    "first_frame_ms": 1250.0,
}


def figures(registry: CollectorRegistry) -> dict[str, float]:
    """All samples by name, labels aside, summed."""
    sums: dict[str, float] = {}
    for family in registry.collect():
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


@pytest.mark.parametrize(
    "field,figure,value",
    [
        ("rtt_ms", "signaling_quality_rtt_seconds_sum", 0.12),
        ("loss_share", "signaling_quality_loss_share_sum", 0.02),
        ("concealed_share", "signaling_quality_concealed_share_sum", 0.01),
        ("freeze_ms", "signaling_quality_freeze_seconds_total", 0.5),
        ("pair_type", "signaling_ice_result_total", 1),
        ("first_frame_ms", "signaling_join_to_first_frame_seconds_sum", 1.25),
    ],
)
def test_each_figure_of_a_report_is_counted_in_its_unit(field: str, figure: str, value: float) -> None:
    registry = CollectorRegistry()
    record(Metrics(registry), QualityData.model_validate({"pid": "peer-1", field: FULL[field]}))
    counted = figures(registry)
    assert counted[figure] == pytest.approx(value)
    others = {name for name, total in counted.items() if total and name.endswith(("_sum", "_total"))}
    assert others == {figure}


def test_an_empty_report_counts_nothing() -> None:
    registry = CollectorRegistry()
    record(Metrics(registry), QualityData(pid="peer-1"))
    assert set(figures(registry).values()) == {0}


def test_a_report_keeps_nothing_of_whom_it_is_about() -> None:
    registry = CollectorRegistry()
    record(Metrics(registry), QualityData.model_validate(FULL))
    assert b"peer-1" not in generate_latest(registry)


async def test_a_call_moves_the_figures(house: House) -> None:
    async with house.inside("doctor") as doctor, house.inside("patient", Role.PATIENT) as patient:
        assert house.figure("signaling_ws_open") == 2
        await doctor.ask("lobby.admit", {"pid": "patient"})
        assert house.figure("signaling_rooms", state="live", mode="mesh") == 1
        assert house.figure("signaling_rooms", state="open", mode="mesh") == 0
        assert house.figure("signaling_lobby_wait_seconds_count") == 1
        assert (await patient.ask("quality.report", {**FULL, "pid": "doctor"}))["t"] == "ok"
        assert house.figure("signaling_join_to_first_frame_seconds_count") == 1
        assert house.figure("signaling_ice_result_total", pair_type="relay") == 1
        assert house.figure("signaling_msg_seconds_count", t="quality.report") == 1
        await patient.ask("lobby.admit", {"pid": "doctor"})
        assert house.figure("signaling_errors_total", code="forbidden") == 1
    await eventually(lambda: house.figure("signaling_ws_open") == 0)


async def test_somebody_in_the_lobby_reports_nothing(house: House) -> None:
    async with house.inside("doctor"), house.inside("patient", Role.PATIENT) as patient:
        answer = await patient.ask("quality.report", {**FULL, "pid": "doctor"})
        assert answer["d"]["code"] == "not_admitted"
        assert house.figure("signaling_quality_rtt_seconds_count") == 0


async def test_a_lost_socket_is_timed_until_the_next(house: House) -> None:
    async with house.inside("doctor") as doctor:
        doctor.socket.transport.abort()
        await doctor.closed()
    async with house.joined("doctor"):
        assert house.figure("signaling_reconnect_seconds_count") == 1


async def test_what_is_shown_names_nobody(house: House) -> None:
    room = "consult-secret"
    async with (
        house.inside("doctor-7", name="江临川", room=room) as doctor,
        house.inside("patient-7", Role.PATIENT, name="罗桂兰", room=room),
    ):
        await doctor.ask("lobby.admit", {"pid": "patient-7"})
        await doctor.ask("quality.report", {**FULL, "pid": "patient-7"})
        await doctor.ask("kick", {"pid": "nobody-here"})
        shown = generate_latest(house.registry).decode()
    for secret in ("doctor-7", "patient-7", "consult-secret", "江临川", "罗桂兰", "127.0.0.1", "nobody-here"):
        assert secret not in shown


async def test_unknown_messages_make_no_new_figure(house: House) -> None:
    async with house.inside("doctor") as doctor:
        before = generate_latest(house.registry).decode().count("signaling_msgs_total{")
        for number in range(10):
            await doctor.say(f"made.up.{number}", {}, id=f"m{number}")
        await doctor.ask("ping", {"n": 1})
        after = generate_latest(house.registry).decode()
    assert "made.up" not in after
    assert after.count("signaling_msgs_total{") == before + 1
    assert house.figure("signaling_errors_total", code="bad_message") == 10


async def test_a_room_that_has_ended_is_counted_no_more(house: House) -> None:
    async with house.inside("patient", Role.PATIENT) as patient:
        assert house.figure("signaling_rooms", state="scheduled", mode="mesh") == 1
        await patient.say("bye")
        await patient.closed()
    rooms = [
        sample.value
        for family in house.registry.collect()
        for sample in family.samples
        if sample.name == "signaling_rooms"
    ]
    assert sum(rooms) == 0
