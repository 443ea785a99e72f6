"""Which areas of the platform there are, who has worked in which, and how long ago (H17).

Owns the touches: one row for each piece of work somebody did in an area. Upper rooms record them by name in the
transaction of the work itself; the policy says which words mean which area. Leaves to others who is on duty (rota)
and what the work was (pager, issues, triage, answers, incidents). Never a ranking of people: lists go by name. Start
with `rules.py`, then `operations.py`.
"""
