"""Section C of the pager scenarios: what comes in, and telling new from known.

Left out: GraphQL, Grafana's and Site24x7's payloads, mail as a source, mapped keys with rules and actions
(their connectors come later). "signal" has no counterpart: a source opens pages, and nothing else.
"""

import itertools

import pytest

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.intake import sent_by
from hausmeister.alerts.models import Alert
from hausmeister.alerts.operations import Happened
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base.signing import sha256_hex
from hausmeister.pager.models import Page, PageState
from hausmeister.pager.operations import acting
from hausmeister.team import queries as team_queries
from hausmeister.team.rules import Scope
from tests import builders


def _close(world, trio):
    for page in Page.objects.open():
        acting.acknowledge(page.pk, by=trio.ana, now=world.now)
    world.forget()


def test_a_form_and_json_are_taken_and_the_repetition_says_that_it_is_not_new(world, trio):
    """C/genericapi."""
    form = world.post(
        "/api/v1/alerts", b"title=Disk+full&text=on+db-7", content_type="application/x-www-form-urlencoded"
    )
    again = world.post("/api/v1/alerts", {"title": "Disk full", "text": "still"})
    assert (form.status, form.json["result"]) == (201, "opened")
    assert (again.status, again.json["result"]) == (200, "counted")
    assert form.json["alert"] == again.json["alert"]
    alert = Alert.objects.get()
    assert (alert.count, alert.text) == (2, "on db-7")
    _close(world, trio)


def test_closing_by_key_stops_that_one_and_closing_the_unknown_is_fine(world, trio):
    """C/genericapiclose, C/graphqldedup, C/uikdedupclose."""
    by_key, by_title, other = world.fire("A", key="a"), world.fire("B", key="b"), world.fire("C", key="c")
    assert world.post("/api/v1/alerts", {"title": "whatever", "key": "a", "action": "resolve"}).status == 200
    untitled = world.post("/api/v1/alerts", {"title": "No key"})
    assert world.post("/api/v1/alerts", {"title": "No key", "action": "resolve"}).json["result"] == "closed"
    unknown = world.post("/api/v1/alerts", {"title": "x", "key": "never seen", "action": "resolve"})
    assert (unknown.status, unknown.json["result"]) == (200, "unknown")
    assert Alert.objects.count() == 4, "the unknown close opened nothing"
    states = {page.pk: page.state for page in Page.objects.all()}
    assert states[by_key.pk] is PageState.CLOSED
    assert states[untitled.json["page"]] is PageState.CLOSED
    assert states[by_title.pk] is states[other.pk] is PageState.FIRING
    _close(world, trio)


def test_closing_frees_the_key_and_the_next_signal_is_a_new_alert(world, trio):
    first = world.fire("A", key="a")
    world.post("/api/v1/alerts", {"title": "A", "key": "a", "action": "resolve"})
    second = world.fire("A", key="a")
    assert second.pk != first.pk
    assert Alert.objects.filter(key="a").count() == 2
    _close(world, trio)


def test_metadata_is_stored_as_it_came(world, trio):
    """C/alertmetadata: labels, links and unknown fields."""
    world.post(
        "/api/v1/alerts",
        {
            "title": "A",
            "labels": {"dag": "nightly", "try": 3, "nested": {"a": [1]}},
            "links": ["https://example.org/run/1", {"href": "https://example.org/doc", "text": "doc"}],
            "shard": "s1",
            "extra": {"rows": 0, "list": [1, 2]},
        },
    )
    alert = Alert.objects.get()
    assert alert.labels == {"dag": "nightly", "try": "3", "nested": '{"a":[1]}'}
    assert alert.links == [
        {"href": "https://example.org/run/1", "text": "https://example.org/run/1"},
        {"href": "https://example.org/doc", "text": "doc"},
    ]
    assert alert.details == {"shard": "s1", "extra": {"rows": 0, "list": [1, 2]}}
    _close(world, trio)


