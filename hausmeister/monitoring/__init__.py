"""What is watched: the index of events that senders keep alive, a board for each shard, and rules that make alerts.

Owns the index (in memory, as a Riemann keeps it), the query language of its dashboards, and the rules that turn a
state, a number, an expiry or silence into an alert. Leaves to others how events arrive (connectors/riemann) and
what becomes of an alert (alerts). Start with `base/event.py`, then `rules/index.py` and `station.py`.
"""
