"""Slack, out: pages and codes as direct messages, posts in channels, and edits of those posts.

`sender.py` is the way out, `wire.py` the blocks, `errors.py` what Slack's error words mean for us, `fake.py` a
Slack that minds each message. The real counterpart in tests is `emulate`.
"""