ALERTMANAGER = {
    "version": "4",
    "groupKey": '{}:{alertname="ProbeFailed"}',
    "status": "firing",
    "receiver": "hausmeister",
    "externalURL": "http://am.example.org",
    "truncatedAlerts": 0,
    "a field of a later version": {"x": 1},
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "ProbeFailed", "instance": "db-7", "severity": "critical"},
            "annotations": {
                "summary": "db-7 does not answer",
                "description": "for 2 minutes",
                "runbook_url": "https://r.example.org",
            },
            "startsAt": "2026-11-24T01:58:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prom.example.org/graph",
            "fingerprint": "aaaa",
        },
        {
            "status": "firing",
            "labels": {"alertname": "ProbeFailed", "instance": "db-8", "severity": "critical"},
            "annotations": {},
            "fingerprint": "bbbb",
        },
    ],
}


def test_alertmanagers_group_is_one_alert_for_each_fingerprint(world, trio):
    """C/prometheusalertmanager."""
    assert world.post("/in/alertmanager", ALERTMANAGER).json == {"taken": 2, "opened": 2}
    first, second = Alert.objects.order_by("id")
    assert (first.key, first.title, first.text) == ("aaaa", "db-7 does not answer", "for 2 minutes")
    assert second.title == "ProbeFailed on db-8"
    assert [link["text"] for link in first.links] == ["runbook", "graph", "Alertmanager"]
    world.tick()
    world.expect("email", "Ana", "db-7")
    world.expect("email", "Ana", "db-8")
    one_over = {
        **ALERTMANAGER,
        "alerts": [{**ALERTMANAGER["alerts"][0], "status": "resolved"}, ALERTMANAGER["alerts"][1]],
    }
    assert world.post("/in/alertmanager", one_over).status == 200
    assert [page.state for page in Page.objects.order_by("id")] == [PageState.CLOSED, PageState.FIRING]
    _close(world, trio)


def test_the_four_calls_that_alertmanager_makes_to_opsgenie(world, trio):
    created = world.post(
        "/v2/alerts", {"message": "DB down", "alias": "a/b c", "description": "x", "priority": "P1", "tags": ["s1"]}
    )
    assert created.status == 202
    assert set(created.json) == {"result", "took", "requestId"}
    assert (
        world.post("/v2/alerts/a%2Fb%20c/message?identifierType=alias", {"message": "DB down 2"}, method="PUT").status
        == 202
    )
    assert (
        world.post("/v2/alerts/a%2Fb%20c/description?identifierType=alias", {"description": "y"}, method="PUT").status
        == 202
    )
    alert = Alert.objects.get()
    assert (alert.key, alert.title, alert.text, alert.priority, alert.labels) == (
        "a/b c",
        "DB down 2",
        "y",
        4,
        {"tags": "s1"},
    )
    assert alert.page.title == "DB down 2"
    assert world.post("/v2/alerts/unknown/close?identifierType=alias", {"source": "am"}).status == 202
    assert world.post("/v2/alerts/a%2Fb%20c/close?identifierType=alias", {}).status == 202
    alert.page.refresh_from_db()
    assert alert.page.state is PageState.CLOSED


@pytest.mark.parametrize(("theirs", "ours"), [("P1", 4), ("P2", 3), ("P3", 2), ("P4", 1), ("P5", 1)])
def test_the_two_priority_scales_meet_in_one_table(world, trio, theirs, ours):
    world.post("/v2/alerts", {"message": "x", "alias": "x", "priority": theirs})
    assert Alert.objects.get().priority == ours
    _close(world, trio)


def test_a_sender_that_says_nothing_of_urgency_rings(world, trio):
    world.post("/v2/alerts", {"message": "x", "alias": "x"})
    assert (Alert.objects.get().priority, Alert.objects.get().is_hard) == (3, True)
    _close(world, trio)


def test_two_keys_with_the_same_alias_are_two_alerts_and_neither_closes_the_others(world, trio):
    """S7."""
    mine = world.fire("A", key="same")
    world.key = builders.new_key(trio.team, source="airflow")
    theirs = world.fire("A", key="same")
    assert mine.pk != theirs.pk
    world.post("/api/v1/alerts", {"title": "A", "key": "same", "action": "resolve"})
    states = {page.pk: page.state for page in Page.objects.all()}
    assert (states[mine.pk], states[theirs.pk]) == (PageState.FIRING, PageState.CLOSED)
    _close(world, trio)


