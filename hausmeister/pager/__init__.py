"""Pages: calling the person on duty, climbing the ladder, and never being silent until somebody answers.

Owns pages and whom each has called. Leaves to others what set a page off (alerts), who is on duty (rota), and
how a message travels (outbox, connectors). Start with `rules/ladder.py`, then `operations/`.
"""
