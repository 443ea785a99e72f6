"""L6: a nightly run whose tasks are heard of, its levels before and after their hour, and who is told of what."""

import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from hausmeister.alerts.models import Alert
from hausmeister.base import clock
from hausmeister.monitoring.runs import judging, queries, taking, telling
from hausmeister.monitoring.runs.models import LevelDay, Run, RunAlarm, Try
from hausmeister.monitoring.runs.rules.states import RunSaid, State, TaskSaid, TaskShape
from hausmeister.pager.models import Page
from tests import builders
from tests.harness import at

LEVEL = """[runs]
dags = ["nightly*"]
[[runs.levels]]
name = "contracts"
dag = "nightly"
tasks = "group:contracts"
share = 75
by = "05:00"
zone = "UTC"
"""
CONTRACTS = ("contracts.a", "contracts.b", "contracts.c", "contracts.d")
SHAPE = {
    "extract": TaskShape(CONTRACTS),
    **{name: TaskShape(("publish",), alarm="hard" if name == "contracts.a" else "") for name in CONTRACTS},
    "publish": TaskShape(),
}


@pytest.fixture
def team(world, trio):
    builders.policy_with(trio.team, ("[runs]\ndags = []\n", LEVEL_FREE))
    return trio.team


LEVEL_FREE = LEVEL.split("[[", 1)[0]


def with_level(team, *, alarm="hard", at_risk="soft"):
    level = "[[" + LEVEL.split("[[", 1)[1] + f'alarm = "{alarm}"\n'
    builders.policy_with(
        team,
        ("[runs]\ndags = []\n", LEVEL_FREE),
        ('at_risk = "soft"\n', f'at_risk = "{at_risk}"\n'),
        ("# ---- Severity levels of the company (H13)", f"{level}\n# ---- Severity levels of the company (H13)"),
    )


def said(run, began, state, *tasks, ended=None, now):
    return RunSaid("nightly", run, now, state, began, ended, tasks=tasks, shape=SHAPE)


def task(name, state, began=None, ended=None, *, now, attempt=1, alarm=""):
    return TaskSaid(name, state, now, attempt=attempt, started_at=began, ended_at=ended, alarm=alarm)


def minutes(number):
    return timedelta(minutes=number)


def earlier_nights(team, *, count=6, took=60, until):
    """So many nights in which extract took 30 minutes and each contract `took`; each began at 01:00 UTC."""
    for number in range(count, 0, -1):
        began = until - timedelta(days=number)
        done = began + minutes(30 + took + 10)
        tasks = [task("extract", State.SUCCESS, began, began + minutes(30), now=done)]
        tasks += [
            task(name, State.SUCCESS, began + minutes(30), began + minutes(30 + took), now=done) for name in CONTRACTS
        ]
        tasks.append(task("publish", State.SUCCESS, began + minutes(30 + took), done, now=done))
        taking.take(team, [said(f"night-{began:%m%d}", began, State.SUCCESS, *tasks, ended=done, now=done)], now=done)


BEGAN = at("2026-11-24 02:00")


def test_a_failed_task_pages_hard_by_its_own_label_and_its_retry_closes_it(world, team):
    hard, soft = (task(name, State.FAILED, world.now, world.now + minutes(0), now=world.now) for name in CONTRACTS[:2])
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, hard, soft, now=world.now)], now=world.now)
    world.go(seconds=1)
    told = world.expect("email", "Ana", "contracts.a of nightly failed").parcel.facts
    assert told["priority"] == 4
    assert {(one.title, one.is_hard) for one in Alert.objects.all()} == {
        ("contracts.a of nightly failed", True),
        ("contracts.b of nightly failed", False),
    }
    world.go(minutes=2)
    again = task("contracts.a", State.SUCCESS, world.now, world.now, now=world.now, attempt=2)
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, again, now=world.now)], now=world.now)
    world.go(seconds=1)
    assert Alert.objects.get(title__startswith="contracts.a").closed_at is not None
    assert Alert.objects.get(title__startswith="contracts.b").closed_at is None