def test_s7_a_key_neither_closes_nor_changes_what_only_another_source_has_under_that_alias(world, trio):
    mine = world.fire("A", key="same", text="as it was")
    world.key = builders.new_key(trio.team, source="airflow")
    resolved = world.post("/api/v1/alerts", {"title": "A", "key": "same", "action": "resolve"})
    assert resolved.json == {"result": "unknown", "alert": None, "page": None}
    for method, path, body in (
        ("POST", "/v2/alerts/same/close?identifierType=alias", {}),
        ("PUT", "/v2/alerts/same/message?identifierType=alias", {"message": "taken over"}),
        ("PUT", "/v2/alerts/same/description?identifierType=alias", {"description": "taken over"}),
        ("POST", "/in/alertmanager", {"alerts": [{"fingerprint": "same", "status": "resolved"}]}),
    ):
        assert world.post(path, body, method=method).status in {200, 202}
    alert = Alert.objects.get()
    assert (alert.title, alert.text, alert.closed_at) == ("A", "as it was", None)
    mine.refresh_from_db()
    assert (mine.title, mine.state) == ("A", PageState.FIRING)
    _close(world, trio)


def test_a_key_for_all_alerts_closes_those_of_its_team_and_of_no_other(world, trio):
    other = builders.trio(slug="serving")
    mine = world.fire("A", key="same")
    world.key = other.key
    theirs = world.fire("A", key="same")
    world.key = builders.new_key(trio.team, source="desk", scopes=(builders.Scope.ALERTS_ALL,))
    assert world.post("/api/v1/alerts", {"title": "A", "key": "same", "action": "resolve"}).json["result"] == "closed"
    states = {page.pk: page.state for page in Page.objects.all()}
    assert (states[mine.pk], states[theirs.pk]) == (PageState.CLOSED, PageState.FIRING)
    _close(world, trio)


def test_fire_resolve_and_fire_of_one_key_in_one_batch_happen_in_their_order(world, trio):
    from hausmeister.alerts import operations
    from hausmeister.alerts.operations import Incoming
    from hausmeister.alerts.rules import Action, Signal
    from hausmeister.team.models import Source

    source = Source.objects.get()
    orders = itertools.product([Action.FIRE, Action.RESOLVE], repeat=4)
    for number, actions in enumerate(orders):
        signals = [Signal(action, key=f"k{number}", title="t") for action in actions]
        taken = operations.receive(
            [Incoming(one, source.pk, source.name, source.team_id) for one in signals], now=world.now
        )
        is_open, expected = False, []
        for action in actions:
            expected.append(
                ("counted" if is_open else "opened") if action is Action.FIRE else ("closed" if is_open else "unknown")
            )
            is_open = action is Action.FIRE
        assert [one.happened for one in taken] == expected, actions
        assert Alert.objects.open().filter(key=f"k{number}").count() == is_open
    _close(world, trio)


def test_requests_at_once_share_a_transaction_and_each_is_answered_for_itself(
    world, trio, django_assert_max_num_queries
):
    from tests.harness import call_asgi

    def request(number):
        body = b'{"title": "t%d", "key": "k%d"}' % (number, number)
        return call_asgi(
            world.intake, "POST", "/api/v1/alerts", headers={"authorization": f"Bearer {world.key}"}, body=body
        )

    with django_assert_max_num_queries(40):
        answers = world.run(*(request(number) for number in range(50)))
    assert sorted(answer.json["alert"] for answer in answers) == sorted(Alert.objects.values_list("id", flat=True))
    _close(world, trio)


def test_one_bad_request_does_not_take_the_others_of_its_batch_along(world, trio, monkeypatch):
    """F12: the batch is tried again one by one; the bad one is answered 503, the rest are stored."""
    from hausmeister.alerts import operations, writer
    from tests.harness import call_asgi

    real = operations.receive

    def receive(incoming, *, now):
        if any(one.signal.title == "poison" for one in incoming):
            raise ValueError("a bug that only this signal meets")
        return real(incoming, now=now)

    monkeypatch.setattr(writer.operations, "receive", receive)
    bodies = [b'{"title": "a"}', b'{"title": "poison"}', b'{"title": "c"}']
    headers = {"authorization": f"Bearer {world.key}"}
    world.allow_error("intake.not_stored")
    answers = world.run(
        *(call_asgi(world.intake, "POST", "/api/v1/alerts", headers=headers, body=body) for body in bodies)
    )
    assert [answer.status for answer in answers] == [201, 503, 201]
    assert answers[1].headers["retry-after"] == "5"
    assert set(Alert.objects.values_list("title", flat=True)) == {"a", "c"}
    _close(world, trio)


