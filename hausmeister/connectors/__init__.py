"""The outside, one folder for each product we talk to; none knows another.

In a folder: `wire.py` the far side's shapes (pure), `sender.py` the way out, `inbound.py` the way in, `fake.py`
a far side to test against. `wiring.py` says which connector serves which channel.
"""
