"""Metrics for Prometheus, made from the store each time they are asked for: they are the same whoever did the runs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from syncbot.model.news_kinds import NewsKind
from syncbot.model.proposal_words import ProposalStatus
from syncbot.model.proposals import Run
from syncbot.model.verdicts import Verdict
from syncbot.plan.pace import GITHUB
from syncbot.ports import Store

_RUNS = 2000
_BUCKETS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 4 * 3600.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def rendered(store: Store, at: datetime, waiting_since: datetime | None = None) -> bytes:
    """All metrics as text. `waiting_since`: since when the oldest run that is due waits for its turn, None: none does.
    Nothing in it names a package: some are private."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(store, at, waiting_since))
    return generate_latest(registry)


class _Measured(Collector):
    def __init__(self, store: Store, at: datetime, waiting_since: datetime | None) -> None:
        self._store, self._at, self._waiting = store, at, waiting_since

    def collect(self) -> Iterable[Metric]:
        runs = self._store.runs(_RUNS)
        yield from _of_runs(runs)
        yield from self._of_the_delta()
        yield from self._of_proposals()
        yield from self._of_failures()
        age = 0.0 if self._waiting is None else (self._at - self._waiting).total_seconds()
        yield _gauge("syncbot_queue_age_seconds", "How long the oldest run that is due waits.", max(0.0, age))

    def _of_the_delta(self) -> Iterator[Metric]:
        kept = self._store.kept().packages
        patches = [patch for package in kept for patch in package.series]
        yield _gauge("syncbot_packages", "Tracked packages, as they were read last.", len(kept))
        yield _gauge("syncbot_delta_patches", "Patches carried.", len(patches))
        lines = sum(patch.facts.added + patch.facts.removed for patch in patches)
        yield _gauge("syncbot_delta_lines", "Lines that patches add and remove.", lines)
        verdicts = Counter(told.verdict for told in self._store.told())
        made = GaugeMetricFamily("syncbot_patches", "Patches by the verdict of the last check.", labels=["verdict"])
        for verdict in Verdict:
            made.add_metric([verdict.value], verdicts[verdict])
        yield made

    def _of_proposals(self) -> Iterator[Metric]:
        states = Counter(proposal.status for proposal in self._store.proposals())
        made = GaugeMetricFamily("syncbot_proposals", "Proposals by state.", labels=["state"])
        for status in ProposalStatus:
            made.add_metric([status.value], states[status])
        yield made
        left = GaugeMetricFamily(
            "syncbot_api_budget_left", "Changes that an account may still make within this hour.", labels=["account"]
        )
        for account, used in self._store.turns(self._at).items():
            left.add_metric([account], max(0, GITHUB.hour - used))
        yield left

    def _of_failures(self) -> Iterator[Metric]:
        failures = self._store.failures().values()
        kinds = Counter(failure.kind for failure in failures)
        made = GaugeMetricFamily("syncbot_failing_packages", "Packages that fail, by kind.", labels=["kind"])
        for kind, count in sorted(kinds.items()):
            made.add_metric([kind], count)
        yield made
        paused = sum(failure.pauses(self._at) for failure in failures)
        yield _gauge("syncbot_paused_packages", "Packages that are put aside for a while.", paused)
        told = Counter(news.kind for news in self._store.news(0, 10_000, newest=True))
        counted = CounterMetricFamily("syncbot_news", "What was news, by kind.", labels=["kind"])
        for kind_ in NewsKind:
            counted.add_metric([kind_.value], told[kind_])
        yield counted


def _of_runs(runs: Sequence[Run]) -> Iterator[Metric]:
    ended = [run for run in runs if run.finished is not None]
    results = Counter((run.cause or run.kind, result(run)) for run in runs)
    total = CounterMetricFamily("syncbot_runs", "Runs on record, by what made them and how they ended.", labels=_LABELS)
    for (cause, how), count in sorted(results.items()):
        total.add_metric([cause, how], count)
    yield total
    spans = [max(0.0, (run.finished - run.started).total_seconds()) for run in ended if run.finished is not None]
    buckets = [(str(most), float(sum(span <= most for span in spans))) for most in _BUCKETS]
    histogram = HistogramMetricFamily("syncbot_run_duration_seconds", "How long runs took.")
    histogram.add_metric([], [*buckets, ("+Inf", float(len(spans)))], sum_value=sum(spans))
    yield histogram
    last = GaugeMetricFamily("syncbot_last_run_timestamp_seconds", "When a run last ended well.", labels=["cause"])
    seen: set[str] = set()
    for run in ended:
        cause = run.cause or run.kind
        if cause not in seen and result(run) == "done" and run.finished is not None:
            seen.add(cause)
            last.add_metric([cause], run.finished.timestamp())
    yield last
    yield _gauge("syncbot_runs_in_progress", "Runs that have begun and not ended.", len(runs) - len(ended))


_LABELS = ["cause", "result"]


def result(run: Run) -> str:
    """How a run ended: done, failed, stopped, left-out; running where it did not."""
    if run.outcome is None:
        return "running"
    found = json.loads(run.outcome)
    return next((name for name in ("failed", "stopped", "left-out") if name in found), "done")


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
