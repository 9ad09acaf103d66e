"""The page, the schema and the code of the wire say the same; every message goes out and comes in whole."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pydantic import BaseModel

from config.kernel.errors import AppError
from config.settings import load
from signaling import caps, tickets
from signaling.caps import CloseCode
from signaling.errors import BadMessage, MessageTooLarge, NoSuchPeer, RateLimited, RoomFull, Unauthorized
from signaling.events import DescriptionFrom, ServerMessage, TrickleFrom
from signaling.media.probe import CHANNELS_MAX
from signaling.protocol import SCHEMA_FILE, parse, refusal, write
from signaling.requests import ClientMessage
from signaling.roles import CLINICIANS, Role

PAGE = (Path(__file__).parents[2] / "signaling" / "PROTOCOL.md").read_text(encoding="utf-8")
REQUESTS: tuple[type[BaseModel], ...] = get_args(ClientMessage)
EVENTS: tuple[type[BaseModel], ...] = get_args(ServerMessage)
KIB = 1024


def type_of(message: type[BaseModel]) -> str:
    """The `t` of a message class."""
    return str(message.model_fields["t"].default)


def fields_of(message: type[BaseModel]) -> set[str]:
    """The names in its `d`."""
    data = message.model_fields["d"].annotation
    assert isinstance(data, type)
    assert issubclass(data, BaseModel)
    return {field.alias or name for name, field in data.model_fields.items()}


def table(heading: str) -> dict[str, str]:
    """The rows of the page's table under a heading, by each type in their first column."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows: dict[str, str] = {}
    for line in part.splitlines():
        if line.startswith("| `"):
            first, rest = line.strip("|").split("|", 1)
            rows |= dict.fromkeys(re.findall(r"`([^`]+)`", first), rest)
    rows.pop("t", None)  # the head
    return rows


@pytest.mark.parametrize("heading,messages", [("To the server", REQUESTS), ("From the server", EVENTS)])
def test_the_tables_list_exactly_the_messages(heading: str, messages: tuple[type[BaseModel], ...]) -> None:
    assert set(table(heading)) == {type_of(message) for message in messages}


DESCRIBED = [message for message in REQUESTS if type_of(message) not in {"quality.report", "ping"}]


@pytest.mark.parametrize("message", DESCRIBED, ids=type_of)
def test_the_page_names_every_field_a_client_may_send(message: type[BaseModel]) -> None:
    row = table("To the server")[type_of(message)]
    if type_of(message) == "ice.candidate":
        row = row.replace("to,", "to {pid, epoch},")
    assert {name for name in fields_of(message) if not re.search(rf"\b{name}\b", row)} == set()


NUMBERS = {
    "at most 64 KiB": caps.MESSAGE_BYTES_MAX == 64 * KIB,
    "At most 30 messages a second, 60 at once": (caps.MESSAGES_PER_SECOND, caps.MESSAGES_BURST) == (30, 60),
    "after 20 refusals in a row": caps.MESSAGES_REFUSED_MAX == 20,
    "A socket silent for 20 s": caps.SILENCE_SECONDS == 20,
    "`hello`, within 5 s": caps.HELLO_SECONDS == 5,
    "at most 600 s after `iat`": tickets.TICKET_SECONDS_MAX == 600,
    "good once, for four hours": tickets.RESUME_SECONDS == 4 * 3600,
    "Without any clinician for 120 s": caps.DRAIN_SECONDS == 120,
    "sdp (≤ 32 KiB)": caps.SDP_CHARACTERS_MAX == 32 * KIB,
    "(≤ 1 KiB; ≤ 40 for each description)": (
        caps.CANDIDATE_CHARACTERS_MAX,
        caps.CANDIDATES_PER_NEGOTIATION_MAX,
    )
    == (KIB, 40),
    "messages up to 2 KiB (4 MiB in all)": (caps.PROBE_MESSAGE_BYTES_MAX, caps.PROBE_BYTES_MAX)
    == (2 * KIB, 4096 * KIB),
    "One at a time for each socket, ten in all": caps.PROBES_PER_SOCKET_MAX == 10,
    "(256 frames waiting, or 5 s for one)": (caps.QUEUE_MESSAGES_MAX, caps.SEND_SECONDS) == (256, 5),
    "(1 to 32 characters)": True,
}


