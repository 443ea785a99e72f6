"""One module for each screen: translate what was asked, call one operation or query, translate back.

Screens live here and not in the rooms, because nearly each of them shows several rooms at once
(docs/decisions says more).
"""
