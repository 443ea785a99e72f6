"""Writes of the issues room, one transaction each.

`working.py` is what people do; `urgency.py` what a P4 sets off; `nagging.py` asks about an idle P3; `mirroring.py`
keeps the tracker in step; `storing.py` is what all of them end with.
"""
