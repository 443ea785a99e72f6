"""What clients ask in a year: pure, the same for the same seed. Some questions keep coming (H9)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hausmeister.base.chance import Stream
from hausmeister.base.wall_time import instant
from hausmeister.console.demo.year.cast import CLIENTS

QUESTIONS = 900


@dataclass(frozen=True)
class Topic:
    """Something that clients do not know. `weight` is how often it comes up against the others."""

    weight: float
    wordings: Sequence[str]
    answer: str
    title: str = ""
    names: Sequence[str] = ("",)


@dataclass(frozen=True)
class Asked:
    """One question: when, by whom, in which words; how soon somebody answers, and whether nobody does for long."""

    at: datetime
    by: str
    text: str
    topic: Topic
    answered_after: timedelta
    goes_on: bool = False


_SETS = ("contracts", "billing_cycles", "customers", "cards", "ledger")
TOPICS = (
    Topic(
        5, (
            "How do I backfill one day of the {n} dataset? I need yesterday again.",
            "Need to re-run {n} for a single day, what is the command?",
            "One partition of {n} is wrong. How can I build just that day anew?",
        ), "Use `itaipu backfill DATASET --day YYYY-MM-DD`; it takes twenty minutes and touches no other day.",
        "Backfill a single day", _SETS,
    ),
    Topic(
        4, (
            "When will {n} of today be there?", "Is {n} late today?",
            "Dashboard still shows yesterday, has {n} not been loaded?",
        ), "The run page shows how far it is. It is usually through by 07:30; you hear from us when it is not.",
        "When a dataset of today is ready", _SETS,
    ),
    Topic(
        3, (
            "Where is the page with the schema of {n}?", "Which columns does {n} have, and what do they mean?",
            "Is there documentation of {n} anywhere?",
        ), "The data catalogue has each dataset with its columns and its owner: look under Serving.",
        "Where schemas are described", _SETS,
    ),
    Topic(
        3, (
            "I get permission denied on {n}, whom do I ask?", "How do I get read access to {n}?",
            "New in the team, I need access to {n} please.",
        ), "Ask for the group `data-readers` in the access portal; your lead approves it, and it works an hour later.",
        "Access to a dataset", _SETS,
    ),
    Topic(
        2, (
            "My Spark job dies with out of memory since this week, any idea?",
            "Executor lost, exit code 137. What can I raise?", "Which memory settings do you suggest for a big join?",
        ), "Raise `spark.executor.memoryOverhead` first, and look whether one key holds most rows.",
        "A Spark job that runs out of memory",
    ),
    Topic(
        2, (
            "How long are snapshots of {n} kept?", "Can I still read {n} as it was in spring?",
            "Do you keep old versions of {n}?",
        ), "Daily snapshots stay 90 days, the one of each month for seven years.", "How long snapshots are kept", _SETS,
    ),
    Topic(
        1.5, (
            "How do I add a column to {n}?", "We need a new field in {n}, how does that work?",
            "What is the way to change the schema of {n}?",
        ), "Open a pull request against its schema file; the check says what reads it, and those teams are asked.",
        "Change a schema", _SETS,
    ),
    Topic(
        1.5, (
            "Can the notebook server be restarted? It hangs.", "Notebooks do not open, is it only me?",
            "The kernel does not start any more.",
        ), "Stop your server under Hub control and start it again; what is saved stays.", "A notebook that hangs",
    ),
    Topic(
        1, (
            "Who owns the {n} dataset?", "Whom do I ask about the numbers in {n}?", "Is {n} still maintained?",
        ), "The data catalogue names the owner at the top of each dataset's page.", "Who owns a dataset", _SETS,
    ),
    Topic(
        1, (
            "Are times in {n} UTC or local?", "Which time zone do the timestamps of {n} have?",
            "Dates in {n} are off by some hours, why?",
        ), "All times are UTC; columns that end in _local say in which zone.", "Time zones in datasets", _SETS,
    ),
    Topic(
        1, (
            "Can I query the serving layer from a script?", "Is there a Python client for the query API?",
            "What is the endpoint for queries from code?",
        ), "Yes: `pip install itaipu-client`, with the token from your profile page.", "Queries from code",
    ),
    Topic(
        0.8, (
            "What is the difference between {n} and {n}_v2?", "Should I use {n} or the new {n}_v2?",
            "Will the old {n} go away?",
        ), "Use the _v2: it has the corrections. The old one stays until June.", "Old and new datasets", _SETS,
    ),
)  # fmt: skip
# asked once, and never again
SINGLE = (
    "Does the licence of the geo dataset allow showing it to customers?",
    "Could somebody look over my join of {n} with the address register?",
    "What would it cost to keep {n} hourly instead of daily?",
    "Our contractor leaves on Friday, who takes the export of {n}?",
    "May I present the numbers of {n} at the conference in June?",
    "Which of the three revenue columns in {n} does finance use?",
)
_ONCE = "Answered in a call; what was decided is in the notes of the team."


def year(*, began_on: date, until: datetime, zone: ZoneInfo, dice: Stream) -> list[Asked]:
    """Return QUESTIONS questions from `began_on` to `until`, in working hours, in the order of time."""
    days = (until.astimezone(zone).date() - began_on).days
    asked: list[Asked] = []
    while len(asked) < QUESTIONS:
        on = began_on + timedelta(days=dice.randint(0, days))
        if on.weekday() >= 5:
            continue
        hour = dice.choice((9, 9, 10, 10, 10, 11, 11, 13, 14, 14, 15, 15, 16, 17))
        at = instant(on, time(hour, dice.randrange(60), dice.randrange(60)), zone)
        if at < until - timedelta(minutes=90):
            asked.append(_one(dice, at))
    return sorted(asked, key=lambda one: one.at)


def _one(dice: Stream, at: datetime) -> Asked:
    if dice.random() < 0.12:
        text = dice.choice(SINGLE).replace("{n}", dice.choice(_SETS))
        topic = Topic(0, (text,), _ONCE)
    else:
        topic = dice.choices(TOPICS, [one.weight for one in TOPICS])[0]
        text = dice.choice(topic.wordings).replace("{n}", dice.choice(topic.names))
    minutes = dice.choice((4, 7, 9, 12, 18, 25, 40, 65, 110, 150))
    # a few are forgotten until somebody reminds
    late = dice.random() < 0.03
    after = timedelta(hours=26) if late else timedelta(minutes=minutes)
    return Asked(at, dice.choice(CLIENTS), text, topic, after, goes_on=dice.random() < 0.2)
