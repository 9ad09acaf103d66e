"""Figures for operators (Prometheus). No label ever names a person, a room or an address."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_QUICK_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1.0)
_JOIN_SECONDS = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_WAIT_SECONDS = (5.0, 15.0, 60.0, 180.0, 600.0, 1800.0)
_RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0, 45.0)
_RTT_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
_SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


class Metrics:
    """One set of figures, registered once for each registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.ws_open = Gauge("signaling_ws_open", "Open sockets", registry=registry)
        self.messages = Counter("signaling_msgs", "Messages received", ["t"], registry=registry)
        self.message_seconds = Histogram(
            "signaling_msg_seconds",
            "Time to handle a message",
            ["t"],
            buckets=_QUICK_SECONDS,
            registry=registry,
        )
        self.errors = Counter("signaling_errors", "Refusals sent", ["code"], registry=registry)
        self.rooms = Gauge("signaling_rooms", "Rooms", ["state", "mode"], registry=registry)
        self.lobby_wait = Histogram(
            "signaling_lobby_wait_seconds",
            "From knock to admission",
            buckets=_WAIT_SECONDS,
            registry=registry,
        )
        self.first_frame = Histogram(
            "signaling_join_to_first_frame_seconds",
            "From the join click to the first remote frame",
            buckets=_JOIN_SECONDS,
            registry=registry,
        )
        self.reconnect = Histogram(
            "signaling_reconnect_seconds",
            "From a lost socket to the next one",
            buckets=_RECONNECT_SECONDS,
            registry=registry,
        )
        self.resumes = Counter("signaling_resume", "Resumed sockets", ["kind"], registry=registry)
        self.ice_results = Counter(
            "signaling_ice_result", "Selected candidate pairs", ["pair_type"], registry=registry
        )
        self.quality_rtt = Histogram(
            "signaling_quality_rtt_seconds",
            "Round trip between peers",
            buckets=_RTT_SECONDS,
            registry=registry,
        )
        self.quality_loss = Histogram(
            "signaling_quality_loss_share", "Packets lost", buckets=_SHARES, registry=registry
        )
        self.quality_concealed = Histogram(
            "signaling_quality_concealed_share", "Audio concealed", buckets=_SHARES, registry=registry
        )
        self.quality_freeze = Counter("signaling_quality_freeze_seconds", "Frozen video", registry=registry)
        self.probes = Counter("signaling_probes", "Pre-call checks", ["outcome"], registry=registry)
