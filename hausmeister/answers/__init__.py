"""Answers: what was asked before, what answered it, what a message is, and which questions keep coming (H9).

Owns cards (an answer or a section of a document, with every confirmed asking of it), sources of documents, askings,
feedback and proposals. Leaves to others: the inbox and its clocks (`triage`), issues (`issues`), chats (`connectors`).
Start reading at `rules/ranking.py` and `queries.py`; `rules/messages.py` tells questions from chatter; `encoder` is
optional.
"""
