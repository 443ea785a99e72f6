"""The room over the JSON API, and by the console."""

import json

import pytest
from click.testing import CliRunner

from hausmeister.answers import operations
from hausmeister.answers.models import Card, Recurring
from hausmeister.console.group import commands
from hausmeister.team.rules import Scope
from tests import builders
from tests.builders import CONSOLE

ANSWER = {"title": "Undrop", "text": "UNDROP TABLE restores a dropped table.", "asking": "restore a dropped table"}


@pytest.fixture
def lead(trio):
    return builders.caller(trio.team, person=trio.carla)


@pytest.fixture
def card(lead):
    answer = lead.post("/answers/cards", ANSWER)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_an_answer_is_added_suggested_confirmed_and_rejected(world, trio, lead, card):
    (found,) = lead.get("/answers/suggestions?text=restore+my+dropped+table").json()["items"]
    assert (found["card"], found["asked_times"]) == (card["id"], 1)
    assert lead.post(f"/answers/cards/{card['id']}/confirm", {"asking": "table gone"}).json()["asked_times"] == 2
    assert lead.post(f"/answers/cards/{card['id']}/reject", {"asking": "restore my dropped table"}).status_code == 204
    assert lead.get("/answers/suggestions?text=restore+my+dropped+table").json() == {"items": []}
    assert lead.get("/answers/cards").json()["items"][0]["title"] == "Undrop"
    assert lead.get(f"/answers/cards?before={card['id']}").json() == {"items": []}
    changed = lead.ask("PUT", f"/answers/cards/{card['id']}", {"title": "New", "text": "Other."})
    assert changed.json()["title"] == "New"
    assert lead.ask("DELETE", f"/answers/cards/{card['id']}").status_code == 204
    assert lead.get(f"/answers/cards/{card['id']}").status_code == 404


def test_what_cannot_be_is_told_with_a_code(world, trio, lead, card):
    wrong = lead.post("/answers/cards", {"title": "\n", "text": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "answer_refused")
    assert lead.post("/answers/cards", {**ANSWER, "surprise": 1}).status_code == 422
    assert lead.post("/answers/cards/99/confirm", {"asking": "x"}).status_code == 404


def test_another_teams_card_does_not_exist(world, trio, lead, card):
    other = builders.trio(slug="streaming")
    stranger = builders.caller(other.team, person=other.carla)
    assert stranger.get(f"/answers/cards/{card['id']}").status_code == 404
    assert stranger.post(f"/answers/cards/{card['id']}/reject", {"asking": "x"}).status_code == 404
    assert stranger.get("/answers/suggestions?text=restore+a+dropped+table").json() == {"items": []}


def test_a_question_that_keeps_coming_is_listed_drafted_split_and_settled(world, trio, lead, card):
    for by in ("ana", "bo", "carla"):
        operations.note_asking(trio.team, f"restore a dropped table {by}", by=by, at=world.now)
    operations.relink(trio.team, world.now)
    (one,) = lead.get("/answers/recurring").json()["items"]
    assert (one["people"], len(one["askings"])) == (4, 4)
    drafted = lead.get(f"/answers/recurring/{one['id']}/draft").json()
    assert drafted["markdown"].startswith(f"# {drafted['title']}")
    assert "UNDROP" in drafted["markdown"]
    split = lead.post(f"/answers/recurring/{one['id']}/split", {"asking": one["askings"][0]["id"]})
    assert split.status_code == 204
    again = lead.post(f"/answers/recurring/{one['id']}/split", {"asking": one["askings"][0]["id"]})
    assert (again.status_code, again.json()["field"]) == (422, "asking")
    body = {"link": "https://git.example/1", "card": card["id"]}
    assert lead.post(f"/answers/recurring/{one['id']}/written", body).status_code == 204
    assert Card.objects.get().askings.count() == 4
    assert lead.post(f"/answers/recurring/{one['id']}/dismiss", {}).status_code == 204
    assert Recurring.objects.get(pk=one["id"]).state == "dismissed"
    assert lead.get("/answers/recurring").json() == {"items": []}


def test_a_key_that_reads_changes_nothing(world, trio, card):
    reader = builders.Caller(builders.new_key(trio.team, source="r", scopes=[Scope.READ]), trio.carla.email)
    assert reader.get("/answers/sources").json() == {"items": []}
    assert reader.post("/answers/cards", ANSWER).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_the_console_reads_a_folder_and_suggests_from_it(tmp_path, monkeypatch):
    from hausmeister.base import clock
    from tests.harness import at

    with clock.run_by(lambda: at("2026-11-24 02:00")):
        trio = builders.trio()
        (tmp_path / "guide.md").write_text("# Restoring\n\nUNDROP TABLE restores a dropped table.\n", encoding="utf-8")
        run = CliRunner().invoke(commands, ["questions", "import", str(tmp_path), "--name", "handbook"])
        assert run.exit_code == 0, run.output
        assert run.output == "handbook: 1 files, 1 changed, 0 removed; 1 sections.\n"
        again = CliRunner().invoke(commands, ["questions", "import", str(tmp_path)])
        assert "0 changed" in again.output
        told = CliRunner().invoke(commands, ["questions", "suggest", "restore a dropped table", "--json"])
        assert json.loads(told.output)[0]["title"] == "Restoring"
        spoken = CliRunner().invoke(commands, ["questions", "suggest", "restore a dropped table"])
        assert spoken.output.startswith("Restoring (")
        silent = CliRunner().invoke(commands, ["questions", "suggest", "who waters the plants"])
        assert "Nothing here answers it" in silent.output
        assert operations.read_sources(clock.now()) == 0
        assert trio.team.cards.count() == 1
        operations.add_answer(trio.team, title="x", text="y", by=CONSOLE, now=clock.now())
