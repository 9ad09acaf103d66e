"""Signalling as a process of its own, on another port: `lianzhen signaling` beside `lianzhen serve`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.e2e.calling import APPLICANT, SPECIALIST, a_case, in_the_call, sees_and_hears
from tests.fixtures.browser import DESK, Visit, open_window, until
from tests.fixtures.call_spy import STATS
from tests.fixtures.servers import free_port
from tests.fixtures.serving import ROOT, START_SECONDS, Serving, a_serving
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.timeout(400)
BACK_SECONDS_MAX = 5.0


@dataclass
class Apart:
    """The product without signalling, and signalling in a process that can be killed."""

    product: Serving
    port: int
    process: subprocess.Popen[bytes] | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def address(self) -> str:
        """Where the signalling process listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start `lianzhen signaling` and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "consult_server.cli", "signaling"],
            cwd=ROOT,
            env=os.environ | self.product.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.stack.enter_context((self.product.home / "signaling.txt").open("ab")),
            stderr=subprocess.STDOUT,
        )
        wait_until(self._answers, START_SECONDS)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def end(self, how: signal.Signals) -> int:
        """Send a signal; the exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(30)

    def figure(self, name: str) -> float:
        """One figure of the signalling process."""
        token = (self.product.home / "secrets" / "metrics_token").read_text()
        answer = httpx.get(f"{self.address}/metrics", headers={"Authorization": f"Bearer {token}"})
        lines = answer.raise_for_status().text.splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apart]:
    """Both processes."""
    port = free_port()
    product = a_serving(tmp_path_factory.mktemp("apart"))
    product.environment = {
        **product.environment,
        "LIANZHEN_SIGNALING__PORT": str(port),
        "LIANZHEN_SIGNALING__URL": f"ws://127.0.0.1:{port}/signaling/ws",
    }
    both = Apart(product, port)
    with both.stack:
        product.start()
        try:
            both.start()
            yield both
            assert both.end(signal.SIGTERM) in {0, -signal.SIGTERM}
        finally:
            if both.process is not None and both.process.poll() is None:
                both.end(signal.SIGKILL)
            assert product.stop() == 0


@pytest.fixture
def desk(chrome: Browser, apart: Apart) -> Iterator[Callable[[], Visit]]:
    """Opens windows on the product; none may meet a fault or a third origin."""
    with ExitStack() as stack:
        visits: list[Visit] = []

        def open_one() -> Visit:
            visits.append(open_window(chrome, apart.product.url, DESK))
            stack.callback(visits[-1].context.close)
            return visits[-1]

        yield open_one
        # While the process is dead, the browser says so for each try to reach it.
        faults = [fault for visit in visits for fault in visit.faults if f":{apart.port}" not in fault]
        assert faults == []
        assert [url for visit in visits for url in visit.foreign] == []


def test_a_call_over_the_other_process_survives_its_death(apart: Apart, desk: Callable[[], Visit]) -> None:
    product = apart.product
    case = a_case(product)
    first = in_the_call(desk(), product, APPLICANT, case)
    second = in_the_call(desk(), product, SPECIALIST, case)
    sees_and_hears(first, 1)
    sees_and_hears(second, 1)
    assert first.evaluate("sockets.map((socket) => socket.url)") == [
        f"ws://127.0.0.1:{apart.port}/signaling/ws"
    ]
    assert apart.figure("signaling_ws_open") == 2
    before = second.evaluate(STATS)["frames"]
    connections = second.evaluate("connections.length")

    apart.end(signal.SIGKILL)
    expect(second.get_by_text("正在重连")).to_be_visible()
    wait_until(lambda: second.evaluate(STATS)["frames"] > before + 20, 20)
    apart.start()
    began = time.monotonic()
    for page in (first, second):
        until(page, "said.filter((t) => t === 'welcome').length > 1")
        expect(page.get_by_text("正在重连")).to_be_hidden()
    took = time.monotonic() - began
    sys.stdout.write(f"\nsockets back after the signalling process was killed and started: {took:.2f} s\n")
    assert took <= BACK_SECONDS_MAX
    sees_and_hears(second, 1)
    assert second.evaluate("connections.length") == connections, "the same connections went on"
    second.get_by_role("button", name="静音").click()
    expect(first.locator("figure[data-pid]").get_by_label("已静音")).to_be_visible()


def test_the_web_process_then_has_no_signalling_of_its_own(apart: Apart) -> None:
    address = apart.product.url.replace("http", "ws", 1) + "/signaling/ws"
    with pytest.raises(InvalidStatus) as refused, connect(address, origin=Origin(apart.product.url)):
        pass
    assert refused.value.response.status_code == 405
    policy = httpx.get(f"{apart.product.url}/room/x").headers["content-security-policy"]
    assert f"ws://127.0.0.1:{apart.port}/signaling/ws" in policy
