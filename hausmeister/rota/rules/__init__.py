"""Pure decisions of the rota: when duties are, whose turn it is, and who is on duty at an instant."""
