"""The commands as operators type them: what they print, how they refuse, what they leave in the audit."""

import asyncio
import json
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from config.kernel.database import Database
from config.settings import load
from consult_server.audit.tables import AuditEntry
from consult_server.demo import kept
from consult_server.identity.domain import Role
from consult_server.identity.passwords import Passwords
from consult_server.identity.service import COMMAND_LINE, NewAccount, create_account
from consult_server.institutions.domain import Level
from consult_server.institutions.service import NewInstitution, register
from tests.dicom_node.certificates import Authority, fingerprint
from tests.fixtures.clock import HandClock
from tests.fixtures.command import ROOT, Said, Spoken, Terminal
from tests.fixtures.product import PASSWORD, QUICK_HASHES
from tests.fixtures.servers import free_port

pytestmark = pytest.mark.timeout(300)

PLACE = "石桥镇中心卫生院"
COMMANDS = (
    "serve", "web", "worker", "dicom", "signaling", "check", "migrate", "demo", "accounts", "token",
    "peers", "ecg",
)  # fmt: skip


def test_the_manual_names_every_command_and_where_settings_come_from(terminal: Terminal) -> None:
    said = terminal.run("--help")
    assert said.status == 0
    listed = [line.split()[0] for line in said.out.split("Commands:")[1].splitlines() if line.strip()]
    assert listed == list(COMMANDS)
    assert all(word in said.out for word in ("LIANZHEN_CONFIG", "LIANZHEN_HOME", "defaults.toml", "数据目录"))
    assert "openapi" not in said.out


