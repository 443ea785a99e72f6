"""What breaks while it runs: the database goes and comes back, the disk fills, the clock moves. Nothing is lost."""

import json
import resource
import time
from datetime import timedelta

import pytest

from hausmeister.base import clock
from hausmeister.pager.models import Page
from tests import postgres
from tests.processes import deployment, free_port

ALERT = {"severity": "critical"}


def send(process, key, title):
    """Send an alert; return status, problem code and headers' word."""
    body = json.dumps({**ALERT, "title": title, "key": title}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    status, answer = process.ask("POST", "/api/v1/alerts", body=body, headers=headers)
    return status, json.loads(answer).get("code", "")


def demo_key(told):
    return json.loads((told.data / "demo-secrets.json").read_text())["key"]


def wait_for(is_so, what, *, patience_s=40.0):
    ends_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < ends_s, f"waited {patience_s:.0f} s for {what}"
        time.sleep(0.1)


def stored(told):
    return {one["title"] for one in json.loads(told.run("alert", "list", "--all", "--limit", "1000", "--json").stdout)}


@pytest.mark.slow
@pytest.mark.counterpart("postgresql")
def test_a_database_that_goes_away_is_503_and_works_again_by_itself_once_it_is_back():
    with postgres.controlled() as server, deployment(server.url) as told:
        running = told.start("up", "--when-empty", "demo", port=free_port())
        key = demo_key(told)
        assert send(running, key, "before")[0] == 201
        server.stop()
        wait_for(lambda: send(running, key, "while it is down") == (503, "not_stored"), "a 503")
        assert running.ask("GET", "/api/v1/oncall", headers={"Authorization": f"Bearer {key}"})[0] == 503
        assert running.is_alive
        server.start()
        wait_for(lambda: send(running, key, "after")[0] in {200, 201}, "the intake to store again")
        wait_for(lambda: running.ask("GET", "/healthz")[0] == 200, "the engine to tick again")
        # no restart was needed, and the page of after calls whoever is on duty
        wait_for(lambda: any("after" in one.read_text() for one in (told.data / "mail").glob("*.eml")), "the mail")
        titles, log = stored(told), running.log.read_text()
    assert {"before", "after"} <= titles
    assert "while it is down" not in titles
    assert "intake.not_stored" in log or "keys.not_read" in log


@pytest.mark.slow
def test_a_disk_that_is_full_is_503_and_everything_answered_2xx_is_there():
    """A limit on the size of files stands for the full disk; it is lifted as room is made."""
    with deployment() as told:
        running = told.start("up", "--when-empty", "demo", port=free_port())
        key = demo_key(told)
        pid, database = running.popen.pid, told.data / "hausmeister.sqlite3"
        # its log may be larger by far, as the demo is loaded in one transaction; it is written from its beginning then
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (database.stat().st_size + 200_000, most))
        answers = {f"alert {number}": send(running, key, f"alert {number}") for number in range(300)}
        refused = {title for title, (status, _) in answers.items() if status == 503}
        taken = {title for title, (status, _) in answers.items() if status == 201}
        assert taken | refused == set(answers)
        assert refused, "the disk never filled up"
        assert {answers[title] for title in refused} == {(503, "not_stored")}
        assert running.is_alive
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        assert send(running, key, "room again")[0] == 201
        titles, log = stored(told), running.log.read_text()
    assert taken | {"room again"} <= titles
    assert not refused & titles
    assert "disk" in log


# ---- the clock ----


def test_a_clock_that_is_put_back_delays_steps_and_loses_or_doubles_none(world, trio):
    page = world.fire("Disk full", **ALERT)
    world.tick()
    world.expect("email", "Ana")
    began = world.now
    world.now = began - timedelta(hours=2)
    for _ in range(3):
        world.now += timedelta(minutes=1)
        world.tick()
    world.expect_none()
    world.go_to(began + timedelta(minutes=4, seconds=59))
    world.expect_none()
    world.go_to(began + timedelta(minutes=5, seconds=1))
    world.expect("email", "Bruno")
    world.expect_none()
    assert Page.objects.get(pk=page.pk).steps_done == 2


def test_an_alert_that_came_just_before_the_clock_was_put_back_still_calls(world, trio):
    world.fire("Disk full", **ALERT)
    began = world.now
    world.now = began - timedelta(minutes=10)
    world.tick()
    world.go_to(began + timedelta(seconds=1))
    world.expect("email", "Ana")
    world.expect_none()


def test_a_clock_that_jumps_ahead_calls_each_step_in_turn_and_skips_nobody(world, trio):
    world.fire("Disk full", **ALERT)
    world.tick()
    world.expect("email", "Ana")
    world.now += timedelta(hours=6)
    world.tick()
    world.expect("email", "Bruno")
    world.expect_none()
    world.go(minutes=10, seconds=1)
    world.expect("email", "Carla")
    world.expect_none()


def test_jobs_with_a_pause_run_again_although_the_clock_was_put_back(world, trio):
    """A clock put back by a day must not stop the housekeeping for a day."""
    world.tick()
    last = world.engine.last_whole_tick_at
    world.now -= timedelta(days=1)
    world.tick()
    assert world.engine.last_whole_tick_at == clock.now() != last
