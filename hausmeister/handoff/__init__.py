"""The hand-off (H4) and the weekly report (L7): nothing pending is without an owner when a duty changes hands.

Owns one hand-off for each change of duty, what was open at it with notes and next steps, who accepted it, and the
reports to the clients. Leaves to others who is on duty (rota) and what is open (pager, triage, issues, incidents,
monitoring): it reads them, and moves what is open by their own operations. Start with `rules/changes.py` and
`operations/watching.py`.
"""
