"""`hausmeister probe`: made, listed, paused, resumed and taken out; what is wrong is said and stores nothing."""

import json

import pytest

from hausmeister.monitoring.models import Probe
from tests import builders


@pytest.fixture
def team(world):
    return builders.trio().team


def test_a_check_is_made_listed_paused_resumed_and_taken_out(world, team, run):
    assert run("probe", "list").output == "No check yet.\n"
    made = run("probe", "add", "shop", "https://127.0.0.1:443/health", "--every", "2m", "--priority", "P4")
    assert made.output == "shop is looked at every 120 s: https://127.0.0.1:443/health\n"
    (shown,) = json.loads(run("probe", "list", "--json").output)["items"]
    assert (shown["name"], shown["state"], shown["priority"]) == ("shop", "new", "P4")
    assert run("probe", "pause", "shop").output == "shop is paused.\n"
    assert Probe.objects.get().is_paused
    assert run("probe", "resume", "shop").output == "shop is looked at again.\n"
    assert not Probe.objects.get().is_paused
    assert run("probe", "remove", "shop").output == "shop is taken out.\n"
    assert run("probe", "list").output == "No check yet.\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("shop", "somewhere"), "is neither a URL nor a host and port"),
        (("shop", "https://127.0.0.1/", "--status", "20x"), "is no status"),
        (("shop", "https://127.0.0.1/", "--every", "often"), "often"),
        (("shop", "https://127.0.0.1/", "--every", "5s"), "30"),
        (("shop", "http://127.0.0.1/", "--days-left", "7"), "Only an address with https:// has a certificate"),
        (("db", "127.0.0.1:99999"), "is neither a URL nor a host and port"),
    ],
)
def test_what_cannot_be_looked_at_is_said_and_not_stored(world, team, run, arguments, says):
    assert says in run("probe", "add", *arguments, code=1).output
    assert not Probe.objects.exists()


def test_a_name_that_is_not_there_is_said(world, team, run):
    assert "There is no check named 'shop'" in run("probe", "pause", "shop", code=1).output
