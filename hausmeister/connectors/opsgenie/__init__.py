"""Opsgenie, both ways: we speak its alert API to senders, and page through it while it lasts (H6).

In: `inbound.py` serves the calls that senders make. Out: `sender.py` makes an alert for each person called,
`wire.py` has the shapes. Back: `poll.py` asks how those alerts stand, `hook.py` is told; both end in `back.py`.
`priorities.py` is the one place where the two scales meet, `fake.py` an Opsgenie that minds each call.
"""