@pytest.mark.parametrize("words", NUMBERS)
def test_the_numbers_on_the_page_are_those_of_the_code(words: str) -> None:
    assert words in PAGE
    assert NUMBERS[words]


def test_the_close_codes_on_the_page_are_those_of_the_code_and_say_which_to_retry() -> None:
    rows = table("Close codes")
    assert set(rows) == {str(int(code)) for code in CloseCode}
    retried = {int(code) for code, row in rows.items() if row.split("|")[1].strip().startswith("yes")}
    assert retried == {CloseCode.GOING_AWAY, CloseCode.SLOW_CONSUMER}


def test_the_page_says_who_waits_in_the_lobby() -> None:
    inside = re.search(r"Clinicians \(([^)]*)\)", PAGE)
    outside = re.search(r"guests \(([^)]*)\)", PAGE)
    assert inside is not None
    assert outside is not None
    assert set(re.findall(r"`(\w+)`", inside[1])) == {role.value for role in CLINICIANS}
    assert set(re.findall(r"`(\w+)`", outside[1])) == {role.value for role in Role} - {
        role.value for role in CLINICIANS
    }


def test_the_limits_a_client_is_told_are_within_the_caps(tmp_path: Path) -> None:
    signaling = load(home=str(tmp_path)).signaling
    assert signaling.ticket_seconds <= tickets.TICKET_SECONDS_MAX
    assert signaling.grace_seconds < caps.DRAIN_SECONDS
    assert CHANNELS_MAX < caps.PROBES_MAX
    assert caps.HEARTBEAT_SECONDS * 3 < caps.SILENCE_SECONDS


SCHEMA: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
LETTERS = "abcXYZ019_-"


Defs = dict[str, Any]
Values = st.SearchStrategy[Any]


def _object(rule: Defs, defs: Defs) -> Values:
    names = {name: obeying(one, defs) for name, one in rule.get("properties", {}).items()}
    demanded = {name: names.pop(name) for name in rule.get("required", [])}
    return st.fixed_dictionaries(demanded, optional=names)


def _string(rule: Defs, _defs: Defs) -> Values:
    letters = st.sampled_from(LETTERS) if "pattern" in rule else st.characters(codec="utf-8")
    return st.text(letters, min_size=rule.get("minLength", 0), max_size=min(rule.get("maxLength", 40), 40))


OBEYING: dict[str, Callable[[Defs, Defs], Values]] = {
    "$ref": lambda rule, defs: st.deferred(lambda: obeying(defs[rule["$ref"].rsplit("/", 1)[1]], defs)),
    "anyOf": lambda rule, defs: st.one_of(*(obeying(one, defs) for one in rule["anyOf"])),
    "oneOf": lambda rule, defs: st.one_of(*(obeying(one, defs) for one in rule["oneOf"])),
    "const": lambda rule, _defs: st.just(rule["const"]),
    "enum": lambda rule, _defs: st.sampled_from(rule["enum"]),
    "object": _object,
    "string": _string,
    "integer": lambda rule, _defs: st.integers(rule.get("minimum", -(2**31)), rule.get("maximum", 2**31)),
    "number": lambda rule, _defs: st.floats(rule.get("minimum", -1e6), rule.get("maximum", 1e6)),
    "boolean": lambda _rule, _defs: st.booleans(),
    "null": lambda _rule, _defs: st.none(),
}


def obeying(rule: Defs, defs: Defs) -> Values:
    """Values that a part of the schema file allows."""
    word = next((word for word in ("$ref", "anyOf", "oneOf", "const", "enum") if word in rule), None)
    return OBEYING[word or rule["type"]](rule, defs)


@given(obeying(SCHEMA["browser_to_server"], SCHEMA["browser_to_server"]["$defs"]))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
def test_whoever_keeps_to_the_schema_file_is_understood(said: dict[str, Any]) -> None:
    heard = parse(json.dumps(said)).model_dump(mode="json", by_alias=True)
    assert heard["t"] == said.get("t", heard["t"])
    assert _deeper(said["d"], heard["d"])


def _deeper(said: Any, heard: Any) -> bool:
    """True when everything said has been heard, at any depth; what was left out may have a default."""
    if isinstance(said, dict):
        return all(_deeper(one, heard[name]) for name, one in said.items())
    return bool(said == heard)


for _with_pc in (DescriptionFrom, TrickleFrom):
    st.register_type_strategy(_with_pc, st.builds(_with_pc, pc=st.text(LETTERS, min_size=1, max_size=32)))


