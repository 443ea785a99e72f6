"""Parcels as the engine hands them over, and the moment at which they are sent: 03:20 in Berlin."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from hausmeister.base import clock
from hausmeister.outbox.delivery import Parcel
from tests.harness import at

NOW = at("2026-11-24 02:20")


@contextmanager
def at_night(now: datetime = NOW) -> Iterator[None]:
    with clock.run_by(lambda: now):
        yield


def page_facts(**changed: Any) -> dict[str, Any]:
    """Return what `calling.page_facts` gives for Ana, called at 03:20 with Bruno to follow at 03:25."""
    return {
        "page": 4821,
        "title": "Dataset billing_cycles built with 0 rows",
        "text": "0 rows, yesterday 48 M.\nRun nightly_itaipu",
        "priority": 4,
        "hard": True,
        "storm": False,
        "source": "prometheus, airflow-s1",
        "opened_at": "2026-11-24T02:20:00+00:00",
        "team": "Data Infra",
        "zone": "Europe/Berlin",
        "person": "Ana Okafor",
        "person_id": 7,
        "role": "hausmeister",
        "round": 0,
        "test": False,
        "then_at": "2026-11-24T02:25:00+00:00",
        "then_who": "Bruno (backstop)",
        "cycle": 1,
        **changed,
    }


def runbook_facts(**changed: Any) -> dict[str, Any]:
    """Return what `runbooks.travelling.told` gives for a section found word for word."""
    return {
        "heading": "Dataset built with 0 rows",
        "how": "verbatim",
        "how_words": "its heading is this alert's title",
        "text": "Look at the upstream first.\n\nThen run it again.",
        "is_whole": True,
        "url": "https://hausmeister.example.org/runbooks/sections/12",
        "web_url": "",
        "place": "datasets.md, line 40",
        "stale": "",
        "others": [],
        **changed,
    }


def page(channel: str, address: str, *, method: int = 3, again: bool = False, **facts: Any) -> Parcel:
    return parcel("page", {"channel": channel, "address": address, "method": method}, page_facts(**facts), again=again)


def code(channel: str, address: str, *, method: int = 3) -> Parcel:
    facts = {"code": "048213", "person": "Ana Okafor", "minutes": 10}
    return parcel("code", {"channel": channel, "address": address, "method": method}, facts)


def parcel(
    kind: str, to: dict[str, Any], facts: dict[str, Any], *, again: bool = False, key: str = "page-4821-7-1-3-0"
) -> Parcel:
    return Parcel(
        message_id=99,
        kind=kind,
        to=to,
        facts=facts,
        idempotency_key=key,
        is_possible_duplicate=again,
        attempt=2 if again else 1,
    )
