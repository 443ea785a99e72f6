"""E-mail, in, by IMAP.

`poll.py` reads the mailbox beside the engine, `line.py` speaks with the mail server, `wire.py` says what stands in a
letter (pure). The folder is only looked at: nothing in it is marked, moved or deleted.
"""
