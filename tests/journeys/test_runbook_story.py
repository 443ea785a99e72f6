"""A runbook's section travels with the page: by mail, into the chat, on the screens, behind the signed link."""

import pytest
from django.test import Client

from hausmeister.base import markdown
from hausmeister.connectors.slack import wire as slack
from hausmeister.connectors.smtp import wire as smtp
from hausmeister.pager import links
from hausmeister.pager.operations import acting
from hausmeister.pager.rules.words import words_of
from hausmeister.runbooks import operations
from hausmeister.runbooks.models import Section
from hausmeister.runbooks.rules import words as runbook_words
from tests import builders
from tests.runbooks import oncall
from tests.runbooks.test_reading import use
from tests.web.visitors import browser, queries_of

TITLE = "Dataset built with 0 rows"


@pytest.fixture
def books(world, trio, tmp_path):
    (tmp_path / "oncall.md").write_text(oncall.text(), encoding="utf-8")
    use(trio.team, tmp_path)
    world.go(minutes=2)
    assert Section.objects.count() == 60
    return tmp_path


def test_the_section_goes_along_with_the_mail_and_the_page_shows_it(world, trio, books):
    page = world.fire(TITLE, severity="critical")
    world.tick()
    sent = world.expect("email", "Ana", TITLE)
    runbook = runbook_words.words_of(sent.parcel.facts)
    assert runbook is not None
    assert runbook.headline == f"Runbook: {TITLE} (its heading is this alert's title)"
    letter = smtp.page_letter(words_of(sent.parcel.facts, now=world.now, maybe_twice=False), "https://x/p/y", runbook)
    assert "kubectl logs nightly-1" in letter.text
    assert "<b>only once</b>" in letter.html or "The rest stands in" in letter.html
    text = browser(trio.ana).get(f"/pages/{page.pk}").content.decode()
    assert "Do this first" in text
    assert "kubectl logs nightly-1 --since=1h" in text
    link = links.for_message(sent.parcel.facts, sent.parcel.to, now=world.now)
    signed = Client().get(link.partition("/p/")[1] + link.partition("/p/")[2]).content.decode()
    assert signed.index("Acknowledge as Ana") < signed.index("Do this first")
    assert "verbatim" in signed


def test_what_is_only_similar_says_so_and_what_is_unlike_has_none(world, trio, books):
    world.fire("Zookeeper has lost its quorum", severity="critical")
    world.tick()
    told = world.expect("email", "Ana").parcel.facts["runbook"]
    assert told["how"] == "similar"
    assert told["how_words"].startswith("only similar (")
    page = world.fire("The printer is on fire", severity="critical")
    world.tick()
    assert "runbook" not in world.expect("email", "Ana", "printer").parcel.facts
    text = browser(trio.ana).get(f"/pages/{page.pk}").content.decode()
    assert "No runbook section means this alert." in text


