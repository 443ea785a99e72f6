"""Our own checks on the screens: failing ones first, made and changed by those who manage senders."""

import pytest

from hausmeister.base import clock
from hausmeister.journal.rules import CONSOLE
from hausmeister.monitoring.models import Probe
from hausmeister.monitoring.operations import probes
from hausmeister.monitoring.operations.probes import Wanted
from hausmeister.monitoring.rules.probes import Finding
from tests.web.visitors import browser, queries_of

FORM = {"target": "http://127.0.0.1/", "every": "1m", "timeout": "10s", "enough": "2", "priority": "P3"}


@pytest.fixture
def probe(trio):
    return probes.make(trio.team, Wanted("shop", url="http://127.0.0.1/", enough=1), by=CONSOLE, now=clock.now())


def test_what_is_down_stands_first_with_what_was_wrong(trio, probe):
    now = clock.now()
    (claimed,) = probes.claim(most=1, busy=(), now=now)
    probes.record(claimed, Finding("answered 500, not 200 to 399", 12), started_at=now, now=now)
    text = browser(trio.ana).get("/monitoring/checks").content.decode()
    assert "<title>1 down" in text
    assert "answered 500, not 200 to 399" in text
    assert "New check" not in text
    assert browser(trio.ana).get(f"/monitoring/checks/{probe.pk}").status_code == 403
    assert len(queries_of(browser(trio.ana), "/monitoring/checks")) <= 15


def test_a_lead_makes_one_changes_pauses_resumes_and_takes_it_out_after_a_question(trio):
    client = browser(trio.carla)
    client.post("/monitoring/checks/new", {**FORM, "name": "port", "target": "127.0.0.1:8080", "priority": "P4"})
    made = Probe.objects.get()
    assert (made.kind, made.port, made.priority, made.every_s) == ("tcp", 8080, 4, 60)
    address = f"/monitoring/checks/{made.pk}"
    assert 'value="127.0.0.1:8080"' in client.get(address).content.decode()
    client.post(address, {**FORM, "name": "page", "status": "204"})
    made.refresh_from_db()
    assert (made.kind, made.name, made.first_status, made.last_status) == ("http", "page", 204, 204)
    client.post(f"{address}/pause")
    made.refresh_from_db()
    assert made.state == "paused"
    client.post(f"{address}/resume")
    assert "Take page out?" in client.post(f"{address}/remove").content.decode()
    client.post(f"{address}/remove", {"sure": "yes"})
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"every": "5s"}, "each 30 seconds"),
        ({"every": "soon"}, "length of time"),
        ({"timeout": "1h"}, "1 to 30 seconds"),
        ({"target": "nothing"}, "neither a URL nor"),
        ({"target": "http://10.0.0.1/"}, "public server"),
        ({"status": "good"}, "no status"),
        ({"name": "shop"}, "already"),
    ],
)
def test_what_cannot_be_is_told_and_what_was_typed_stays(trio, probe, typed, says):
    form = {**FORM, "name": "other", "what": "stays here", **typed}
    answer = browser(trio.carla).post("/monitoring/checks/new", form)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "stays here" in answer.content.decode()
