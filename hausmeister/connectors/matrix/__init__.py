"""Matrix, out and in: the same rooms of ours in another chat, with a bot's account on a homeserver.

`api.py` is the client-server API, `wire.py` what our words look like there, `rooms.py` rooms by name and direct rooms,
`sender.py` the ways out, `events.py` and `app.py` what comes, `sync.py` the way in. `fake.py` minds
what we send; the tests' counterpart is Synapse.
"""
