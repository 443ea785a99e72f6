"""What monitoring systems send: taking it in, telling new from known, and setting off pages.

Owns alerts and the intake in front of them. Leaves to others who may send (team's keys), who is called
(pager), and each sender's format (connectors). Start with `rules.py`, then `operations.py`; `intake.py` is
the door, `writer.py` the one hand that stores.
"""
