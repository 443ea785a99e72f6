"""Playing a scene: its alerts come in, and the people it calls answer as the story says."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, time, timedelta

from hausmeister.alerts import operations as alerts
from hausmeister.alerts.operations import Happened, Incoming
from hausmeister.alerts.rules import Action, Signal
from hausmeister.base.wall_time import instant
from hausmeister.console.demo.replay import Replay
from hausmeister.console.demo.week import Scene
from hausmeister.outbox.delivery import Parcel
from hausmeister.pager.operations import acting, testing
from hausmeister.pager.operations.acting import NobodyToAsk, PageAlreadyTaken, PageIsClosed
from hausmeister.pager.rules.ladder import TEST_LASTS
from hausmeister.rota import queries as rota
from hausmeister.team import operations as team_operations
from hausmeister.team import queries as team_queries
from hausmeister.team.models import ContactMethod, Person, Source, Team

_JUST_BEFORE = timedelta(seconds=20)


class Stage:
    """One team's story on the common clock: which page belongs to which scene."""

    def __init__(self, team: Team, sources: dict[str, Source], replay: Replay, *, until: datetime) -> None:
        self._team, self._sources, self._replay, self._until = team, sources, replay, until
        self._scenes: dict[int, Scene] = {}
        self._answered: set[int] = set()
        # pages for which the backstop was asked to come and has not answered yet
        self._helped: set[int] = set()

    def play(self, scenes: Sequence[Scene]) -> None:
        """Let `scenes` happen when their time comes."""
        for scene in scenes:
            self._replay.later(scene.at, lambda scene=scene: self._fire(scene))  # type: ignore[misc]

    def test_phones(self, at: datetime) -> None:
        """Let those on duty at `at` send themselves a test page, as one does when a duty begins."""

        def send() -> None:
            duty = rota.on_duty(self._team, at=self._replay.now)
            for post in (duty.primary, duty.backstop):
                if post.person is not None:
                    page = testing.send_test_page(
                        post.person, team=self._team, by=team_operations.as_actor(post.person), now=self._replay.now
                    )
                    self._scenes[page.pk] = Scene(at, "", page.title, "")

        self._replay.later(at, send)
        # a test page ends by itself: let the engine look when it is time
        self._replay.later(at + TEST_LASTS, lambda: None)

    def _fire(self, scene: Scene, *, action: Action = Action.FIRE) -> None:
        source = self._sources[scene.source]
        incoming = [
            Incoming(signal, source.pk, source.name, self._team.pk)
            for signal in _signals(scene, action)
            for _ in range(scene.signals if action is Action.FIRE else 1)
        ]
        for taken in alerts.receive(incoming, now=self._replay.now):
            if taken.page_id is not None and taken.happened is Happened.OPENED:
                self._scenes[taken.page_id] = scene
        if action is Action.FIRE and scene.ends_after is not None:
            self._do(scene.at + scene.ends_after, lambda: self._fire(scene, action=Action.RESOLVE))

    def on_delivered(self, parcel: Parcel) -> None:
        """Let the person who got `parcel` answer it, if the story wants that."""
        page_id = parcel.facts.get("page")
        scene = self._scenes.get(page_id) if isinstance(page_id, int) else None
        if scene is None or page_id is None or parcel.kind != "page":
            return
        is_backstop = parcel.facts["role"] == "backstop"
        person = Person.objects.get(pk=parcel.facts["person_id"])
        method = ContactMethod.objects.get(pk=parcel.to["method"])
        if is_backstop and page_id in self._helped:
            self._helped.remove(page_id)
            self._take(page_id, person, method, at=self._replay.now + scene.answered_after)
        elif page_id not in self._answered and scene.is_answered(by_backstop=is_backstop):
            self._answered.add(page_id)
            self._answer(page_id, scene, person, method)

    def _answer(self, page_id: int, scene: Scene, person: Person, method: ContactMethod) -> None:
        # when the story ends while a phone still rings, somebody is just quick enough: nothing is left ringing
        at = max(self._replay.now, min(self._replay.now + scene.answered_after, self._until - _JUST_BEFORE))
        if scene.snoozes:
            self._do(at, lambda: self._snooze(page_id, person))
            return
        self._take(page_id, person, method, at=at)
        if scene.note:
            self._do(
                at + scene.noted_after,
                lambda: acting.note(page_id, by=person, text=scene.note, now=self._replay.now),
            )
        if scene.helped_after is not None:
            self._do(at + scene.helped_after, lambda: self._ask_for_help(page_id, person))
        if scene.closed_after is not None:
            self._do(at + scene.closed_after, lambda: self._close(page_id, scene, person))
        if scene.over_after is not None:
            self._do(at + scene.over_after, lambda: self._fire(scene, action=Action.RESOLVE))

    def _take(self, page_id: int, person: Person, method: ContactMethod, *, at: datetime) -> None:
        self._do(
            at,
            lambda: acting.acknowledge(
                page_id, by=person, now=self._replay.now, via="the link in an e-mail", method=method
            ),
        )

    def _ask_for_help(self, page_id: int, person: Person) -> None:
        self._helped.add(page_id)
        acting.escalate(page_id, by=person, now=self._replay.now)

    def _do(self, at: datetime, act: Callable[[], object]) -> None:
        """Let a person act at `at`; somebody else may have been quicker, as in life."""

        def try_it() -> None:
            try:
                act()
            except (PageAlreadyTaken, PageIsClosed, NobodyToAsk):
                return

        # what would lie in the future has not happened yet
        if at < self._until:
            self._replay.later(at, try_it)

    def _snooze(self, page_id: int, person: Person) -> None:
        zone, now = self._team.zone, self._replay.now
        hours = team_queries.policy_of(self._team.pk).working_hours(zone)
        tomorrow = instant(now.astimezone(zone).date() + timedelta(days=1), time(10), zone)
        acting.snooze(page_id, by=person, until=hours.next_at(tomorrow), now=now)

    def _close(self, page_id: int, scene: Scene, person: Person) -> None:
        alerts.close_page(
            page_id,
            by=team_operations.as_actor(person),
            person=person,
            reason=scene.closed_because,
            now=self._replay.now,
        )


def _signals(scene: Scene, action: Action) -> Iterator[Signal]:
    for number in range(1, scene.alerts + 1):
        group = f", group {number}" if scene.alerts > 1 else ""
        yield Signal(
            action=action,
            key=scene.title + group,
            title=scene.title + group,
            text=scene.text,
            severity=scene.severity,
            labels=dict(scene.labels),
        )
