"""The product side of planning: what the planner is asked, what becomes of its answer, who is told.

Owns drafts, the terms on which members share duties, and wishes (tables in `rota/models/planning.py`). Leaves the
solving to `rota/planner` and the process it runs in. Start with `snapshot.py` (facts become an instance), then
`drafts.py` (ask, solve, discard) and `publishing.py` (check, write, tell). What decides is pure and in `rules/`.
"""
