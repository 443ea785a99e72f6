"""Reading a calendar in a process of its own, which has no secrets and ends when it takes too long."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import hausmeister
from hausmeister.base import log
from hausmeister.rota.rules.calendars import importing
from hausmeister.rota.rules.calendars.importing import MOST_BYTES, BadCalendar, Reading

_log = log.get(__name__)

PROGRAM = "hausmeister.rota.rules.calendars.reading"
CPU_S = 8
WITHIN_S = 20.0


def read(body: bytes, *, since: date, until: date, zone_name: str) -> Reading:
    """Return what happens in the calendar from `since` to `until`. Raises BadCalendar."""
    if len(body) > MOST_BYTES:
        raise BadCalendar(f"The calendar is larger than {MOST_BYTES // 1024**2} MiB.")
    asked = json.dumps({"since": since.isoformat(), "until": until.isoformat(), "zone": zone_name, "cpu_s": CPU_S})
    try:
        done = subprocess.run(
            [sys.executable, "-m", PROGRAM],
            input=asked.encode() + b"\n" + body,
            capture_output=True,
            check=False,
            timeout=WITHIN_S,
            # nothing of ours is there to be found: no keys, no database
            env={"PYTHONPATH": str(Path(hausmeister.__file__).parent.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except subprocess.TimeoutExpired:
        raise BadCalendar("The calendar takes too long to read: its series do not come to an end.") from None
    if done.returncode < 0:
        raise BadCalendar("The calendar takes too long to read: its series do not come to an end.")
    if done.returncode:
        # ours to mend, or the file's cunning: the last good calendar stays either way
        _log.warning("calendar.reader_failed", code=done.returncode, said=done.stderr.decode(errors="replace")[-300:])
        raise BadCalendar("The calendar cannot be read.")
    told = json.loads(done.stdout)
    if "problem" in told:
        raise BadCalendar(told["problem"])
    return importing.of_json(told)