@given(st.one_of(*(st.builds(kind, v=st.just(1)) for kind in EVENTS)))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None)
def test_whatever_the_server_says_has_the_envelope_and_all_its_fields(message: Any) -> None:
    said = json.loads(write(message))
    assert set(said) == {"v", "t", "re", "seq", "d"}
    assert (said["v"], said["t"]) == (1, type_of(type(message)))
    assert set(said["d"]) == fields_of(type(message))


def places() -> list[tuple[dict[str, Any], str]]:
    hello = {"client": {"app": "a"}}
    to = {"to": {"pid": "p", "epoch": 1}, "pc": "c0"}
    return [
        ({"t": "ping", "d": {"n": 1}}, ""),
        ({"v": 2, "t": "ping", "d": {"n": 1}}, "v"),
        ({"v": 1, "t": "ping", "d": {"n": -1}}, "d.n"),
        ({"v": 1, "t": "ping", "d": {"n": 1, "m": 1}}, "d.m"),
        ({"v": 1, "t": "hello", "d": {**hello, "token": "x" * 4097}}, "d.token"),
        ({"v": 1, "t": "hello", "d": {"client": {"app": "x" * 65}}}, "d.client.app"),
        ({"v": 1, "t": "hello", "d": {**hello, "last_seq": -1}}, "d.last_seq"),
        ({"v": 1, "t": "media.state", "d": {"audio": True}}, "d.video"),
        ({"v": 1, "t": "sdp.offer", "d": {**to, "plan_epoch": 0, "sdp": "v=0"}}, "d.plan_epoch"),
        ({"v": 1, "t": "sdp.offer", "d": {**to, "pc": "a b", "plan_epoch": 1, "sdp": "v"}}, "d.pc"),
        ({"v": 1, "t": "sdp.offer", "d": {**to, "plan_epoch": 1, "sdp": ""}}, "d.sdp"),
        ({"v": 1, "t": "ice.candidate", "d": {**to, "candidate": {"candidate": 1}}}, "d.candidate.candidate"),
        ({"v": 1, "t": "quality.report", "d": {"pid": "p", "loss_share": 1.01}}, "d.loss_share"),
        ({"v": 1, "t": "quality.report", "d": {"pid": "p", "pair_type": "tunnel"}}, "d.pair_type"),
        ({"v": 1, "t": "lobby.admit", "d": {"pid": "x" * 65}}, "d.pid"),
        ({"v": 1, "t": "ping", "d": {"n": 1}, "id": ""}, "id"),
        ({"v": 1, "t": "ping", "d": {"n": 1}, "id": "x" * 33}, "id"),
    ]


@pytest.mark.parametrize("message,place", places()[1:])
def test_a_refusal_names_the_first_wrong_place(message: dict[str, Any], place: str) -> None:
    with pytest.raises(BadMessage) as refused:
        parse(json.dumps(message))
    named = str(refused.value.params["place"])
    assert named == place or named.endswith(f".{place}")


def test_without_a_version_the_present_one_is_meant() -> None:
    assert parse(json.dumps(places()[0][0])).v == 1


def test_the_longest_message_is_read_and_one_more_byte_is_not() -> None:
    empty = json.dumps({"v": 1, "t": "ping", "d": {"n": 1}})
    longest = empty + " " * (caps.MESSAGE_BYTES_MAX - len(empty))
    assert parse(longest).t == "ping"
    with pytest.raises(MessageTooLarge):
        parse(longest + " ")
    with pytest.raises(MessageTooLarge):
        parse("\u8bca" * (caps.MESSAGE_BYTES_MAX // 3 + 1))


@pytest.mark.parametrize(
    "error,code,wait",
    [
        (Unauthorized(), "unauthorized", None),
        (NoSuchPeer(), "no_such_peer", None),
        (RateLimited(per_second=30), "rate_limited", 1000),
        (RoomFull(participants_max=6), "room_full", None),
    ],
)
def test_a_refusal_has_a_code_and_says_when_to_try_again(
    error: AppError, code: str, wait: int | None
) -> None:
    said = refusal(error, "r1")
    assert (said.re, said.d.code, said.d.retry_after_ms) == ("r1", code, wait)
    for name, value in error.params.items():
        assert f"{name}={value}" in said.d.msg
