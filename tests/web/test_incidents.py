"""The incident's screens: open, tell, hand over, end, review; with what goes wrong shown where it went wrong."""

import pytest

from hausmeister.incidents import queries, tracker
from hausmeister.incidents.models import FollowUp, Incident, Review
from hausmeister.incidents.operations import closing, open_incident, recording, reviewing, updating
from hausmeister.incidents.operations.updating import Said
from hausmeister.outbox.delivery import Refused
from hausmeister.pager.models import Page
from hausmeister.pager.operations import acting
from hausmeister.team import operations as team
from hausmeister.team.operations import as_actor
from hausmeister.team.policy import reading
from hausmeister.team.rules import Capability, Role
from hausmeister.web import changes
from tests import builders
from tests.web.visitors import browser, queries_of

LONG = "x" * 40_000


@pytest.fixture
def incident(world, trio):
    made = open_incident(trio.team, "Clients see yesterday's data", "SEV2", actor=as_actor(trio.ana), now=world.now)
    world.tick()
    world.forget()
    return made


def shown(client, path, **more):
    answer = client.get(path, **more)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def said(client, path, **form):
    """Post a form as a browser does, and return the screen that it lands on."""
    answer = client.post(path, form, follow=True)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_an_incident_is_opened_from_a_page_and_its_title_is_there_already(world, trio):
    page = world.fire("Dataset billing_cycles built with 0 rows", severity="critical")
    world.tick()
    world.forget()
    client = browser(trio.ana)
    assert f"/incidents/new?from=page:{page.pk}" in shown(client, f"/pages/{page.pk}")
    assert 'value="Dataset billing_cycles built with 0 rows"' in shown(client, f"/incidents/new?from=page:{page.pk}")
    form = {"title": "Billing is empty", "level": "SEV1", "opened_from": f"page:{page.pk}"}
    text = said(client, "/incidents/new", **form)
    assert "SEV1 critical" in text
    assert "Point <b>Ana</b>" in text
    assert f"Page {page.pk} opened: Dataset billing_cycles built with 0 rows." in text
    # a second press lands on the same one, and the page says where it belongs
    assert "It is an incident already" in said(client, "/incidents/new", **form)
    assert Incident.objects.count() == 1
    assert f"/incidents/{Incident.objects.get().pk}" in shown(client, f"/pages/{page.pk}")
    world.tick()
    world.forget()


def test_a_running_incident_stands_on_top_of_now(world, trio, incident):
    text = shown(browser(trio.bruno), "/")
    assert f"/incidents/{incident.pk}" in text
    assert "Hausmeister asks you to be comms" in text
    part = shown(browser(trio.bruno), "/", headers={"HX-Request": "true", "HX-Target": "running"})
    assert part.lstrip().startswith('<div id="running"')


def test_clients_are_told_only_after_the_text_was_seen_once_more(world, trio, incident):
    client = browser(trio.ana)
    text = shown(client, f"/incidents/{incident.pk}/update?to=clients")
    assert "We have a problem since 03:00: Clients see yesterday&#x27;s data. We are working on it." in text
    form = {"text": "The DAG on shard s1 failed.", "rooms": ["#crash", "#data-announcements"], "key": "k1"}
    asked = client.post(f"/incidents/{incident.pk}/update", form).content.decode()
    assert "Post this to #data-announcements?" in asked
    assert "Clients may not know: <b>DAG, shard, s1</b>" in asked
    assert not incident.tellings.filter(is_client=True).exists()
    for _twice in range(2):
        said(client, f"/incidents/{incident.pk}/update", **form, sure="yes")
    assert incident.tellings.filter(is_client=True).count() == 1
    world.tick()
    assert len([one for one in world.sent if one.parcel.kind == "say"]) == 2
    world.forget()


def test_what_could_not_be_told_is_there_to_be_copied(world, trio, incident):
    world.channels["chat"].always = Refused("The channel chat is not set up on this installation.")
    client = browser(trio.ana)
    said(client, f"/incidents/{incident.pk}/update", text="Data of today at noon.", rooms=["#data-announcements"],
         sure="yes")  # fmt: skip
    world.tick()
    text = shown(client, f"/incidents/{incident.pk}")
    assert "Tell it yourself" in text
    assert "not set up on this installation" in text
    assert 'data-copy="told-' in text
    assert "#data-announcements was not told" in text


