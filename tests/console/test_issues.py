"""`hausmeister issue`."""

import json

from hausmeister.issues.models import Issue


def test_an_issue_from_a_shell(world, trio, run):
    as_ana = ("--as", "ana@example.org")
    made = run(
        "issue",
        "new",
        "Commit service retries",
        "--priority",
        "P2",
        "--why",
        "it wakes us",
        "--area",
        "commits",
        *as_ana,
    )
    number = str(Issue.objects.get().pk)
    assert made.output == f"Issue {number}: Commit service retries\n  P2 medium, open, owner nobody\n"
    again = run("issue", "new", "The commit service retries", "--priority", "p1", "--why", "x", "--json", *as_ana)
    assert "Perhaps the same" in again.stderr
    assert json.loads(again.stdout)["priority"] == "P1"
    listed = run("issue", "list").output.splitlines()
    assert listed[0].split() == ["issue", "priority", "age", "owner", "title"]
    assert "P2 medium  0 s  nobody  Commit service retries" in listed[1]
    assert "P3 high" in run("issue", "priority", number, "P3", *as_ana).output
    assert "owner Bruno" in run("issue", "handover", number, "bruno@example.org", "--note", "See s1.", *as_ana).output
    assert "issue.handed_over" in run("issue", "show", number).output
    assert "closed: mended" in run("issue", "close", number, "--reason", "mended", *as_ana).output
    assert [one["issue"] for one in json.loads(run("issue", "list", "--closed", "--json").output)["items"]] == [
        int(number)
    ]
    world.tick()
    world.expect("email", "Bruno", kind="mail")


def test_what_cannot_be_done_says_why(world, trio, run):
    as_ana = ("--as", "ana@example.org")
    refused = run("issue", "new", "x", "--priority", "P2", *as_ana, code=1)
    assert "say why it is worth doing" in refused.output
    assert "There is no issue 77" in run("issue", "show", "77", code=1).output
    assert (
        "Nobody here has the address"
        in run("issue", "new", "x", "--priority", "P3", "--as", "x@example.org", code=1).output
    )
    assert run("issue", "list").output == "No issue.\n"
