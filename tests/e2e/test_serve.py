"""`lianzhen serve` as a hospital installs it: no demonstration, no password, one link; hard to break."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.fixtures.command import Terminal
from tests.fixtures.servers import port_answers
from tests.fixtures.serving import ROOT, Serving, a_serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(300)

LINK = re.compile(r"(http://\S+)/setup#(\S+)")
STOP_SECONDS = 15
FIRST = {
    "institution_name": "云岭县人民医院",
    "user": "hanbing",
    "name": "韩冰",
    "password": "correct horse battery",
}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A running product without demonstration."""
    product = a_serving(tmp_path_factory.mktemp("fresh") / "home")
    product.words = ["serve"]
    product.start()
    yield product
    if product.process is not None:
        assert product.stop() == 0


def said(product: Serving) -> str:
    """Everything it has printed."""
    return (product.home / "said.txt").read_text()


def shell(product: Serving) -> Terminal:
    """A shell on the same data folder."""
    return Terminal(product.home, dict(product.environment))


def family(product: Serving) -> dict[str, psutil.Process]:
    """Its children by what they run."""
    assert product.process is not None
    found = {}
    for child in psutil.Process(product.process.pid).children():
        words = child.cmdline()
        found[" ".join(words[2:]) if "-m" in words else "redis"] = child
    return found


def answers(product: Serving) -> bool:
    """True when database and wire answer behind the web server."""
    try:
        return httpx.get(f"{product.url}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_the_terminal_is_for_people_and_the_logs_are_in_the_data_folder(fresh: Serving) -> None:
    """Address, data folder, link, readiness: no line of a log, no word of Redis or of a library."""
    lines = said(fresh).splitlines()
    wanted = (
        "联诊 Lianzhen  ",
        "DICOM  ",
        "data  ",
        "Nobody can sign in yet",
        "还没有人能登录",
        fresh.url,
        "ready after",
    )
    strange = [line for line in lines if line and not line.startswith((*wanted, "stopping"))]
    assert strange == []
    assert [word for word in wanted if not any(line.startswith(word) for line in lines)] == []
    logs = {path.name for path in (fresh.home / "logs").iterdir()}
    assert {"serve.log", "dicom.log", "worker.log", "web.log", "redis.log"} <= logs
    first = json.loads((fresh.home / "logs" / "serve.log").read_text().splitlines()[0])
    assert (first["event"], first["process_name"]) == ("process.starting", "serve")


def test_a_fresh_install_has_one_link_and_no_password(fresh: Serving) -> None:
    """The link makes the first administrator, once; then there is none any more, not even after a restart."""
    origin, token = LINK.findall(said(fresh))[-1]
    assert origin == fresh.url
    with httpx.Client(base_url=fresh.url, headers={"Origin": fresh.url}, timeout=30) as client:
        assert client.post("/api/sessions", json={"user": "admin", "password": "admin"}).status_code == 401
        wrong = client.post("/api/bootstrap", json=FIRST | {"token": token[:-1] + "-"})
        assert wrong.status_code == 404
        first = client.post("/api/bootstrap", json=FIRST | {"token": token})
        assert first.status_code == 204, first.text
        assert client.get("/api/me").json()["roles"] == ["administrator"]
        second = client.post("/api/bootstrap", json=FIRST | {"token": token, "user": "second"})
        assert second.json()["code"] == "identity.bootstrap_refused"
    links = len(LINK.findall(said(fresh)))
    assert fresh.stop() == 0
    fresh.start()
    assert len(LINK.findall(said(fresh))) == links


def test_others_on_the_machine_cannot_look_in(fresh: Serving) -> None:
    """But for the file in which this test keeps what was printed."""
    found = [path for path in (fresh.home, *fresh.home.rglob("*")) if path.name != "said.txt"]
    assert {"secrets", "objects", "logs", "lianzhen.db"} <= {path.name for path in found}
    loose = {
        str(path): oct(path.lstat().st_mode) for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077
    }
    assert loose == {}


def test_a_second_server_on_the_same_folder_is_refused(fresh: Serving) -> None:
    answer = shell(fresh).run("serve")
    assert (answer.status, answer.out) == (1, "")
    assert "serve.already_serving" in answer.refusal
    assert answers(fresh)


def test_check_beside_a_running_server_finds_nothing_wrong(fresh: Serving) -> None:
    answer = shell(fresh).run("check")
    assert answer.status == 0, answer.out
    levels = [
        line.split()[0] for line in answer.out.splitlines() if line.startswith(("ok ", "warning ", "FAULT "))
    ]
    assert levels.count("ok") >= 6
    assert "FAULT" not in levels
    assert f"we listen at 127.0.0.1:{fresh.http_port}" in answer.out


def test_processes_that_decode_load_what_they_decode_with_and_nothing_else(fresh: Serving) -> None:
    parts = family(fresh)

    def decoding() -> list[psutil.Process]:
        children = parts["consult_server web"].children(recursive=True)
        return [child for child in children if any("forkserver" in word for word in child.cmdline())]

    process = wait_until(decoding, 30)[0]
    loaded = {Path(one.path).name for one in process.memory_maps()}
    mine = {Path(one.path).name for one in parts["consult_server web"].memory_maps()}
    server = {name for name in mine if name.startswith("loop.")}  # uvloop's
    assert server
    assert not server & loaded


@pytest.mark.parametrize("part", ["dicom_node", "consult_server worker", "consult_server web", "redis"])
def test_a_part_that_crashes_is_started_again(fresh: Serving, part: str) -> None:
    before = family(fresh)
    assert len(before) == 4
    before[part].kill()
    before[part].wait(10)

    def is_back() -> bool:
        now = family(fresh)
        return part in now and now[part].pid != before[part].pid and len(now) == 4

    wait_until(is_back, 60)
    wait_until(lambda: answers(fresh) and port_answers(fresh.dicom_port), 60)
    others = {name: process.pid for name, process in family(fresh).items() if name != part}
    assert others == {name: process.pid for name, process in before.items() if name != part}


def test_started_at_once_after_a_crash_of_the_first_process(fresh: Serving) -> None:
    """Its children are still ending and hold the ports; that is waited for."""
    assert fresh.process is not None
    left = psutil.Process(fresh.process.pid).children(recursive=True)
    fresh.process.kill()
    fresh.process.wait()
    fresh._close()
    fresh.start()
    assert answers(fresh)
    assert psutil.wait_procs(left, 10)[1] == []


def test_interrupted_while_it_starts_it_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C as soon as there is a child: no traceback, no process, and the folder can be used again."""
    product = a_serving(tmp_path / "home")
    with subprocess.Popen(
        [sys.executable, "-m", "consult_server.cli", "serve"],
        cwd=ROOT,
        env=os.environ | product.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as starting:
        parent = psutil.Process(starting.pid)
        children = wait_until(lambda: parent.children(recursive=True), 60)
        starting.send_signal(signal.SIGINT)
        out, err = starting.communicate(timeout=60)
    assert starting.returncode == 0
    assert "ready after" not in out
    assert "Traceback" not in err
    assert psutil.wait_procs(children, STOP_SECONDS)[1] == []
