"""Airflow, both generations: 2 by /api/v1 with a password, 3 by /api/v2 with a token. Asked, never told anything.

Start with `wire.py` (its shapes), then `api.py` and `poll.py`; `callback.py` takes what tasks post themselves.
"""
