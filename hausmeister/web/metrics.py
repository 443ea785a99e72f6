"""Figures for Prometheus. No names as labels (S53)."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hausmeister.alerts.intake import Counters
from hausmeister.alerts.models import Alert
from hausmeister.base import clock
from hausmeister.handoff.models import Handoff
from hausmeister.outbox import queries as outbox
from hausmeister.pager import queries as pager
from hausmeister.pager.models import Page

CONTENT_TYPE = CONTENT_TYPE_LATEST


class _House(Collector):
    """Reads the tables when it is asked."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    def collect(self) -> Iterator[Metric]:
        """Yield every figure."""
        now = clock.now()
        yield CounterMetricFamily("hausmeister_signals_stored", "Signals stored by this node.", self._counters.stored)
        refused = CounterMetricFamily("hausmeister_requests_refused", "Intake requests refused.", labels=["status"])
        for status, count in sorted(self._counters.refused.items()):
            refused.add_metric([str(status)], count)
        yield refused
        pages = GaugeMetricFamily("hausmeister_open_pages", "Open pages by state.", labels=["state"])
        for state, count in pager.state_counts(Page.objects.all()).items():
            pages.add_metric([state.value], count)
        yield pages
        yield GaugeMetricFamily("hausmeister_open_alerts", "Open alerts.", Alert.objects.open().count())
        waiting = GaugeMetricFamily("hausmeister_messages_due", "Messages due and not yet sent.", labels=["lane"])
        for lane, count in outbox.backlog(now).items():
            waiting.add_metric([lane], count)
        yield waiting
        beat = pager.last_beat()
        if beat is not None:
            age_s = (now - beat).total_seconds()
            yield GaugeMetricFamily("hausmeister_engine_beat_age_seconds", "Since an engine's last whole tick.", age_s)
        yield GaugeMetricFamily(
            "hausmeister_handoffs_unaccepted",
            "Changes of duty that nobody has accepted.",
            Handoff.objects.unaccepted().count(),
        )
        yield GaugeMetricFamily(
            "hausmeister_stuck_pages", "Pages that ought to have moved.", len(pager.audit(now=now).stuck)
        )


def render(counters: Counters) -> bytes:
    """Return all figures in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_House(counters))
    return generate_latest(registry)
