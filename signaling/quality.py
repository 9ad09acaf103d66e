"""Browsers' reports of the line become figures; nothing is kept of a person or a call."""

from signaling.metrics import Metrics
from signaling.requests import QualityData


def record(metrics: Metrics, report: QualityData) -> None:
    """Count one report."""
    if report.rtt_ms is not None:
        metrics.quality_rtt.observe(report.rtt_ms / 1000)
    if report.loss_share is not None:
        metrics.quality_loss.observe(report.loss_share)
    if report.concealed_share is not None:
        metrics.quality_concealed.observe(report.concealed_share)
    if report.freeze_ms is not None:
        metrics.quality_freeze.inc(report.freeze_ms / 1000)
    if report.first_frame_ms is not None:
        metrics.first_frame.observe(report.first_frame_ms / 1000)
    if report.pair_type is not None:
        metrics.ice_results.labels(report.pair_type).inc()