def test_a_level_is_at_risk_before_its_hour_missed_at_it_and_over_once_its_share_is_done(world, team):
    with_level(team)
    earlier_nights(team, took=60, until=at("2026-11-24 02:00"))
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, now=world.now)], now=world.now)
    world.go(seconds=1)
    # extract needed 150 minutes instead of 30: the contracts cannot end before 05:30
    world.go_to(at("2026-11-24 04:30"))
    now = world.now
    done = task("extract", State.SUCCESS, BEGAN, now, now=now)
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, done, now=now)], now=now)
    world.go(seconds=61)
    day = LevelDay.objects.get(hour=at("2026-11-24 05:00"))
    assert (day.verdict, day.done, day.total, day.needed) == ("at risk", 0, 4, 3)
    assert day.chance_late_percent == 100
    assert day.likely_at == at("2026-11-24 05:31") + timedelta(seconds=1)
    risk = Alert.objects.get(title="contracts will probably miss 05:00 UTC")
    assert not risk.is_hard
    assert "100 % risk of missing it, by 6 earlier runs" in risk.text
    (named,) = queries.risks(team, now=world.now)
    assert named.words == (
        "contracts is at risk for 06:00: probably met at 06:31, at 06:31 when it goes slowly (100 % risk of missing it,"
        " by 6 earlier runs). 0 of 4 tasks are done (0 %), 3 are needed."
    )
    world.go_to(at("2026-11-24 05:01"))
    world.go(seconds=60)
    world.expect("email", "Ana", "contracts: 75 % were not done by 05:00 UTC")
    risk.refresh_from_db()
    assert risk.closed_at is not None
    world.forget()
    now = world.now + timedelta(minutes=30)
    tasks = [task(name, State.SUCCESS, at("2026-11-24 04:30"), now, now=now) for name in CONTRACTS[:3]]
    world.now = now
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, *tasks, now=now)], now=now)
    world.go(seconds=61)
    day.refresh_from_db()
    assert (day.verdict, day.met_at) == ("met late", now)
    assert Page.objects.open().count() == 0
    assert RunAlarm.objects.count() == 0
    world.forget()


def test_a_run_that_does_not_begin_is_told_before_its_level_is_missed(world, team):
    with_level(team, at_risk="notice")
    earlier_nights(team, until=at("2026-11-24 02:00"))
    world.go_to(at("2026-11-24 02:20"))
    world.go(seconds=61)
    assert LevelDay.objects.get(hour=at("2026-11-24 05:00")).verdict == "unknown"
    world.go_to(at("2026-11-24 02:35"))
    world.go(seconds=61)
    assert LevelDay.objects.get(hour=at("2026-11-24 05:00")).verdict == "at risk"
    assert Alert.objects.count() == 0
    assert telling.tell(world.now) == 1
    assert telling.tell(world.now) == 0
    world.tick()
    told = world.expect("chat").parcel
    assert told.facts["headline"] == "contracts is at risk for 06:00: no run has begun."


def test_the_state_is_posted_once_at_each_hour_of_working_days_and_compared_with_the_same_weekday(world, team):
    with_level(team)
    for week in (1, 2):
        earlier_nights(team, count=1, until=at("2026-11-24 02:00") - timedelta(days=7 * week - 1))
        judged_at = at("2026-11-24 03:45") - timedelta(days=7 * week)
        judging.judge_levels(judged_at)
    earlier_nights(team, count=1, until=at("2026-11-25 02:00"))
    world.go_to(at("2026-11-24 07:59"))
    assert telling.tell(world.now) == 0
    world.go_to(at("2026-11-24 08:05"))
    judging.judge_levels(world.now)
    assert telling.tell(world.now) == 1
    assert telling.tell(world.now) == 0
    world.tick()
    facts = world.expect("chat").parcel.facts
    assert facts["headline"] == "Runs: all as they should be."
    assert facts["paragraphs"] == [
        "contracts met at 04:30, 1 h 30 before 06:00. On Tuesdays it is usually met at 04:30 (2 of them).",
        "nightly: Done in 1 h 40; it began at 03:00. On Tuesdays it usually takes 1 h 40.",
    ]
    # Saturday
    assert telling.tell(at("2026-11-28 08:05")) == 0


def test_a_task_that_runs_on_and_on_and_a_run_in_which_nothing_happens_are_told_as_stuck(world, team):
    earlier_nights(team, took=20, until=BEGAN)
    running = task("contracts.a", State.RUNNING, world.now, now=world.now)
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, running, now=world.now)], now=world.now)
    taking.take(team, [RunSaid("nightly2", "idle", world.now, State.RUNNING, world.now)], now=world.now)
    for _ in range(4):
        world.go(minutes=16)
    assert {one.title for one in Alert.objects.filter(closed_at=None)} == {
        "contracts.a of nightly runs much longer than usual",
        "nightly2 is stuck: nothing runs in it",
    }
    world.forget()


