"""Incidents (H13, L2, L4, L9): who acts and who tells, what was told to whom, and what is learned from it.

Owns incidents, their procedure, roles, what was told, follow-ups, reviews and the log book. Leaves to others how
people are called (pager), what a level is (team policy), how a message travels (outbox). The timeline is read from
the journal. Start with `operations/opening.py`, then `operations/telling.py`.
"""