def test_forty_thousand_characters_are_refused_with_what_was_typed(trio, incident):
    answer = browser(trio.ana).post(f"/incidents/{incident.pk}/update", {"text": LONG, "rooms": ["#crash"]})
    assert answer.status_code == 422
    assert "at most 4000 characters" in answer.content.decode()
    assert LONG in answer.content.decode()
    assert "… [cut]" in said(browser(trio.ana), f"/incidents/{incident.pk}/note", text=LONG)
    kept = browser(trio.ana).post(f"/incidents/{incident.pk}/review", {"text": "y" * 200_001, "seen": "0"})
    assert kept.status_code == 422
    assert not Review.objects.exists()


def test_point_gives_comms_at_once_others_can_only_ask(world, trio, incident):
    path = f"/incidents/{incident.pk}/hand-over"
    text = said(browser(trio.bruno), path, post="comms", to=trio.carla.pk, how="give", seen="")
    assert "Only point (Ana) or a lead can assign it" in text
    text = said(browser(trio.ana), path, post="comms", to=trio.carla.pk, how="give", seen="")
    assert "Comms <b>Carla</b>" in text
    # Ana's other tab still shows nobody: the database decides
    text = said(browser(trio.ana), path, post="comms", to=trio.bruno.pk, how="give", seen="")
    assert "Comms changed hands a moment before: Carla has it now." in text
    text = said(browser(trio.bruno), path, post="point", to=trio.carla.pk, how="ask")
    assert "Carla is asked to be point" in text
    offer = incident.offers.get(post="point", answer="")
    assert "You are point now." in said(browser(trio.carla), f"/incidents/offers/{offer.pk}", answer="yes")
    assert "You are not asked any more" in said(browser(trio.bruno), f"/incidents/offers/{offer.pk}", answer="yes")
    world.tick()
    world.forget()


def test_the_procedure_is_ticked_by_name_and_follows_the_severity(world, trio, incident):
    client = browser(trio.ana)
    step = incident.steps.get(text="Write a review.")
    path = f"/incidents/{incident.pk}/tick"
    part = client.post(
        path, {"step": step.pk, "done": "yes"}, headers={"HX-Request": "true", "HX-Target": "incident-steps"}
    )
    assert step.text in part.content.decode()
    assert incident.steps.get(done_by=trio.ana).pk == step.pk
    old = incident.steps.get(text="Update every hour.")
    text = said(client, f"/incidents/{incident.pk}/level", level="SEV1")
    assert "Update every 20 minutes." in text
    assert "Update every hour." not in text
    assert "Write a review. <span" in text
    assert "not part of the procedure any more" in said(client, path, step=old.pk, done="yes")
    assert "There is no severity level" in said(client, f"/incidents/{incident.pk}/level", level="SEV9")
    world.tick()
    world.forget()


def test_the_level_is_kept_as_it_was_when_the_policy_drops_it(world, trio, incident):
    builders.policy_with(trio.team, ('name = "SEV2"', 'name = "MAJOR"'), ('p4_level = "SEV2"', 'p4_level = ""'))
    assert "SEV2 major" in shown(browser(trio.ana), f"/incidents/{incident.pk}")
    said(browser(trio.ana), f"/incidents/{incident.pk}/update", text="Still.", rooms=["#crash"])
    world.tick()
    world.forget()


def test_the_all_clear_is_given_once_and_can_be_taken_back(world, trio, incident):
    client = browser(trio.ana)
    assert "It is over: Clients see" in shown(client, f"/incidents/{incident.pk}/over")
    text = said(client, f"/incidents/{incident.pk}/over", text="All is well.", rooms=["#crash"], helped="a restart")
    assert "All clear given." in text
    assert "What helped: a restart." in text
    again = client.post(f"/incidents/{incident.pk}/over", {"text": "All is well."})
    assert again.status_code == 409
    assert "is over. If it is not, say so first" in again.content.decode()
    assert client.post(f"/incidents/{incident.pk}/update", {"text": "News."}).status_code == 409
    assert "asks for a review" in said(client, f"/incidents/{incident.pk}/close")
    assert "It is running again" in said(client, f"/incidents/{incident.pk}/reopen")
    assert incident.timers.count() == 2
    world.tick()
    world.forget()


def over(world, trio, incident, helped="a restart"):
    closing.all_clear(incident.pk, Said(""), by=trio.ana, now=world.now, helped=helped)
    world.tick()
    world.forget()


