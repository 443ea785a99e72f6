"""A real Airflow 3 with a failing DAG: what it pushes as OpenLineage and what it answers when asked are one run."""

import pytest

from hausmeister.alerts.models import Alert
from hausmeister.base import clock, database
from hausmeister.base.outgoing import Client
from hausmeister.connectors.airflow.api import LIMITS, Airflow
from hausmeister.connectors.airflow.poll import Poll
from hausmeister.monitoring.runs import judging, queries
from hausmeister.monitoring.runs.models import Dag, Run, Scheduler, Try
from tests import builders
from tests.counterparts import airflow

pytestmark = [pytest.mark.counterpart("airflow"), pytest.mark.slow, pytest.mark.django_db(transaction=True)]

TRIES = [
    ("contracts.commit", -1, 1, "waits for its next try"),
    ("contracts.commit", -1, 2, "failed"),
    ("contracts.extract", -1, 1, "success"),
    ("contracts.load", 0, 1, "success"),
    ("contracts.load", 1, 1, "success"),
]


def tries():
    return sorted(Try.objects.values_list("task", "place", "attempt", "state"))


def test_a_failing_dag_is_pushed_and_asked_for_and_ends_in_one_run_and_one_hard_alert(tmp_path, live_server):
    trio = builders.trio()
    builders.policy_with(trio.team, ("[runs]\ndags = []\n", '[runs]\ndags = ["night*"]\n'))
    real = airflow.installed(tmp_path, lineage_url=live_server.url, key=trio.key)
    real.run_the_dag()
    # as it was pushed: a try with another one left is no failure, and the mapped task has two places
    assert tries() == TRIES
    run = Run.objects.get()
    assert (run.dag, run.state, run.is_scheduled) == ("nightly", "failed", False)
    judging.judge_runs(clock.now())
    alert = Alert.objects.get()
    assert (alert.title, alert.is_hard) == ("contracts.commit of nightly failed after 2 tries", True)
    shape = queries.shape_of(trio.team.pk, "nightly")
    assert shape["contracts.load"].then == ("contracts.commit",)

    # as it is asked for, by somebody who heard nothing before
    Run.objects.all().delete()
    Dag.objects.all().delete()
    with real.api() as url:
        poll = Poll(Airflow(Client(limits=LIMITS), url=url), begin=database.at_once)
        assert poll.run(clock.now()) == 1
        scheduler = Scheduler.objects.get()
        assert (scheduler.version, scheduler.failing_why) == ("3.3.2", "")
        asked = Run.objects.get()
        assert (asked.name, asked.state, asked.is_read) == (run.name, "failed", True)
        # asked for, an earlier try is one that failed: the next one began all the same
        assert [one[:3] for one in tries()] == [one[:3] for one in TRIES]
        assert queries.shape_of(trio.team.pk, "nightly")["contracts.load"].then == ("contracts.commit",)
        judging.judge_runs(clock.now())
        assert Alert.objects.filter(closed_at=None).count() == 1
        # what has ended and is read is not asked for again
        before = asked.read_at
        Scheduler.objects.update(next_at=clock.now())
        assert poll.run(clock.now()) == 1
        assert Run.objects.get().read_at == before
    Scheduler.objects.update(next_at=clock.now())
    poll.run(clock.now())
    scheduler.refresh_from_db()
    assert (scheduler.failing_how, scheduler.failures) == ("away", 1)
    assert queries.blind_since(clock.now()) is None