# ---- a storm (X12) ----


def test_a_storm_of_ten_thousand_is_gathered_and_the_neighbours_first_page_is_the_next_message(world, trio):
    from hausmeister.alerts import operations
    from hausmeister.alerts.operations import Incoming
    from hausmeister.alerts.rules import Action, Signal
    from hausmeister.team.models import Source

    source = Source.objects.get()
    for begin in range(0, 10_000, 400):
        signals = [
            Signal(Action.FIRE, key=f"k{number}", title=f"Task {number} failed") for number in range(begin, begin + 400)
        ]
        taken = operations.receive(
            [Incoming(one, source.pk, source.name, source.team_id) for one in signals], now=world.now
        )
        assert {one.happened for one in taken} == {"opened"}, "every one is stored, none refused"
    assert Alert.objects.open().count() == 10_000
    assert Page.objects.open().count() == 6, "five pages, then one for all the rest"
    storm = Page.objects.get(is_storm=True)
    assert storm.alerts.count() == 9_995
    world.key = builders.new_key(trio.team, source="airflow")
    world.fire("Another service")
    world.tick()
    assert [one.title for one in world.sent].index("Another service") <= 1
    assert len(world.sent) == 7
    world.forget()

    acting.acknowledge(storm.pk, by=trio.ana, now=world.now)
    world.key = trio.key
    after = world.fire("Something new in the storm")
    assert after.pk != storm.pk, "what comes after the acknowledgement calls again"
    world.tick()
    world.expect("email", "Ana", "Something new in the storm")
    world.expect_none()
    _close(world, trio)


def test_a_more_urgent_alert_makes_the_storms_page_more_urgent(world, trio):
    for number in range(7):
        world.fire(f"error {number}", severity="error")
    storm = Page.objects.get(is_storm=True)
    assert storm.priority == 3
    world.fire("the worst", severity="critical")
    storm.refresh_from_db()
    assert (storm.priority, storm.alerts.count()) == (4, 3)
    _close(world, trio)


def test_a_storm_page_closes_when_the_last_of_its_alerts_is_over(world, trio):
    for number in range(8):
        world.fire(f"a{number}", key=f"a{number}")
    storm = Page.objects.get(is_storm=True)
    for number in (5, 6):
        world.post("/api/v1/alerts", {"title": "x", "key": f"a{number}", "action": "resolve"})
    storm.refresh_from_db()
    assert storm.state is PageState.FIRING
    world.post("/api/v1/alerts", {"title": "x", "key": "a7", "action": "resolve"})
    storm.refresh_from_db()
    assert storm.state is PageState.CLOSED
    _close(world, trio)


def test_hard_and_soft_alerts_of_one_source_gather_apart(world, trio):
    """A soft storm that waits for the morning must not swallow a hard alert at night."""
    for number in range(7):
        world.fire(f"soft {number}", severity="warning")
    hard = world.fire("hard", severity="critical")
    assert not hard.is_storm
    world.tick()
    world.expect("email", "Ana", "hard")
    _close(world, trio)


# ---- the door ----


def test_one_request_larger_than_the_whole_queue_is_stored_and_not_refused_for_ever(world, trio):
    """Sent again it would be no smaller: a group of more alerts than may wait must still get in."""
    world.writer._most_waiting = 3
    body = {"alerts": [{"status": "firing", "labels": {"alertname": f"a{number}"}} for number in range(5)]}
    assert world.post("/in/alertmanager", body).status == 200
    assert Alert.objects.count() == 5
    _close(world, trio)


def test_a_key_for_all_alerts_closes_what_another_source_opened_in_the_same_batch(world, trio):
    wide = builders.new_key(trio.team, source="console", scopes=(Scope.ALERTS_ALL,))
    world.keys.holders = team_queries.valid_keys(world.now)
    narrow_holder, wide_holder = (world.keys.holders[sha256_hex(key)] for key in (trio.key, wide))
    opened, closed = alerts.receive(
        [
            *sent_by(narrow_holder, [Signal(Action.FIRE, key="k", title="Disk full")]),
            *sent_by(wide_holder, [Signal(Action.RESOLVE, key="k")]),
        ],
        now=world.now,
    )
    assert (opened.happened, closed.happened) == (Happened.OPENED, Happened.CLOSED)
    assert not builders.open_pages()