def test_the_review_is_drafted_saved_in_versions_and_printed(world, trio, incident):
    recording.note(incident.pk, "Restarted the <writer>.", by=trio.ana, now=world.now)
    over(world, trio, incident)
    client = browser(trio.ana)
    path = f"/incidents/{incident.pk}/review"
    assert "# Review: Clients see yesterday" in shown(client, path)
    text, _number = queries.review_text(Incident.objects.get())
    assert "Saved. 3 gaps are left." in said(client, path, text=text, seen="0")
    second = client.post(path, {"text": "Mine.", "seen": "0"})
    assert second.status_code == 409
    assert "Ana saved version 1 meanwhile" in second.content.decode()
    assert "Mine.</textarea>" in second.content.decode()
    assert "the review is written" in said(client, path, text=text.replace("(write here)", "So."), seen="1")
    assert "version 2" in shown(client, f"{path}/paper")
    assert "Restarted the &lt;writer&gt;." in shown(client, f"{path}/paper")
    assert "(write here)" in shown(client, f"{path}?version=1")
    assert "Closed. It is in the log book." in said(client, f"/incidents/{incident.pk}/close")
    assert "is closed" in said(client, f"/incidents/{incident.pk}/close")


def test_a_review_that_nobody_writes_is_shown_as_overdue(world, trio, incident):
    over(world, trio, incident)
    assert "review overdue" not in shown(browser(trio.ana), "/incidents")
    world.go(days=7, minutes=1)
    assert "review overdue" in shown(browser(trio.ana), "/incidents?show=over")
    assert "review overdue" in shown(browser(trio.ana), f"/incidents/{incident.pk}")


class Tracker:
    """A tracker that numbers its issues."""

    def make_issue(self, team, *, title, text, owner, by, now):
        return f"issue 7: {title}"


def test_a_follow_up_has_an_owner_and_becomes_an_issue_where_a_tracker_is(world, trio, incident):
    client = browser(trio.ana)
    path = f"/incidents/{incident.pk}/follow-ups"
    assert "Noted as a follow-up" in said(client, path, text="Check row counts", to=trio.bruno.pk)
    one = FollowUp.objects.get()
    kept = tracker.connected()
    tracker.connect(None)
    try:
        assert "No tracker is connected" in said(client, f"/incidents/follow-ups/{one.pk}/issue")
        tracker.connect(Tracker())
        assert "Make an issue" in shown(client, f"/incidents/{incident.pk}")
        assert "issue 7: Check row counts" in said(client, f"/incidents/follow-ups/{one.pk}/issue")
    finally:
        tracker.connect(kept)
    assert "Done." in said(client, f"/incidents/follow-ups/{one.pk}/done")


def test_another_squad_is_called_by_its_address_and_ours_by_a_page(world, trio, incident):
    client = browser(trio.ana)
    assert "once the policy names their addresses" in shown(client, f"/incidents/{incident.pk}")
    builders.policy_with(trio.team, ("[squads]", '[squads]\nplatform = "platform-oncall@example.org"'))
    said(client, f"/incidents/{incident.pk}/squad", squad="platform", what="Is Kafka up?", key="k")
    said(client, f"/incidents/{incident.pk}/squad", squad="platform", what="Is Kafka up?", key="k")
    world.tick()
    letter = world.expect("email", title="").parcel
    assert letter.to["address"] == "platform-oncall@example.org"
    for words in ("Ana of Data Infra asks for your help", "Is Kafka up?", "Answer to ana@example.org or in #crash"):
        assert words in letter.facts["text"]
    world.expect_none()
    assert "no squad &#x27;x&#x27;; it has: platform" in said(client, f"/incidents/{incident.pk}/squad", squad="x")
    assert "Carla is paged now." in said(client, f"/incidents/{incident.pk}/page", to=trio.carla.pk)
    world.tick()
    # whoever is on duty is not woken for what somebody else was asked
    assert [one.person for one in world.sent if one.parcel.kind == "page"] == ["Carla"]
    acting.acknowledge(Page.objects.get().pk, by=trio.carla, now=world.now)
    assert "Carla acknowledged page" in shown(client, f"/incidents/{incident.pk}")
    world.forget()


