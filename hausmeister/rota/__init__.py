"""Who is on duty, at any instant, and why.

Owns the shifts (planned duties) and the overrides on top of them, schedules of layers beside the duties, plans and
what people agree on between two of them, calendars out and in. Leaves to others who people are (team) and how they
are called (pager). Start with `rules/resolving.py`: the one answer that every surface gives.

Shifts come from the simple rotation in `rules/rotation.py`, which leaves no hole, or from a plan: `planner` finds one
for plain values, in a process of its own, and knows no database; `planning` asks it for a team, shows what it would
change, and publishes; `asks` are swaps and cover; `calendars` feeds and imports.
"""
