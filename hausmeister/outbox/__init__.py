"""Every message that must leave the house, from the transaction that caused it until its end is known.

Owns the table of messages and their life: pending, claimed, then sent, failed or cancelled. Leaves to others
what a message says (pager, team) and how it travels (connectors). Start with `delivery.py`, the words that
connectors and the engine share, then `operations.py`.
"""
