"""Which issues are alike, as the room of issues asks it: the better ranker where one is handed in, by meaning too."""

from datetime import timedelta

import pytest

from hausmeister.answers import encoder, operations
from hausmeister.answers.models import IssueMeaning
from hausmeister.answers.queries import IssueRanker
from hausmeister.base.priority import Priority
from hausmeister.issues import queries as issues
from hausmeister.issues.models import Issue
from hausmeister.issues.operations import working
from hausmeister.issues.operations.working import Wish
from hausmeister.team.operations import as_actor

FAULTS = (
    ("Loader fails with NullPointerException", "at com.acme.OrderLoader.read"),
    ("Dashboard shows no data", "The revenue chart is empty since Monday."),
    ("Cannot log in with a new phone", "The second factor is refused."),
    ("Backup takes nine hours", "It used to take one."),
)


@pytest.fixture
def faults(world, trio):
    return [make(world, trio, *one) for one in FAULTS]


def make(world, trio, title, text="", **more):
    wish = Wish(title, text, Priority.P2, why="x", **more)
    world.now += timedelta(minutes=1)
    return working.open_issue(trio.team, wish, by=as_actor(trio.ana), person=trio.ana, now=world.now)


def alike(world, trio, title, text=""):
    found = issues.likely_duplicates(title, text, team_id=trio.team.pk, now=world.now)
    return [one.issue.title for one in found]


@pytest.fixture
def nobody_above():
    issues.use(None)
    yield
    issues.use(IssueRanker())


def test_the_same_break_is_named_and_of_others_nothing_is_said(world, trio, faults):
    assert alike(world, trio, "NullPointerException in the loader", "com.acme.OrderLoader.read") == [FAULTS[0][0]]
    assert alike(world, trio, "Please water the plants", "They look sad.") == []
    assert alike(world, trio, "x", "") == []


def test_without_a_room_above_the_words_in_common_decide(world, trio, faults, nobody_above):
    assert alike(world, trio, "Loader fails with NullPointerException again")[0] == FAULTS[0][0]


def test_the_first_issue_of_a_team_is_like_nothing(world, trio):
    assert alike(world, trio, "Loader fails") == []
    make(world, trio, "Loader fails")
    assert alike(world, trio, "Loader fails") == ["Loader fails"]


def test_an_endless_text_is_read_by_its_beginning(world, trio, faults):
    make(world, trio, "Kafka lag on s1", "lag " * 10_000 + "needle")
    assert alike(world, trio, "Kafka lag on s1 grows", "lag " * 15_000) == ["Kafka lag on s1"]


@pytest.mark.counterpart("encoder")
def test_what_is_told_in_other_words_is_found_by_meaning(world, trio, faults):
    asked = ("Authentication trouble since I got another mobile", "Two-step verification rejects me.")
    assert alike(world, trio, *asked) == []
    assert operations.lacks_meaning()
    assert operations.give_meaning(world.now) == len(FAULTS)
    assert not operations.lacks_meaning()
    assert alike(world, trio, *asked) == [FAULTS[2][0]]


@pytest.mark.counterpart("encoder")
def test_a_changed_issue_is_read_anew_and_one_without_vectors_is_found_by_its_words(world, trio, faults):
    operations.give_meaning(world.now)
    working.edit(
        faults[1].pk, title="Kafka lag on s1", text="", areas=(), why="x", bites_back=None, by=as_actor(trio.ana),
        now=world.now,
    )  # fmt: skip
    assert operations.lacks_meaning()
    assert alike(world, trio, "Kafka lag on s1") == ["Kafka lag on s1"]
    assert operations.give_meaning(world.now) == 1
    assert IssueMeaning.objects.get(issue=faults[1]).version == Issue.objects.get(pk=faults[1].pk).version
    assert IssueMeaning.objects.count() == len(FAULTS)


@pytest.mark.counterpart("encoder")
def test_vectors_of_another_model_are_made_again(world, trio, faults):
    operations.give_meaning(world.now)
    IssueMeaning.objects.update(encoder="another")
    assert operations.give_meaning(world.now) == len(FAULTS)
    assert set(IssueMeaning.objects.values_list("encoder", flat=True)) == {encoder.best().name}
