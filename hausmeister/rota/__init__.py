"""Who is on duty, at any instant, and why.

Owns the shifts (planned duties) and the overrides on top of them. Leaves to others who people are (team) and
how they are called (pager). Start with `rules/resolving.py`: the one answer that every surface gives; the
simple rotation in `rules/rotation.py` is the seam where a planner takes over.
"""
