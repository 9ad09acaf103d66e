"""The pre-call peer: answers one data-channel offer, echoes what comes, and goes away.

What a stranger could abuse, and the remedy:
- It is always the answerer with one `m=application` line: no track, so nothing is ever decoded.
- Candidates of the offer are ignored. Checking them would let a browser point our UDP packets at any
  address of the hospital's network (server-side request forgery). Instead the browser's own checks,
  signed with the ICE password of this session, tell us where it is (peer-reflexive candidates,
  RFC 8445 7.3.1.3), so we answer only addresses that have spoken to us. Behind a network address
  translation that works as long as the browser can reach us, which is what a call needs of it anyway.
- No STUN or TURN server is asked (aiortc would otherwise choose one on the internet).
- Only messages up to 2 KiB come back, 4 MiB in all, none while the way out is full, and the peer ends
  after `seconds` whatever happens.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCDataChannel, RTCPeerConnection, RTCSessionDescription

from signaling.caps import PROBE_BUFFER_BYTES_MAX, PROBE_BYTES_MAX, PROBE_MESSAGE_BYTES_MAX, PROBES_MAX
from signaling.errors import BadMessage, MediaUnavailable

_REMOTE_CANDIDATES: Final = re.compile(r"^a=(candidate:.*|end-of-candidates)\r?\n", re.MULTILINE)
_MEDIA_LINE: Final = re.compile(r"^m=(\w+) ", re.MULTILINE)
CHANNELS_MAX: Final = 2


class Probes:
    """Gives out at most `PROBES_MAX` peers at a time."""

    def __init__(self, seconds_max: float) -> None:
        self.seconds_max = seconds_max
        self._running = 0

    async def run(self, offer: str, answered: Callable[[str], None]) -> None:
        """Answer `offer` through `answered`, then echo until the peer leaves or the time is over.

        Raises MediaUnavailable when all peers are taken or this machine has no address that a
        browser could reach, and BadMessage for an offer of anything but one data channel.
        """
        if self._running >= PROBES_MAX:
            raise MediaUnavailable(reason="busy")
        self._running += 1
        try:
            await _Peer().run(offer, answered, self.seconds_max)
        finally:
            self._running -= 1


def without_candidates(offer: str) -> str:
    """The offer as if its sender had not said where it is."""
    return _REMOTE_CANDIDATES.sub("", offer)


def check_offer(offer: str) -> None:
    """Raises BadMessage unless the offer has exactly one media line, and that a data channel's."""
    if _MEDIA_LINE.findall(offer) != ["application"]:
        raise BadMessage(place="probe.offer.d.sdp", rule="one m=application line")


class _Peer:
    """One peer connection and its end."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self._bytes_left = PROBE_BYTES_MAX
        self._channels = 0

    async def run(self, offer: str, answered: Callable[[str], None], seconds: float) -> None:
        check_offer(offer)
        connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        try:
            async with asyncio.timeout(seconds):
                answered(await self._answer(connection, offer))
                await self._over.wait()
        except TimeoutError:
            return
        finally:
            await connection.close()

    async def _answer(self, connection: RTCPeerConnection, offer: str) -> str:
        connection.on("datachannel", self._opened)

        def state_changed() -> None:
            if connection.connectionState in {"failed", "closed"}:
                self._over.set()

        connection.on("connectionstatechange", state_changed)
        description = RTCSessionDescription(sdp=without_candidates(offer), type="offer")
        await connection.setRemoteDescription(description)
        await connection.setLocalDescription(await connection.createAnswer())
        if "\na=candidate:" not in connection.localDescription.sdp:
            raise MediaUnavailable(reason="no usable network interface")
        return str(connection.localDescription.sdp)

    def _opened(self, channel: RTCDataChannel) -> None:
        self._channels += 1
        if self._channels > CHANNELS_MAX:
            channel.close()
            return

        def echo(message: str | bytes) -> None:
            size = len(message)
            if size > PROBE_MESSAGE_BYTES_MAX or channel.bufferedAmount > PROBE_BUFFER_BYTES_MAX:
                return
            self._bytes_left -= size
            if self._bytes_left < 0:
                self._over.set()
            elif channel.readyState == "open":
                channel.send(message)

        channel.on("message", echo)
        channel.on("close", self._over.set)
