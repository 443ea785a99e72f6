"""Asking Airflow 2 and 3: bounded pages, tokens that run out, and each way in which it can be away."""

from datetime import datetime, timedelta

import pytest

from hausmeister.alerts.models import Alert
from hausmeister.base import clock, database
from hausmeister.base.far_side import json_reply
from hausmeister.base.outgoing import Client
from hausmeister.connectors.airflow.api import LIMITS, Airflow
from hausmeister.connectors.airflow.fake import PASSWORD, USER, FakeAirflow, FakeDag
from hausmeister.connectors.airflow.poll import Poll
from hausmeister.monitoring.runs import judging, queries
from hausmeister.monitoring.runs.models import Run, Scheduler, Try
from tests import builders

BEGAN = "2026-11-24T01:00:00+00:00"


def instance(task, state, *, place=-1, attempt=1):
    return {"task_id": task, "state": state, "map_index": place, "try_number": attempt, "start_date": BEGAN,
            "end_date": BEGAN if state in {"success", "failed"} else None, "dag_id": "nightly"}  # fmt: skip


def nightly(*instances, state="running", run_type="scheduled"):
    run = {"dag_id": "nightly", "dag_run_id": "scheduled__2026-11-24", "state": state, "start_date": BEGAN,
           "end_date": None, "run_type": run_type}  # fmt: skip
    tasks = [
        {"task_id": "a", "owner": "di", "downstream_task_ids": ["b"], "params": {
            "alarm": {"__class": "airflow.models.param.Param", "value": "hard"}}},
        {"task_id": "b", "owner": "di,soft", "downstream_task_ids": [], "params": {}},
    ]  # fmt: skip
    return FakeDag(tasks, [run], {"scheduled__2026-11-24": list(instances)})


@pytest.fixture
def team(world, trio):
    builders.policy_with(trio.team, ("[runs]\ndags = []\n", '[runs]\ndags = ["night*"]\n'))
    return trio.team


@pytest.fixture(params=["2.10.5", "3.3.2"])
def far(request):
    with FakeAirflow(request.param) as fake:
        yield fake


def poll_of(far, *, password=PASSWORD):
    api = Airflow(Client(limits=LIMITS), url=far.url, user=USER, password=password)
    return Poll(api, begin=database.at_once)


def look(poll, world, **later):
    world.now += timedelta(**(later or {"minutes": 10}))
    with clock.run_by(lambda: world.now):
        return poll.run(world.now)


def test_both_generations_are_asked_with_bounded_pages_and_say_which_tasks_are_hard(world, team, far):
    failed = [instance("a", "failed"), instance("b", "upstream_failed")]
    far.dags["nightly"] = nightly(
        *failed, *(instance("m", "success", place=number) for number in range(250)), state="failed"
    )
    far.dags["other"] = nightly()
    assert look(poll_of(far), world) == 1
    assert Scheduler.objects.get().version == far.version
    assert Run.objects.get().state == "failed"
    assert Try.objects.count() == 252
    judging.judge_runs(world.now)
    assert [(one.title, one.is_hard) for one in Alert.objects.all()] == [("a of nightly failed", True)]
    assert queries.shape_of(team.pk, "nightly")["b"].alarm == "soft"
    world.forget()


def test_a_run_that_is_over_and_read_is_left_alone_until_it_is_cleared(world, team, far):
    far.dags["nightly"] = nightly(instance("a", "success"), state="success")
    poll = poll_of(far)
    look(poll, world)
    read_at = Run.objects.get().read_at
    look(poll, world)
    assert Run.objects.get().read_at == read_at
    far.dags["nightly"].runs[0]["state"] = "running"
    look(poll, world)
    assert (Run.objects.get().state, Run.objects.get().is_read) == ("running", False)


def test_an_upgrade_in_between_and_a_token_that_ran_out_need_nobody(world, team, far):
    far.dags["nightly"] = nightly(instance("a", "running"))
    poll = poll_of(far)
    look(poll, world)
    far.version, far.token = "3.4.0", "token-2"
    far.dags["nightly"] = nightly(instance("a", "success"), state="success")
    look(poll, world)
    assert Scheduler.objects.get().version == "3.4.0"
    assert Run.objects.get().state == "success"
    far.token = "token-3"
    far.dags["nightly"].runs[0]["state"] = "running"
    look(poll, world)
    assert Scheduler.objects.get().failing_how == ""


@pytest.mark.parametrize(
    ("fails", "how"),
    [
        (lambda far: far.fail(503), "away"),
        (lambda far: far.reset(), "away"),
        (lambda far: far.fail(429, retry_after="90"), "away"),
        (lambda far: far.refuse(403), "refused"),
    ],
)
def test_each_way_of_being_away_has_a_name_and_is_asked_again_ever_later(world, team, far, fails, how):
    poll = poll_of(far)
    fails(far)
    assert look(poll, world) == 1
    one = Scheduler.objects.get()
    assert (one.failing_how, one.failures) == (how, 1)
    assert timedelta(seconds=30) <= one.next_at - world.now <= timedelta(seconds=90)
    assert look(poll, world, seconds=5) == 0
    assert look(poll, world) == 1
    one.refresh_from_db()
    assert (one.failing_how, one.failing_since) == ("", None)


def test_a_wrong_password_is_refused_with_the_names_of_the_settings(world, team, far):
    far.dags["nightly"] = nightly()
    look(poll_of(far, password="wrong"), world)
    one = Scheduler.objects.get()
    assert one.failing_how == "refused"
    assert "HAUSMEISTER_AIRFLOW_PASSWORD" in one.failing_why


def test_somebody_else_at_the_address_is_not_understood(world, team, far):
    far.version = "9"
    far.answer = lambda _received: json_reply(404, {})
    look(poll_of(far), world)
    assert Scheduler.objects.get().failing_how == "not understood"


def test_ten_minutes_without_an_answer_are_a_soft_alert_that_ends_by_itself(world, team, far, settings):
    settings.HAUSMEISTER_AIRFLOW_URL = far.url
    poll = poll_of(far)
    far.fail(503)
    look(poll, world)
    judging.judge_levels(world.now)
    assert Alert.objects.count() == 0
    judging.judge_levels(world.now + timedelta(minutes=10))
    alert = Alert.objects.get()
    assert (alert.title, alert.is_hard) == ("Airflow does not answer: its runs are not seen", False)
    assert queries.risks(team, now=world.now + timedelta(minutes=10))[0].words.startswith("Airflow has not answered")
    look(poll, world)
    judging.judge_levels(world.now)
    alert.refresh_from_db()
    assert alert.closed_at is not None
    world.forget()


def test_a_dag_that_was_taken_out_stops_no_other(world, team, far):
    builders.policy_with(team, ("[runs]\ndags = []\n", '[runs]\ndags = ["gone", "nightly"]\n'))
    far.dags["nightly"] = nightly(instance("a", "running"))
    look(poll_of(far), world)
    assert [run.dag for run in Run.objects.all()] == ["nightly"]
    assert isinstance(Scheduler.objects.get().read_at, datetime)
