"""What happened in the week before the demo begins: a quiet one, with one bad night."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hausmeister.base.wall_time import instant

_MINUTE = timedelta(minutes=1)


class Answers(StrEnum):
    """Who reacts to a page of the story."""

    ON_DUTY = "the first one called"
    BACKSTOP = "the backstop; whoever is called first sleeps on"


@dataclass(frozen=True)
class Scene:
    """One thing that went wrong, and what people did about it.

    Times after the first count from the moment of the answer. `alerts` are so many different ones at once, each
    sent `signals` times. `snoozes` puts a soft page off to the next working morning instead of taking it.
    `over_after` is when the source says that it is over; without it and `closed_after` the page stays open.
    `ends_after` counts from the alert itself: its source says then that it is over, whatever people did.
    """

    at: datetime
    source: str
    title: str
    severity: str
    text: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    alerts: int = 1
    signals: int = 1
    answers: Answers = Answers.ON_DUTY
    answered_after: timedelta = 3 * _MINUTE
    snoozes: bool = False
    helped_after: timedelta | None = None
    note: str = ""
    noted_after: timedelta = 12 * _MINUTE
    closed_after: timedelta | None = None
    closed_because: str = ""
    over_after: timedelta | None = None
    ends_after: timedelta | None = None

    def is_answered(self, *, by_backstop: bool) -> bool:
        """Say whether a message to the backstop, or to somebody else, is answered."""
        return by_backstop or self.answers is Answers.ON_DUTY


def data_infra(*, now: datetime, zone: ZoneInfo) -> list[Scene]:
    """Return the handbook team's week up to `now`."""

    def day(back: int, hour: int, minute: int) -> datetime:
        return instant(now.astimezone(zone).date() - timedelta(days=back), time(hour, minute), zone)

    return [
        Scene(
            at=day(6, 10, 40),
            source="prometheus",
            title="Disk 81 % full on db-7",
            severity="warning",
            text="/var/lib/segments grew by 40 GB since Friday.",
            labels={"alertname": "DiskFillsUp", "instance": "db-7:9100", "shard": "s0"},
            signals=4,
            answered_after=14 * _MINUTE,
            note="Old segments: the clean-up had been stuck since Friday. Started again, 12 GB free so far.",
            closed_after=2 * 60 * _MINUTE,
            closed_because="clean-up runs again",
        ),
        Scene(
            at=day(4, 14, 5),
            source="airflow",
            title="Commit service answers 5xx on prod-s1",
            severity="error",
            text="9 % of commits failed in the last 10 minutes; the limit is 2 %.",
            labels={"dag": "nightly_itaipu", "task": "commit_contracts", "shard": "s1"},
            answered_after=2 * _MINUTE,
            helped_after=25 * _MINUTE,
            note="Cannot tell the retries from the real failures. Asked for a second pair of eyes.",
            noted_after=24 * _MINUTE,
            closed_after=80 * _MINUTE,
            closed_because="rolled back deploy 411; issue written for the retry storm",
        ),
        Scene(
            at=day(3, 3, 12),
            source="airflow",
            title="Serving layer: 0 of 412 datasets loaded since 02:00",
            severity="critical",
            text="95 % must be loaded by 20:00 UTC. Yesterday at this time: 231.",
            labels={"dag": "serving_layer", "task": "load", "shard": "s0"},
            answers=Answers.BACKSTOP,
            note="The loader waited for a lock that the 02:00 vacuum held. Ended the vacuum; it loads again.",
            noted_after=18 * _MINUTE,
            over_after=44 * _MINUTE,
        ),
        Scene(
            at=day(2, 22, 31),
            source="prometheus",
            title="Kafka lag over 1 M messages",
            severity="error",
            text="A consumer group is more than 1,000,000 messages behind.",
            labels={"alertname": "KafkaLag", "shard": "s1"},
            alerts=9,
            answered_after=4 * _MINUTE,
            note="One broker was restarted; all groups catch up. Nothing to do but watch.",
            over_after=35 * _MINUTE,
        ),
        Scene(
            at=day(1, 16, 20),
            source="prometheus",
            title="Riemann index: no event from prod-s2 for 10 min",
            severity="error",
            labels={"alertname": "RiemannSilent", "shard": "s2"},
            answered_after=_MINUTE,
            over_after=11 * _MINUTE,
        ),
        Scene(
            at=now - timedelta(hours=5),
            source="prometheus",
            title="Disk 80 % full on db-3",
            severity="warning",
            text="At this rate it is full in 11 days.",
            labels={"alertname": "DiskFillsUp", "instance": "db-3:9100", "shard": "s0"},
            answered_after=9 * _MINUTE,
            snoozes=True,
        ),
        Scene(
            at=now - timedelta(hours=2, minutes=10),
            source="airflow",
            title="Check schema_drift takes twice as long as last month",
            severity="info",
            labels={"dag": "checks", "task": "schema_drift"},
            answered_after=20 * _MINUTE,
            snoozes=True,
        ),
        Scene(
            at=now - 47 * _MINUTE,
            source="airflow",
            title="Contracts are committed late on prod-s0",
            severity="error",
            text="88 % committed, 95 % due. 42 minutes behind the same weekday.",
            labels={"dag": "nightly_itaipu", "task": "commit_contracts", "shard": "s0"},
            signals=3,
            answered_after=3 * _MINUTE,
            note="93 % by now and rising. Watching it until it is through.",
            noted_after=41 * _MINUTE,
        ),
    ]


def streaming(*, now: datetime, zone: ZoneInfo) -> list[Scene]:
    """Return the second team's week up to `now`."""
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return [
        Scene(
            at=instant(yesterday, time(19, 44), zone),
            source="grafana",
            title="Flink job clickstream restarts every 3 min",
            severity="error",
            labels={"job": "clickstream"},
            answered_after=5 * _MINUTE,
            note="Checkpoint too large since the new field. Raised the time-out, field goes out tomorrow.",
            closed_after=50 * _MINUTE,
            closed_because="stable for half an hour",
        ),
        Scene(
            at=now - timedelta(hours=3),
            source="grafana",
            title="Certificate of broker-2 ends in 20 days",
            severity="warning",
            labels={"instance": "broker-2"},
            answered_after=15 * _MINUTE,
            snoozes=True,
        ),
    ]
