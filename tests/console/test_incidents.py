"""`hausmeister incident`: the same acts from a shell, with the same refusals."""

import json

ANA, BRUNO = ("--as", "ana@example.org"), ("--as", "bruno@example.org")


def test_an_incident_from_the_shell(world, trio, run):
    opened = run("incident", "open", "No data of today", "--level", "SEV3", *ANA, "--json")
    number = str(json.loads(opened.output)["id"])
    assert "No data of today" in run("incident", "list").output
    told = run("incident", "update", number, "We look.", "--to", "#crash", *ANA).output
    assert "Ana told #crash: We look." in told
    assert "comms Bruno" in run("incident", "comms", number, "bruno@example.org", *ANA).output
    assert "Carla is asked to be point" in run("incident", "point", number, "carla@example.org", "--ask", *BRUNO).output
    refused = run("incident", "point", number, "carla@example.org", *BRUNO, code=1)
    assert "Only point (Ana) or a lead can assign it" in refused.output
    closed = run("incident", "close", number, "--say", "It is here.", "--to", "#crash", "--helped", "a restart", *ANA)
    assert "SEV3 minor, closed: No data of today" in closed.output
    assert "is closed" in run("incident", "close", number, *ANA, code=1).output
    assert run("incident", "list").output.startswith("No incident is running")
    assert json.loads(run("incident", "list", "--all", "--json").output)["items"][0]["state"] == "closed"
    world.tick()
    world.forget()


def test_what_is_not_there_or_asks_for_a_review_is_said_in_words(world, trio, run):
    assert "There is no incident 999" in run("incident", "show", "999", code=1).output
    refused = run("incident", "open", "x", "--level", "BAD", *ANA, code=1)
    assert "the policy has: SEV1, SEV2, SEV3" in refused.output
    made = json.loads(run("incident", "open", "x", "--level", "SEV1", "--from", "page:1", *ANA, "--json").output)
    again = json.loads(run("incident", "open", "y", "--level", "SEV2", "--from", "page:1", *ANA, "--json").output)
    assert again["id"] == made["id"]
    number = str(made["id"])
    assert "over" in run("incident", "close", number, *ANA).output
    assert "asks for a review" in run("incident", "close", number, *ANA, code=1).output
    assert "SEV1 critical, over" in run("incident", "show", number).output
    world.tick()
    world.forget()
