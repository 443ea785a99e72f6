"""The team's mailbox: what comes by mail, and where it goes.

Owns: up to where the mailbox was read, and what became of each letter. Leaves to others: speaking with the mail
server and reading the letter's form (`connectors.imap`), questions (`triage`), heartbeats (`monitoring`), alerts
(`alerts`), and letters that leave (the outbox). Begin with `rules`: what an address and a letter mean.
"""
