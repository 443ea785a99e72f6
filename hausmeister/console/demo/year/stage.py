"""The year's stage: as the week's, and whoever is called for something that no scene foresaw answers too."""

from datetime import timedelta

from hausmeister.console.demo.acting_out import Stage
from hausmeister.console.demo.week import Scene
from hausmeister.outbox.delivery import Parcel
from hausmeister.team.models import ContactMethod, Person

_MINUTE = timedelta(minutes=1)
_AGAIN = 3 * _MINUTE
_ENDED = timedelta(hours=5)


class YearStage(Stage):
    """Answers every page: those of scenes as the scene says, others and second calls after three minutes."""

    def on_delivered(self, parcel: Parcel) -> None:
        """Let the person who got `parcel` answer it."""
        page_id = parcel.facts.get("page")
        if parcel.kind != "page" or not isinstance(page_id, int):
            return
        is_known, was_answered = page_id in self._scenes, page_id in self._answered
        if is_known and not was_answered:
            super().on_delivered(parcel)
            return
        person = Person.objects.get(pk=parcel.facts["person_id"])
        method = ContactMethod.objects.get(pk=parcel.to["method"])
        self._helped.discard(page_id)
        self._take(page_id, person, method, at=self._replay.now + _AGAIN)
        if not is_known:
            scene = Scene(self._replay.now, "", "", "", closed_because="done")
            self._scenes[page_id] = scene
            self._answered.add(page_id)
            self._do(self._replay.now + _ENDED, lambda: self._close(page_id, scene, person))
