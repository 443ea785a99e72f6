"""The doctor: each thing that can be wrong, said in plain words."""

import json
from datetime import timedelta

import pytest

from hausmeister import wiring
from hausmeister.console.deployment import NotReady
from hausmeister.console.doctor import ground
from hausmeister.issues.models import Feed
from hausmeister.journal.operations import record
from hausmeister.journal.rules import CONSOLE, Fact
from hausmeister.outbox.delivery import Refused, TryLater
from hausmeister.pager.models import Beat, Page
from hausmeister.rota.models import Shift
from hausmeister.team.models import ContactMethod, PolicyVersion
from tests import builders


class Healthy:
    """A sender whose far side answers."""

    def send(self, parcel):
        raise AssertionError("the doctor sends nothing")

    def check(self):
        return "answers as bot hausmeister"


@pytest.fixture
def far_sides(monkeypatch):
    """The senders that are set up, to be changed by the test."""
    senders = {"email": Healthy()}
    monkeypatch.setattr(wiring, "senders", lambda: senders)
    return senders


@pytest.fixture
def well(world, trio, far_sides, monkeypatch):
    """A deployment without a fault; that the suite's own database is careless is another test's subject."""
    monkeypatch.setattr(ground, "check_durability", lambda: None)
    monkeypatch.setattr(ground, "database_now", lambda: world.now)
    Beat.objects.create(node="one", ticked_at=world.now - timedelta(seconds=5))
    ContactMethod.objects.update(tested_at=world.now - timedelta(days=2))
    return trio


def findings(run, code):
    return {(one["about"], one["verdict"]): one for one in json.loads(run("doctor", "--json", code=code).stdout)}


def test_a_healthy_deployment_is_well_and_the_exit_code_says_so(well, run):
    told = run("doctor")
    assert "All is well" in told.output
    assert "WRONG" not in told.output
    assert "e-mail: answers as bot hausmeister" in told.output
    assert "Ana: Hausmeister of Data Infra now: by e-mail, tested 2 days ago" in told.output


def test_a_database_that_may_lose_what_it_confirmed_is_wrong_and_nothing_else_is_asked(well, run, monkeypatch):
    def careless():
        raise NotReady("PostgreSQL runs with fsync = off, so an answered alert could be lost.")

    monkeypatch.setattr(ground, "check_durability", careless)
    told = findings(run, 1)
    assert "an answered alert could be lost" in told["database", "wrong"]["says"]
    assert not [about for about, _ in told if about == "engine"]


def test_an_engine_that_stands_still_or_never_ran_is_wrong(world, well, run):
    Beat.objects.update(ticked_at=world.now - timedelta(minutes=7))
    assert "for 7 min: nobody is called" in findings(run, 1)["engine", "wrong"]["says"]
    Beat.objects.all().delete()
    assert "none has ever run" in findings(run, 1)["engine", "wrong"]["says"]


def test_a_page_that_ought_to_have_moved_is_named(world, well, run):
    page = world.fire("Disk full", severity="critical")
    Page.objects.filter(pk=page.pk).update(next_step_at=world.now - timedelta(minutes=10))
    told = findings(run, 1)["pages", "wrong"]
    assert (f"page {page.pk} ought to have moved" in told["says"], told["mend"]) == (
        True,
        "Call somebody by hand, now.",
    )


def test_a_hole_in_the_rota_is_told_with_its_time_and_its_reason(world, well, run):
    Shift.objects.filter(post="backstop").update(person=None)
    told = findings(run, 0)["rota of Data Infra", "note"]
    assert told["says"].endswith("no backstop by plan, Carla stands in")
    assert told["says"].startswith("Mon ")


def test_whoever_is_on_duty_and_cannot_be_reached_is_wrong_and_untested_is_worth_a_note(world, well, run):
    ContactMethod.objects.filter(person=well.ana).update(disabled_at=world.now)
    ContactMethod.objects.filter(person=well.bruno).update(tested_at=None)
    told = findings(run, 1)
    assert "no contact method" in told["Ana", "wrong"]["says"]
    assert "never tested" in told["Bruno", "note"]["says"]