def test_the_log_book_counts_what_failed_and_says_what_helped(world, trio, incident):
    for percent in (80, 85, 91):
        page = world.fire(f"Disk {percent} % on db-7", severity="error")
        acting.close(page.pk, by=as_actor(trio.ana), person=trio.ana, reason=f"cleaned at {percent}", now=world.now)
        world.tick()
    world.forget()
    client = browser(trio.ana)
    text = shown(client, "/logbook")
    assert "cleaned at 91" in text
    assert '<td class="number" data-label="Times">3</td>' in text
    key = "disk # % on db-#"
    assert "Written down." in said(client, "/logbook/remedy", failure=key, text="Rotate the logs")
    kept = tracker.connected()
    tracker.connect(None)
    try:
        for _twice in range(2):
            assert "task of Ana" in said(client, "/logbook/task", failure=key)
    finally:
        tracker.connect(kept)
    assert "Rotate the logs" in shown(client, "/logbook")
    assert FollowUp.objects.count() == 1
    reviewing.save_review(incident.pk, "So it was.", seen=0, by=trio.ana, now=world.now)
    over(world, trio, incident, helped="restored a snapshot")
    closing.close(incident.pk, by=trio.ana, now=world.now)
    assert "restored a snapshot" in shown(client, "/logbook")


def test_an_incident_takes_few_questions_to_draw(trio, incident):
    assert len(queries_of(browser(trio.ana), f"/incidents/{incident.pk}")) <= 40


def test_a_client_sees_what_clients_were_told_and_nothing_else(world, trio, incident):
    viewer = builders.person("Viktor")
    team.join(
        trio.team,
        viewer,
        role=Role.VIEWER,
        experience=1,
        joined_on=world.now.date(),
        by=builders.CONSOLE,
        now=world.now,
    )
    updating.post_update(incident.pk, Said("Inside.", ("#crash",)), by=trio.ana, now=world.now)
    assert "Inside." not in shown(browser(viewer), "/")
    updating.post_update(incident.pk, Said("Data are late.", ("#data-announcements",)), by=trio.ana, now=world.now)
    assert "Data are late." in shown(browser(viewer), "/")
    assert "/incidents" not in shown(browser(viewer), "/")
    closing.all_clear(incident.pk, Said(""), by=trio.ana, now=world.now)
    assert "Data are late." not in shown(browser(viewer), "/")
    world.tick()
    world.forget()


def test_the_live_stream_tells_of_an_incident_those_who_may_see_it(world, trio, incident):
    found = changes.since(world.now)
    assert found is not None
    told = {one.line: one.capability for one in found if one.line.startswith("incident")}
    version = Incident.objects.get().version
    assert told == {
        f"incident {incident.pk} v{version}": Capability.SEE_INCIDENTS,
        f"incidents {trio.team.pk}": Capability.SEE_INCIDENTS,
    }
    part = browser(trio.ana).get(f"/incidents/{incident.pk}?part=head", headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<header id="incident-head"')


def test_the_policy_says_in_sentences_what_holds_for_incidents(trio):
    text = shown(browser(trio.ana), "/policy")
    for words in ("SEV2 major: An important part", "An update is due every 1 h.", "Clients are told within 30 min.",
                  "Failures are announced in #crash.", "Other squads: none."):  # fmt: skip
        assert words in text


def test_what_did_not_arrive_is_sent_once_more_by_a_button(world, trio, incident):
    world.channels["chat"].always = Refused("The token was revoked.")
    said(browser(trio.ana), f"/incidents/{incident.pk}/update", text="We look.", rooms=["#crash"])
    world.tick()
    assert "Send it once more" in shown(browser(trio.ana), f"/incidents/{incident.pk}")
    world.channels["chat"].always = None
    assert "Sent once more." in said(browser(trio.ana), f"/incidents/{incident.pk}/again")
    world.tick()
    assert "Tell it yourself" not in shown(browser(trio.ana), f"/incidents/{incident.pk}")
    world.forget()


def test_without_severity_levels_the_form_says_what_is_missing(world, trio):
    text = reading.DEFAULT_FILE.read_text(encoding="utf-8")
    begin, end = text.index("[[severity_levels]]"), text.index("[incidents]")
    text = (text[:begin] + text[end:]).replace('p4_level = "SEV2"', 'p4_level = ""')
    team.apply_policy(trio.team, text=text, file="test", by=builders.CONSOLE, now=world.now)
    assert "The policy has no severity levels" in shown(browser(trio.ana), "/incidents/new")
    answer = browser(trio.ana).post("/incidents/new", {"title": "x", "level": "SEV1"})
    assert answer.status_code == 422
    assert not Incident.objects.exists()


def test_a_list_says_when_the_next_update_is_due_and_that_it_was(world, trio, incident):
    assert "Next update due" in shown(browser(trio.ana), "/incidents")
    world.go(hours=1, minutes=1)
    world.forget()
    assert "The update was due" in shown(browser(trio.ana), "/incidents")
    assert "The update was due" in shown(browser(trio.ana), "/")
