"""A lead changes the policy in the browser: first what would change, then the one button (S34)."""

import html
import re

import pytest

from hausmeister.journal.models import Entry
from hausmeister.team import queries as team_queries
from hausmeister.team.models import PolicyVersion
from tests import builders
from tests.web.visitors import browser

OLD, NEW = 'ack_timeout = "1h" ', 'ack_timeout = "2h" '


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text) or re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)
    return found.group(1) if found else ""


def text_in(answer) -> str:  # type: ignore[no-untyped-def]
    return html.unescape(" ".join(answer.content.decode().split()))


@pytest.fixture
def policy() -> str:
    return team_queries.default_policy_text()[0]


def asked(client, policy: str, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/policy/edit", {"text": policy, "based_on": "0", **more})


def test_what_changes_is_told_in_sentences_before_anything_is_in_force(world, trio, policy):
    client = browser(trio.carla)
    assert 'href="/policy/edit?team=data-infra"' in client.get("/policy").content.decode()
    answer = asked(client, policy.replace(OLD, NEW))
    told = text_in(answer)
    assert "An acknowledged page that nobody touches calls again after 1 h." in told
    assert "An acknowledged page that nobody touches calls again after 2 h." in told
    assert "Save: in force for Data Infra at once" in told
    assert not PolicyVersion.objects.exists()
    saved = asked(client, policy.replace(OLD, NEW), do="save", seal=hidden(told, "seal"))
    assert saved.headers["Location"] == "/policy?team=data-infra"
    version = PolicyVersion.objects.get()
    assert (version.created_by, NEW in version.text) == (trio.carla, True)
    assert Entry.objects.filter(verb="policy.applied").exists()


def test_a_text_whose_changes_were_not_shown_is_not_saved(world, trio, policy):
    client = browser(trio.carla)
    seal = hidden(text_in(asked(client, policy.replace(OLD, NEW))), "seal")
    answer = asked(client, policy.replace(OLD, 'ack_timeout = "3h" '), do="save", seal=seal)
    assert "calls again after 3 h" in text_in(answer)
    assert not PolicyVersion.objects.exists()


def test_everything_that_is_wrong_is_said_and_the_text_stays(world, trio, policy):
    broken = policy.replace(OLD, 'ack_timeout = "soon" ').replace('uses = "important"', 'uses = "loud"')
    answer = asked(browser(trio.carla), broken, do="save")
    told = text_in(answer)
    assert answer.status_code == 422
    assert re.search(r"This text, line \d+: pager.ack_timeout is 'soon'", told)
    assert re.search(r"This text, line \d+: ladders.hard.uses is 'loud'", told)
    assert 'ack_timeout = "soon"' in told
    assert not PolicyVersion.objects.exists()


def test_the_awkward_case_two_leads_write_at_once(world, trio, policy):
    client = browser(trio.carla)
    seal = hidden(text_in(asked(client, policy.replace(OLD, NEW))), "seal")
    builders.policy_with(trio.team, (OLD, 'ack_timeout = "4h" '))
    answer = asked(client, policy.replace(OLD, NEW), do="save", seal=seal)
    told = text_in(answer)
    assert answer.status_code == 422
    assert "Another version was saved while you wrote." in told
    assert "calls again after 4 h" in told
    newest = PolicyVersion.objects.get()
    assert hidden(told, "based_on") == str(newest.pk)
    again = client.post(
        "/policy/edit",
        {"text": policy.replace(OLD, NEW), "based_on": newest.pk, "seal": hidden(told, "seal"), "do": "save"},
    )
    assert again.status_code == 303
    assert PolicyVersion.objects.count() == 2


def test_the_same_text_changes_nothing_and_offers_nothing_to_save(world, trio, policy):
    told = text_in(asked(browser(trio.carla), policy.replace("\n", "\r\n")))
    assert "Nothing: this is the text that is in force." in told
    assert "Save: in force" not in told


def test_only_a_lead_of_the_team_changes_its_policy(world, trio, policy):
    other = builders.trio(slug="other-team")
    assert browser(trio.ana).get("/policy/edit").status_code == 403
    assert "/policy/edit" not in browser(trio.ana).get("/policy").content.decode()
    assert browser(other.carla).get("/policy/edit?team=data-infra").status_code == 404
    answer = browser(other.carla).post("/policy/edit?team=data-infra", {"text": policy, "based_on": "0", "do": "save"})
    assert answer.status_code == 404
