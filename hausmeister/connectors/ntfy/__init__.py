"""ntfy, out: a phone app that rings. A contact method is a topic's URL, and the topic's name is its secret.

`sender.py` is the way out, `wire.py` the shape of a message, `fake.py` an ntfy server that minds each message.
"""