def test_what_failed_days_ago_is_history_when_it_is_first_heard_of_and_calls_nobody(world, team):
    old = world.now - timedelta(days=3)
    failed = task("contracts.a", State.FAILED, old, old, now=world.now)
    taking.take(team, [said("old", old, State.FAILED, failed, ended=old, now=world.now)], now=world.now)
    world.go(minutes=2)
    world.expect_none()
    assert Alert.objects.count() == 0


def test_five_hundred_failures_are_a_hundred_alerts_and_one_that_counts_the_rest(world, team):
    tasks = [task(f"t{number:03d}", State.FAILED, world.now, world.now, now=world.now) for number in range(500)]
    taking.take(team, [said("tonight", BEGAN, State.RUNNING, *tasks, now=world.now)], now=world.now)
    world.tick()
    assert Alert.objects.count() == 101
    assert Alert.objects.filter(title="400 more tasks of nightly failed").exists()
    world.forget()


def test_a_level_that_leaves_the_policy_takes_its_alert_along(world, team):
    with_level(team)
    world.go_to(at("2026-11-24 05:02"))
    world.go(seconds=61)
    world.expect("email", "Ana", "contracts: 75 % were not done")
    builders.policy_with(team, ("[runs]\ndags = []\n", LEVEL_FREE))
    world.go(seconds=61)
    assert Page.objects.open().count() == 0
    world.forget()


def test_a_dag_that_nobody_watches_is_left_alone(team):
    assert taking.take(team, [RunSaid("other", "x", BEGAN, State.FAILED)], now=BEGAN) == 0
    assert Run.objects.count() == 0


def test_mapped_places_take_the_place_of_the_task_and_tries_stay_beside_each_other(team):
    first = [TaskSaid("load", State.QUEUED, BEGAN), TaskSaid("commit", State.RETRY, BEGAN, attempt=1)]
    then = [TaskSaid("load", State.SUCCESS, BEGAN, place=place) for place in (0, 1)]
    then.append(TaskSaid("commit", State.SUCCESS, BEGAN, attempt=2))
    for tasks in (first, then, first[1:]):
        taking.take(team, [said("tonight", BEGAN, State.RUNNING, *tasks, now=BEGAN)], now=BEGAN)
    assert sorted(Try.objects.values_list("task", "place", "attempt", "state")) == [
        ("commit", -1, 1, "waits for its next try"), ("commit", -1, 2, "success"),
        ("load", 0, 1, "success"), ("load", 1, 1, "success"),
    ]  # fmt: skip


def test_runs_of_long_ago_are_forgotten_and_their_levels_days_stay(world, team):
    with_level(team)
    earlier_nights(team, count=1, until=BEGAN)
    judging.judge_levels(world.now)
    assert taking.forget_old(world.now) == 0
    kept = LevelDay.objects.count()
    assert taking.forget_old(world.now + timedelta(days=120)) == 1
    assert (Run.objects.count(), Try.objects.count(), LevelDay.objects.count()) == (0, 0, kept)


# ---- the doors ----