@pytest.mark.parametrize(
    "words",
    [("serve",), ("check",), ("token", "create"), ("peers", "add"), ("peers", "list"), ("ecg", "show")],
)
def test_every_command_explains_itself_in_both_languages(
    spoken: Spoken, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = spoken(*words, "--help")
    assert said.status == 0
    assert any("\u4e00" <= letter <= "\u9fff" for letter in said.out)
    assert said.out.startswith("Usage: ")
    assert not (tmp_path / "home").exists(), "reading help makes nothing"


HEAVY = ("alembic", "numpy", "pydicom", "pynetdicom", "pypinyin", "consult_server.demo.seed", "uvicorn")
DATABASE = ("sqlalchemy", "aiosqlite", "psycopg")
LOADED = """
import sys
from consult_server.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    "words,unneeded",
    [
        (("--help",), (*HEAVY, *DATABASE, "config.settings")),
        (("serve", "--help"), (*HEAVY, *DATABASE, "config.settings")),
        (("accounts", "--json"), (*HEAVY, *DATABASE)),
        (("token", "create", "--user", "nobody"), HEAVY),
        (("peers", "list", "--json"), HEAVY),
        (("check",), HEAVY),
    ],
)
def test_a_command_loads_only_what_it_needs(
    terminal: Terminal, words: tuple[str, ...], unneeded: tuple[str, ...]
) -> None:
    """A script that asks for a token a hundred times shall not load the DICOM library a hundred times."""
    terminal.home.mkdir(parents=True)
    kept.write(terminal.home, {"accounts": []})
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        cwd=ROOT,
        env=terminal.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(done.stderr.splitlines()[-1].split())
    assert "consult_server.cli" in modules
    assert sorted(modules & set(unneeded)) == []


@pytest.mark.parametrize("words", [("srve",), ("peers", "add"), ("token", "create"), ("serve", "--demmo")])
def test_a_misspelt_command_is_status_2(spoken: Spoken, words: tuple[str, ...]) -> None:
    said = spoken(*words)
    assert (said.status, said.out) == (2, "")
    assert "Usage: " in said.err


# --- Settings that cannot be used ---------------------------------------------------------------


@pytest.mark.parametrize(
    "variables,words",
    [
        ({"LIANZHEN_HTTP__PORT": "70000"}, ["http.port"]),
        ({"LIANZHEN_HTTP__PROT": "1"}, ["http.prot"]),
        ({"LIANZHEN_DATABASE__URL": "mysql://u@h/d"}, ["database.url", "sqlite:/// or postgresql://"]),
        ({"LIANZHEN_REDIS__URL": "localhost:6379"}, ["redis.url", "redis://"]),
        ({"LIANZHEN_OBJECTS__URL": "s3://"}, ["objects.url"]),
        (
            {"LIANZHEN_HTTP__PORT": "x", "LIANZHEN_DICOM__AE_TITLE": "MORE_THAN_SIXTEEN"},
            ["http.port", "dicom.ae_title"],
        ),
        ({"LIANZHEN_CONFIG": "/nowhere/site.toml"}, ["settings.file_missing", "/nowhere/site.toml"]),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    spoken: Spoken, tmp_path: Path, variables: dict[str, str], words: list[str]
) -> None:
    said = spoken("serve", **variables)
    assert (said.status, said.out) == (1, "")
    assert [word for word in words if word not in said.refusal] == []
    assert not (tmp_path / "home").exists()


def test_a_broken_settings_file_is_one_line(spoken: Spoken, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[http\nport = 1\n")
    said = spoken("serve", LIANZHEN_CONFIG=str(file))
    assert said.status == 1
    assert str(file) in said.refusal


def test_no_password_of_an_address_is_ever_said(spoken: Spoken) -> None:
    url = f"postgresql://lianzhen:hunter2@127.0.0.1:{free_port()}/lianzhen"
    for words in (("check",), ("migrate",)):
        said = spoken(*words, LIANZHEN_DATABASE__URL=url, LIANZHEN_REDIS__URL="redis://:hunter2@127.0.0.1:1")
        assert said.status == 1
        assert "hunter2" not in said.out + said.err


# --- Places that cannot be used -----------------------------------------------------------------


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_data_folder_that_cannot_be_made_is_one_line(spoken: Spoken, tmp_path: Path, command: str) -> None:
    (tmp_path / "file").write_text("")
    said = spoken(command, LIANZHEN_HOME=str(tmp_path / "file" / "home"))
    assert (said.status, said.out) == (1, "")
    assert "serve.data_folder_unusable" in said.refusal
    assert str(tmp_path / "file" / "home") in said.refusal


def test_a_database_that_does_not_answer_is_one_line(spoken: Spoken) -> None:
    port = free_port()
    said = spoken("serve", LIANZHEN_DATABASE__URL=f"postgresql://u@127.0.0.1:{port}/d")
    assert (said.status, said.out) == (1, "")
    assert "general.database_unavailable" in said.refusal
    assert str(port) in said.refusal


def test_a_file_that_is_no_database_is_one_line(spoken: Spoken, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, " * 100)
    said = spoken("migrate", LIANZHEN_DATABASE__URL=f"sqlite:///{tmp_path}/text.db")
    assert said.status == 1
    assert "not a database" in said.refusal


@pytest.mark.parametrize("owner", ["consult", "dicom"])
def test_a_database_from_a_newer_version_is_left_alone(spoken: Spoken, tmp_path: Path, owner: str) -> None:
    assert spoken("migrate").out == "up to date\n"
    file = tmp_path / "home" / "lianzhen.db"
    with sqlite3.connect(file) as connection:
        connection.execute(f"UPDATE {owner}_alembic_version SET version_num = '9999_pre_future'")
    connection.close()
    before = file.read_bytes()
    said = spoken("serve")
    assert (said.status, said.out) == (1, "")
    assert "serve.database_newer" in said.refusal
    assert "9999_pre_future" in said.refusal
    assert file.read_bytes() == before


def test_a_port_in_use_is_one_line_that_names_the_setting(tmp_path: Path) -> None:
    """Either port. A server waits a while for one that is just ending, so both are tried at once."""

    def served_beside(name: str) -> tuple[Said, str]:
        ports = {"http": free_port(), "dicom": free_port()}
        variables = {f"LIANZHEN_{key.upper()}__PORT": str(port) for key, port in ports.items()}
        with socket.create_server(("127.0.0.1", ports[name])):
            return Terminal(tmp_path / name).run("serve", **variables), str(ports[name])

    names = ("http", "dicom")
    with ThreadPoolExecutor(len(names)) as shells:
        answers = dict(zip(names, shells.map(served_beside, names), strict=True))
    for name, (said, port) in answers.items():
        assert (said.status, said.out) == (1, "")
        assert f"setting={name}.port" in said.refusal
        assert port in said.refusal


def test_an_address_that_is_not_ours_is_one_line(spoken: Spoken) -> None:
    """192.0.2.0/24 is nobody's (RFC 5737)."""
    said = spoken("serve", LIANZHEN_HTTP__HOST="192.0.2.1")
    assert said.status == 1
    assert "serve.address_refused" in said.refusal
    assert "192.0.2.1" in said.refusal


# --- What is made is its owner's alone ----------------------------------------------------------


def test_the_data_folder_is_closed_to_others(spoken: Spoken, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    spoken("migrate")
    made = [home, *home.rglob("*")]
    assert len(made) >= 2
    assert [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


# --- People, tokens, peers ----------------------------------------------------------------------


Typed = Callable[..., Awaitable[Said]]


@pytest.fixture
async def staffed(database: Database, spoken: Spoken, clock: HandClock) -> Typed:
    """Commands on a database with one institution and one person, on SQLite and PostgreSQL."""
    async with database.write() as tx:
        new = NewInstitution(
            name=PLACE, level=Level.TOWNSHIP, runs_centre=False, issuer_of_patient_id="SQZX", phone=""
        )
        home = await register(tx, COMMAND_LINE, new, clock.now())
        person = NewAccount(
            user="zhouli", name="周丽", institution_id=home.institution_id, roles=[Role.APPLICANT]
        )
        await create_account(tx, COMMAND_LINE, person, PASSWORD, Passwords(QUICK_HASHES), clock.now())
    return partial(asyncio.to_thread, spoken, LIANZHEN_DATABASE__URL=database.url)


async def audited(database: Database, action: str) -> list[AuditEntry]:
    async with database.read() as view:
        return list(await view.scalars(select(AuditEntry).where(AuditEntry.action == action)))


@pytest.mark.usefixtures("staffed")
async def test_a_token_is_printed_alone_and_audited(terminal: Terminal, database: Database) -> None:
    """In a process of its own, as scripts call it."""
    said = terminal.run("token", "create", "--user", "zhouli", LIANZHEN_DATABASE__URL=database.url)
    assert (said.status, said.err) == (0, "")
    token = said.out.removesuffix("\n")
    assert len(token) >= 43
    assert token.isprintable()
    assert " " not in token
    [entry] = await audited(database, "api_token.create")
    assert entry.account_id == COMMAND_LINE.account_id
    assert token not in json.dumps(entry.facts)


async def test_a_token_for_nobody_is_refused_and_not_audited(staffed: Typed, database: Database) -> None:
    said = await staffed("token", "create", "--user", "nobody")
    assert (said.status, said.out) == (1, "")
    assert "identity.account_not_found" in said.refusal
    assert await audited(database, "api_token.create") == []


async def test_peers_are_added_listed_and_audited(staffed: Typed, database: Database) -> None:
    assert json.loads((await staffed("peers", "list", "--json")).out) == []
    assert (await staffed("peers", "list")).out == "none\n"
    words = ("--ae-title", "SQZX_PACS", "--institution", PLACE, "--host", "10.1.2.3", "--port", "104")
    said = await staffed("peers", "add", *words)
    assert (said.status, said.out, said.err) == (0, "", "")
    assert json.loads((await staffed("peers", "list", "--json")).out) == [
        {
            "ae_title": "SQZX_PACS", "institution": PLACE, "host": "10.1.2.3", "port": 104, "enabled": True,
            "certificate": None, "tls": False, "last_seen_at": None, "last_seen_address": None,
        }
    ]  # fmt: skip
    assert PLACE in (await staffed("peers", "list")).out
    [entry] = await audited(database, "peer.add")
    assert (entry.object_id, entry.account_id) == ("SQZX_PACS", COMMAND_LINE.account_id)


async def test_a_peer_is_bound_to_the_certificate_in_a_file_or_to_what_is_said_of_it(
    staffed: Typed, tmp_path: Path
) -> None:
    pair = Authority(tmp_path).own("SQZX")
    given = {"BY_FILE": str(pair.certificate), "BY_HASH": fingerprint(pair), "BY_NAME": "CN=SQZX"}
    for title, certificate in given.items():
        words = ("--ae-title", title, "--institution", PLACE, "--certificate", certificate)
        said = await staffed("peers", "add", *words)
        assert (said.status, said.err) == (0, ""), "no warning: the certificate is proof enough"
    rows = {
        row["ae_title"]: row["certificate"]
        for row in json.loads((await staffed("peers", "list", "--json")).out)
    }
    plain = "sha256:" + fingerprint(pair).replace(":", "").lower()
    assert rows == {"BY_FILE": plain, "BY_HASH": plain, "BY_NAME": "CN=SQZX"}


async def test_a_peer_from_anywhere_is_said_aloud(staffed: Typed) -> None:
    said = await staffed("peers", "add", "--ae-title", "ROAMING", "--institution", PLACE)
    assert said.status == 0
    assert "any address" in said.err


@pytest.mark.parametrize(
    "words,code",
    [
        (("--ae-title", "PACS", "--institution", "没有这家医院"), "institutions.not_found"),
        (("--ae-title", "MORE_THAN_SIXTEEN_LETTERS", "--institution", PLACE), "dicom."),
        (("--ae-title", "", "--institution", PLACE), "dicom."),
        (("--ae-title", "PACS", "--institution", PLACE, "--host", "not an address"), "dicom."),
        (("--ae-title", "PACS", "--institution", PLACE, "--certificate", "no-such-file.pem"), "dicom."),
    ],
)
async def test_a_wrong_peer_is_refused_whole(
    staffed: Typed, database: Database, words: tuple[str, ...], code: str
) -> None:
    said = await staffed("peers", "add", *words)
    assert (said.status, said.out) == (1, "")
    assert code in said.refusal
    assert json.loads((await staffed("peers", "list", "--json")).out) == []
    assert await audited(database, "peer.add") == []


def test_a_port_out_of_range_is_misspelt(spoken: Spoken) -> None:
    said = spoken("peers", "add", "--ae-title", "A", "--institution", "B", "--port", "70000")
    assert said.status == 2


def test_accounts_without_a_demonstration_are_refused(spoken: Spoken) -> None:
    said = spoken("accounts", "--json")
    assert (said.status, said.out) == (1, "")
    assert "demo.missing" in said.refusal


def test_accounts_are_printed_for_scripts_and_for_people(spoken: Spoken, tmp_path: Path) -> None:
    rows = [
        {"user": "zhouli", "password": "a-b-c", "role": "applicant", "institution": PLACE, "name": "周丽"},
        {"user": "xunuo", "password": "d-e-f", "role": "specialist", "institution": "县医院", "name": "许诺"},
    ]
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "demonstration.json").write_text(json.dumps({"accounts": rows}))
    assert json.loads(spoken("accounts", "--json").out) == rows
    shown = spoken("accounts").out.splitlines()
    assert len(shown) == 3
    assert shown[0].split() == ["user", "password", "role", "institution", "name"]
    assert shown[1].split() == ["zhouli", "a-b-c", "applicant", PLACE, "周丽"]


def test_a_command_on_tables_that_are_not_there_is_one_line(spoken: Spoken, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    said = spoken("peers", "list")
    assert said.status == 1
    assert "no such table" in said.refusal


def test_defaults_hold_for_an_empty_environment(spoken: Spoken, tmp_path: Path) -> None:
    shown = spoken("check").out.splitlines()
    assert f"http.port = {load().http.port}" in shown
    assert f"in effect: home = '{tmp_path / 'home'}'" in shown
