"""GitLab as the other tracker: the same room, in GitLab's words.

Out: `api.py` is the tracker that the issues room speaks to. Back: `hook.py` is told by webhook, and the room asks
besides. `wire.py` has the shapes, `fake.py` a GitLab that minds each call.
"""
