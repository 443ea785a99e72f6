"""When a soft page may ring: in working hours, while a duty that takes triage has the floor (L1, H3)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from hausmeister.base.working_time import WorkingHours
from hausmeister.rota.rules.slots import WeeklyDuty, slot_at


def next_soft_moment(at: datetime, *, hours: WorkingHours, duties: tuple[WeeklyDuty, ...], zone: ZoneInfo) -> datetime:
    """Return `at`, or the first later instant at which a soft page may ring.

    With no duty that takes triage, working hours alone decide: better the wrong person than nobody.
    """
    takes_triage = {duty.name for duty in duties if duty.triage}
    moment = hours.next_at(at)
    for _ in range(32):
        slot = slot_at(duties, zone, moment)
        if slot.duty in takes_triage:
            return moment
        moment = hours.next_at(slot.ends_at)
    return hours.next_at(at)
