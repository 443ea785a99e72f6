"""Changes to pages. Every one begins by locking the page's row, then its summonses, then its messages.

`opening.py` makes pages, `climbing.py` moves them when they are due, `acting.py` is what people do,
`delivery.py` what became of messages, `auditing.py` the pager's look at itself.
"""
