"""Dashboards by websocket and senders by HTTP, through clients that are not ours."""

import json

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hausmeister.base.event import Event


def post(here, *lines):
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return httpx.post(f"http://{here.web()}/events", content=body)


def heard(socket):
    return json.loads(socket.recv(timeout=10))


def test_a_dashboard_gets_what_the_index_holds_and_then_what_comes(here):
    post(here, {"host": "a", "service": "kafka lag", "state": "ok", "metric": 1, "dc": "fra"}, {"service": "disk"})
    with connect(f'ws://{here.web()}/index?subscribe=true&query=service%20=~%20"kafka%25"') as dashboard:
        first = heard(dashboard)
        assert (first["service"], first["metric"], first["dc"]) == ("kafka lag", 1, "fra")
        post(here, {"service": "disk"}, {"host": "b", "service": "kafka lag", "state": "critical"})
        assert heard(dashboard)["state"] == "critical"


def test_what_expires_is_told_to_dashboards(here):
    with connect(f"ws://{here.web()}/pubsub/index?query=true") as dashboard:
        post(here, {"host": "a", "service": "api", "state": "ok", "ttl": 5})
        at_s = here.station.shard("s0").last_event_at_s if heard(dashboard) else 0
        here.server._loop.call_soon_threadsafe(lambda: here.station.tick(now_s=at_s + 6))
        assert heard(dashboard)["state"] == "expired"


def test_without_subscribing_the_socket_closes_after_the_index(here):
    post(here, {"service": "api"}, {"service": "disk"})
    with connect(f"ws://{here.web()}/index?query=true") as dashboard:
        assert sorted(json.loads(frame)["service"] for frame in dashboard) == ["api", "disk"]


@pytest.mark.parametrize(
    ("path", "says"),
    [("/index?query=state%20=%20x", "no value"), ("/pubsub/other", "There is /index"), ("/x", "There is /index")],
)
def test_a_wrong_address_or_query_is_told_in_the_closing(here, path, says):
    with connect(f"ws://{here.web()}{path}") as dashboard, pytest.raises(ConnectionClosed) as closed:
        dashboard.recv(timeout=10)
    assert closed.value.rcvd.code == 1008
    assert says in closed.value.rcvd.reason


def test_events_by_http_are_taken_line_by_line_and_wrong_lines_named(here):
    answer = post(here, {"service": "api"}, "{", {"metric": "x"})
    assert answer.status_code == 200
    assert answer.json()["taken"] == 1
    assert [error[:7] for error in answer.json()["errors"]] == ["line 2:", "line 3:"]
    assert post(here, "{").status_code == 400
    assert httpx.get(f"http://{here.web()}/events").status_code == 405
    assert httpx.get(f"http://{here.web()}/").status_code == 404


def test_a_dashboard_that_goes_away_is_forgotten(here):
    with connect(f"ws://{here.web()}/index?subscribe=true&query=true"):
        assert len(here.station.shard("s0").listeners) == 1
    post(here, {"service": "api"})
    with connect(f"ws://{here.web()}/pubsub/index") as dashboard:
        post(here, {"service": "api"})
        heard(dashboard)
        assert len(here.station.shard("s0").listeners) == 1
    assert isinstance(here.events()[0], Event)


def test_a_page_of_another_host_in_somebodys_browser_neither_reads_nor_writes(here):
    with connect(f"ws://{here.web()}/index?query=true", origin="https://evil.example.org") as page:
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(timeout=10)
        assert closed.value.rcvd.code == 1008
    answer = httpx.post(f"http://{here.web()}/events", content="{}", headers={"Origin": "https://evil.example.org"})
    assert answer.status_code == 403
    own = f"http://{here.web()}"
    assert httpx.post(f"{own}/events", content='{"service": "a"}', headers={"Origin": own}).status_code == 200