def post(world, team, path, body, *, key=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with clock.run_by(lambda: world.now):
        return Client().post(
            path, raw, content_type="application/json", headers={"Authorization": f"Bearer {key or world.key}"}
        )  # fmt: skip


def test_a_callback_tells_of_a_task_and_its_alert_opens(world, team):
    body = {"dag_id": "nightly", "run_id": "tonight", "task_id": "publish", "state": "failed", "alarm": "hard"}
    answer = post(world, team, "/api/v1/run-events", body)
    assert (answer.status_code, answer.json()) == (200, {"result": "taken"})
    world.go(seconds=1)
    world.expect("email", "Ana", "publish of nightly failed")
    assert post(world, team, "/api/v1/run-events", {**body, "dag_id": "other"}).json() == {"result": "ignored"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"dag_id": "nightly", "run_id": "x", "state": "exploded"}, 422, "invalid"),
        ({"dag_id": "nightly", "run_id": "x", "state": "failed", "alarm": "loud"}, 422, "invalid"),
        ({"dag_id": "nightly"}, 422, "invalid"),
        (b"{", 400, "malformed_json"),
    ],
)
def test_a_callback_that_cannot_be_read_is_told_what_is_wrong(world, team, body, status, code):
    answer = post(world, team, "/api/v1/run-events", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def lineage(kind, when, **facets):
    return {
        "eventType": kind, "eventTime": when.isoformat(), "run": {"runId": "0193", "facets": facets},
        "job": {"namespace": "default", "name": "nightly" if not facets else "nightly.contracts.a"},
    }  # fmt: skip


def of_task(attempt=1, retries=0):
    return {"airflow": {
        "dagRun": {"dag_id": "nightly", "run_id": "tonight", "start_date": BEGAN.isoformat()},
        "task": {"task_id": "contracts.a", "owner": "di,hard", "retries": retries, "downstream_task_ids": "['publish']",
        },
        "taskInstance": {"try_number": attempt},
    }}  # fmt: skip


def test_lineage_events_out_of_order_repeated_and_from_a_clock_that_is_ahead_end_in_the_same(world, team):
    start = lineage("START", BEGAN, **of_task())
    end = lineage("COMPLETE", world.now + timedelta(hours=3), **of_task())
    for body in (end, start, end, start):
        assert post(world, team, "/api/v1/lineage", body).status_code == 201
    one = Try.objects.get()
    assert (one.state, one.started_at, one.ended_at) == ("success", BEGAN, world.now)
    assert queries.shape_of(team.pk, "nightly")["contracts.a"].then == ("publish",)


def test_a_try_that_fails_with_tries_left_calls_nobody(world, team):
    post(world, team, "/api/v1/lineage", lineage("FAIL", world.now, **of_task(attempt=1, retries=1)))
    world.go(minutes=1)
    world.expect_none()
    post(world, team, "/api/v1/lineage", lineage("FAIL", world.now, **of_task(attempt=2, retries=1)))
    world.go(seconds=1)
    world.expect("email", "Ana", "contracts.a of nightly failed after 2 tries")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_json"),
        (b"[" * 100_000, 400, "malformed_json"),
        (b"[]", 422, "invalid"),
        (b'{"eventType": "START"}', 422, "invalid"),
        (b'{"eventType": "START", "eventTime": "soon", "run": {"runId": "1"}, "job": {"name": "a"}}', 422, "invalid"),
        (b'{"a": "' + b"x" * 10_000_000 + b'"}', 413, "too_large"),
    ],
)
def test_a_lineage_event_that_cannot_be_read_is_refused_with_a_sentence(world, team, body, status, code):
    answer = post(world, team, "/api/v1/lineage", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Run.objects.count() == 0


def test_lineage_needs_a_key_and_says_503_when_it_is_not_stored(world, team, monkeypatch):
    from django.db import OperationalError

    body = lineage("START", world.now, **of_task())
    assert post(world, team, "/api/v1/lineage", body, key="nobody's").status_code == 401

    def broken(*_args, **_more):
        raise OperationalError("gone")

    monkeypatch.setattr(taking, "take", broken)
    assert post(world, team, "/api/v1/lineage", body).status_code == 503
    world.allow_error("api.database_down")
    monkeypatch.undo()
    assert post(world, team, "/api/v1/lineage", body).status_code == 201


def test_job_and_dataset_events_are_no_fault(world, team):
    answer = post(world, team, "/api/v1/lineage", {"eventTime": "2026-11-24T00:00:00Z", "job": {"name": "x"}})
    assert (answer.status_code, answer.json()) == (201, {"result": "ignored"})


def test_the_api_tells_levels_runs_and_tasks(world, team):
    with_level(team)
    earlier_nights(team, count=1, until=at("2026-11-25 02:00"))
    judging.judge_levels(at("2026-11-24 03:45"))
    key = builders.new_key(team, source="reader", scopes=(builders.Scope.READ,))
    with clock.run_by(lambda: at("2026-11-24 04:00")):
        client = Client(headers={"Authorization": f"Bearer {key}"})
        told = client.get("/api/v1/runs").json()
        one = client.get(f"/api/v1/runs/{told['runs'][0]['id']}").json()
        assert client.get("/api/v1/runs/999999").status_code == 404
    assert [(level["verdict"], level["says"]) for level in told["levels"]][-1][0] == "met"
    assert len(one["tasks"]) == 6
    assert datetime.fromisoformat(one["ended_at"]) == at("2026-11-24 03:40")
