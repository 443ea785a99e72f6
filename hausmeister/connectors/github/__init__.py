"""GitHub, both ways: issues made and changed there, and what people do there brought back.

Out: `api.py` is the tracker that the issues room speaks to, `errors.py` what GitHub's noes mean. Back: `hook.py` is
told by signed webhook, and the room asks besides. `wire.py` has the shapes, `fake.py` a GitHub that minds each call.
"""
