"""The engine: one tick over what is due. Owns no tables and decides nothing; rooms do.

Start with `jobs.py`, the table of what it does and how often, then `loop.py` (when) and `sending.py` (how a
message leaves).
"""