def test_a_channel_that_people_count_on_and_nobody_set_up_is_wrong(well, far_sides, run):
    far_sides.clear()
    told = findings(run, 1)["e-mail", "wrong"]
    assert told["says"] == "3 people count on it, and it is not set up"
    assert "HAUSMEISTER_EMAIL_URL" in told["mend"]


@pytest.mark.parametrize("error", [TryLater("Slack answered 503"), Refused("Slack says invalid_auth")])
def test_a_channel_whose_far_side_refuses_is_wrong_in_its_own_words(well, far_sides, run, error):
    class Sick(Healthy):
        def check(self):
            raise error

    far_sides["slack"] = Sick()
    told = findings(run, 1)["Slack", "wrong"]
    assert (told["says"], told["mend"]) == (str(error), "Look at HAUSMEISTER_SLACK_TOKEN.")


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(well, far_sides, run):
    class Broken(Healthy):
        def check(self):
            raise ZeroDivisionError("oops")

    far_sides["slack"] = Broken()
    told = findings(run, 1)
    assert "could not be looked at: ZeroDivisionError" in told["channels", "wrong"]["says"]
    assert ("engine", "ok") in told


def test_a_clock_that_was_put_back_is_noticed_by_what_was_written_before(world, well, run):
    record(Fact(world.now + timedelta(minutes=30), "x", "y", CONSOLE))
    assert "30 min in the future" in findings(run, 1)["clock", "wrong"]["says"]


@pytest.mark.parametrize(("apart_s", "verdict"), [(-5, "wrong"), (-1, "ok"), (1, "ok"), (3600, "wrong")])
def test_a_database_with_another_time_is_noticed(world, well, monkeypatch, apart_s, verdict):
    monkeypatch.setattr(ground, "database_now", lambda: world.now + timedelta(seconds=apart_s))
    assert [one.verdict for one in ground.time()] == [verdict]


def test_a_policy_in_force_that_cannot_be_read_is_wrong(world, well, run):
    PolicyVersion.objects.create(team=well.team, text="[duties", created_at=world.now)
    told = findings(run, 1)
    assert "cannot be used" in told["policy", "wrong"]["says"]


def test_a_data_folder_open_to_others_is_told_with_the_cure(well, run, settings, tmp_path):
    tmp_path.chmod(0o755)
    settings.HAUSMEISTER_DATA = tmp_path
    assert findings(run, 1)["data folder", "wrong"]["mend"] == f"chmod 700 {tmp_path}"


def test_a_data_folder_that_cannot_be_written_is_wrong(well, settings, tmp_path):
    (tmp_path / "file").write_text("no folder")
    settings.HAUSMEISTER_DATA = tmp_path / "file" / "below"
    told = list(ground.data_folder())
    assert [one.verdict for one in told] == ["wrong"]
    assert "cannot be written" in told[0].says


@pytest.mark.parametrize(("free", "verdict"), [(100 * 1024**2, "wrong"), (500 * 1024**2, "note"), (5 * 1024**3, "ok")])
def test_a_disk_that_fills_up_is_told_before_it_is_full(well, monkeypatch, free, verdict):
    monkeypatch.setattr(ground.shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": free}))
    assert [one.verdict for one in ground.data_folder()][-1] == verdict


def test_an_address_that_only_this_machine_knows_is_worth_a_note(settings, well):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert "this machine only" in next(iter(ground.deployment())).says


def test_two_teams_are_both_looked_at(well, run):
    builders.trio(slug="streaming", zone="America/Sao_Paulo")
    assert "rota of Streaming" in run("doctor").output


def test_an_installation_without_a_team_is_not_called_well(transactional_db):
    from hausmeister.console.doctor import duty

    assert [one.says for one in duty.rotas()] == ["there is none yet, so nobody is called"]


def test_a_tracker_is_asked_and_what_it_does_not_have_is_named(well, run, monkeypatch, world):
    monkeypatch.setattr(wiring, "trackers", lambda: {"github": Tracking()})
    Feed.objects.create(
        tracker="github",
        repository="nubank/itaipu",
        next_at=world.now,
        failing_since=world.now,
        failing_why="GitHub says 404.",
    )
    told = run("doctor", code=1).output
    assert "GitHub: GitHub answers" in told
    assert "nubank/itaipu cannot be read: GitHub says 404." in told


class Tracking(Healthy):
    label = "GitHub"

    def check(self):
        return "GitHub answers"