def test_the_page_goes_out_without_when_the_runbook_cannot_be_looked_up(world, trio, books, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("no runbook today")

    monkeypatch.setattr("hausmeister.runbooks.queries.look_up", broken)
    page = world.fire(TITLE, severity="critical")
    world.tick()
    assert "runbook" not in world.expect("email", "Ana", TITLE).parcel.facts
    assert "The page is as it is." in browser(trio.ana).get(f"/pages/{page.pk}").content.decode()
    world.allow_error("runbooks.not_looked_up")


def test_a_team_that_shows_no_details_in_messages_sends_no_runbook_either(world, trio, tmp_path):
    (tmp_path / "a.md").write_text(f"# {TITLE}\nSecret.\n", encoding="utf-8")
    named = f'similar_percent = 60\n[[runbooks.folders]]\npath = "{tmp_path}"\n'
    builders.policy_with(
        trio.team, ("similar_percent = 60", named), ("links_show_details = true", "links_show_details = false")
    )
    operations.read_all(world.now)
    world.fire(TITLE, severity="critical")
    world.tick()
    sent = world.expect("email", "Ana")
    assert "runbook" not in sent.parcel.facts
    link = links.for_message(sent.parcel.facts, sent.parcel.to, now=world.now)
    assert "Secret" not in Client().get("/p/" + link.rpartition("/p/")[2]).content.decode()


def test_nothing_of_a_runbook_is_markup_and_no_link_but_one_of_the_web_can_be_followed(world, trio, tmp_path):
    (tmp_path / "a.md").write_text(
        f"# {TITLE}\n<script>alert(1)</script> [x](javascript:alert(1)) [y](https://ok.example/) @channel\n"
        "```\n</pre><script>2\n```\n",
        encoding="utf-8",
    )
    use(trio.team, tmp_path)
    operations.read_all(world.now)
    page = world.fire(TITLE, severity="critical")
    world.tick()
    sent = world.expect("email", "Ana")
    shown = browser(trio.ana).get(f"/pages/{page.pk}").content.decode()
    runbook = runbook_words.words_of(sent.parcel.facts)
    words = words_of(sent.parcel.facts, now=world.now, maybe_twice=False)
    letter = smtp.page_letter(words, "https://x/p/y", runbook).html
    for text in (shown, letter):
        assert "<script>alert" not in text
        assert "javascript:" not in text
        assert 'href="https://ok.example/"' in text
    drawn = slack.page_message(words, "https://x/p/y", runbook)["blocks"]
    said = " ".join(one["text"]["text"] for one in drawn if one["type"] == "section")
    assert "@channel" not in said
    assert "&lt;script&gt;" in said


def test_a_long_section_keeps_within_the_limits_of_each_channel(world, trio, tmp_path):
    (tmp_path / "a.md").write_text(f"# {TITLE}\n" + "<&> line & more\n\n" * 3_000, encoding="utf-8")
    use(trio.team, tmp_path)
    operations.read_all(world.now)
    world.fire(TITLE, severity="critical")
    world.tick()
    facts = world.expect("email", "Ana").parcel.facts
    runbook = runbook_words.words_of(facts)
    words = words_of(facts, now=world.now, maybe_twice=False)
    letter = smtp.page_letter(words, "https://x/p/y", runbook)
    assert letter.html.rstrip().endswith("</html>")
    assert len(letter.html) <= smtp.TEXT_MOST
    assert "The rest stands in a.md: http" in letter.text
    for one in slack.page_message(words, "https://x/p/y", runbook)["blocks"]:
        told = one["text"]["text"] if one["type"] == "section" else one["elements"][0]["text"]
        assert len(told) <= slack.SECTION_MOST


def test_what_helped_the_last_time_stands_beside_it(world, trio, books):
    first = world.fire(TITLE, severity="critical")
    world.tick()
    world.forget()
    acting.acknowledge(first.pk, by=trio.ana, now=world.now, via="web")
    browser(trio.ana).post(f"/pages/{first.pk}/note", {"text": "Worker 3 was gone"})
    browser(trio.ana).post(f"/pages/{first.pk}/close", {"reason": "restarted worker 3"})
    world.go(hours=1)
    again = world.fire(TITLE, severity="critical")
    world.tick()
    world.forget()
    text = browser(trio.ana).get(f"/pages/{again.pk}").content.decode()
    assert "restarted worker 3" in text
    assert "Worker 3 was gone" in text


def test_the_screens_stay_within_their_budgets(world, trio, books):
    page = world.fire(TITLE, severity="critical")
    world.tick()
    sent = world.expect("email", "Ana")
    client = browser(trio.ana)
    assert len(queries_of(client, f"/pages/{page.pk}")) <= 15
    path = "/p/" + links.for_message(sent.parcel.facts, sent.parcel.to, now=world.now).rpartition("/p/")[2]
    # what a link shows without a runbook takes six
    assert len(queries_of(Client(), path)) <= 9
    assert len(queries_of(client, "/runbooks")) <= 15


def test_alerts_without_a_section_are_listed_by_how_often_and_a_section_can_be_begun(world, trio, books):
    for number in range(3):
        world.fire(f"Queue {number} is stuck", key=f"q{number}", severity="warning", text="look\nat # it")
    world.fire("Lamp is *broken*", severity="warning")
    world.fire(TITLE, severity="warning")
    world.go(hours=1)
    world.forget()
    client = browser(trio.ana)
    text = " ".join(client.get("/runbooks").content.decode().split())
    assert "<title>2 without a section" in text
    assert text.index("Queue 2 is stuck") < text.index("Lamp is *broken*")
    assert "3 wordings" in text
    assert f'<th scope="row" class="title-cell">{TITLE}' not in text
    lamp = text.partition("Lamp is *broken*")[2].partition('href="')[2].partition('"')[0]
    given = client.get(f"{lamp}?file")
    assert given["Content-Disposition"].startswith("attachment")
    skeleton = given.content.decode()
    assert [one for one in skeleton.splitlines() if one.startswith("#")] == [
        r"## Lamp is \*broken\*", "### Alert", "### Reason", "### Verification", "### Action", "### Escalation",
    ]  # fmt: skip
    assert markdown.blocks(skeleton)[0].spans[0][0].text == "Lamp is *broken*"
    (books / "lamp.md").write_text(skeleton, encoding="utf-8")
    world.go(minutes=2)
    world.forget()
    assert "<title>1 without a section" in " ".join(client.get("/runbooks").content.decode().split())


def test_headings_are_found_by_search_and_by_the_api(world, trio, books):
    client = browser(trio.ana)
    found = client.get("/runbooks?q=quorum").content.decode()
    assert "Zookeeper quorum lost" in found
    assert "Spark executor lost" not in found
    assert "Zookeeper quorum lost" in client.get("/alerts?find=quorum").content.decode()
    from hausmeister.team.rules import Scope

    api = builders.caller(trio.team, Scope.READ, source="reader")
    (heading,) = api.get("/runbooks/headings?find=quorum").json()["items"]
    assert (heading["heading"], heading["file"]) == ("Zookeeper quorum lost", "oncall.md")
    assert "### Verification" not in api.get(f"/runbooks/sections/{heading['id']}").json()["text"]
    assert api.get("/runbooks/match?text=zookeeper QUORUM lost").json()["how"] == "normalised"
    assert api.get("/runbooks/match?text=unheard of").status_code == 404
    assert api.get("/runbooks/missing").json() == {"items": []}
    other = builders.trio(slug="payments")
    assert browser(other.ana).get(f"/runbooks/{heading['id']}").status_code == 404
    assert builders.caller(other.team, Scope.READ, source="r").get(
        f"/runbooks/sections/{heading['id']}"
    ).status_code == 404  # fmt: skip
