"""E-mail, out, by SMTP.

`sender.py` is the way out, `wire.py` says what a letter is, `line.py` speaks with the mail server, `kept.py`
writes letters to files in a demo without a mail server, `fake.py` is a mail server in every kind of trouble.
"""
