"""The figures of the service in the text format of Prometheus."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from schemas.version import ENGINE_VERSION
from storage.ports import Figures, Histogram
from storage.room import Memory

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4


def exposition(figures: Figures, memory: Memory, *, is_durable: bool | None) -> bytes:
    """The figures as Prometheus reads them.

    Args:
        figures: of the ledger.
        memory: of the broker.
        is_durable: whether the broker keeps what it accepts; None if that is not known.
    """
    registry = CollectorRegistry()
    registry.register(_Collected(figures, memory, is_durable))
    return generate_latest(registry)


class _Collected:
    """One reading, as the library wants it."""

    def __init__(self, figures: Figures, memory: Memory, is_durable: bool | None) -> None:
        self._figures = figures
        self._memory = memory
        self._is_durable = is_durable

    def collect(self) -> Iterator[Metric]:
        found = self._figures
        version = GaugeMetricFamily("foldline_info", "The engine's version.", labels=["version"])
        version.add_metric([ENGINE_VERSION], 1)
        yield version
        yield GaugeMetricFamily(
            "foldline_jobs_waiting", "Jobs that wait for a worker.", found.waiting
        )
        yield GaugeMetricFamily(
            "foldline_jobs_running", "Jobs that workers have claimed.", found.running
        )
        ended = CounterMetricFamily(
            "foldline_jobs_ended", "Jobs that have ended.", labels=["status"]
        )
        for status, count in found.ended.items():
            ended.add_metric([status], count)
        yield ended
        yield CounterMetricFamily(
            "foldline_crashes", "Attempts at a job that ended with their process.", found.crashes
        )
        yield CounterMetricFamily(
            "foldline_losses", "Attempts at a job that ended with their worker.", found.losses
        )
        yield _family("foldline_wait_seconds", "From acceptance to the first claim.", found.wait)
        yield _family("foldline_fit_seconds", "From the last claim to the end.", found.fit)
        yield GaugeMetricFamily(
            "foldline_workers", "Workers that give signs of life.", len(found.silent_s)
        )
        yield GaugeMetricFamily(
            "foldline_workers_suspended",
            "Whether workers are told to claim nothing.",
            found.suspended,
        )
        silent = GaugeMetricFamily(
            "foldline_worker_silent_seconds",
            "Since the last sign of life of a worker.",
            labels=["worker"],
        )
        for worker, seconds in found.silent_s.items():
            silent.add_metric([worker], seconds)
        yield silent
        yield GaugeMetricFamily(
            "foldline_webhooks_waiting", "Webhooks that are to be sent.", found.deliveries
        )
        yield from self._of_memory()
        if self._is_durable is not None:
            yield GaugeMetricFamily(
                "foldline_broker_durable",
                "Whether the broker keeps what it accepts.",
                self._is_durable,
            )

    def _of_memory(self) -> Iterator[Metric]:
        memory = self._memory
        yield GaugeMetricFamily(
            "foldline_broker_memory_bytes", "Memory that the broker uses.", memory.used
        )
        yield GaugeMetricFamily(
            "foldline_broker_memory_limit_bytes", "Its maxmemory; 0 if it has none.", memory.limit
        )
        yield GaugeMetricFamily(
            "foldline_broker_memory_reserved_bytes",
            "Memory of the broker that is kept for the ends of accepted jobs.",
            memory.reserved,
        )


def _family(name: str, text: str, histogram: Histogram) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, text, buckets=histogram.counts, sum_value=histogram.sum_s)
