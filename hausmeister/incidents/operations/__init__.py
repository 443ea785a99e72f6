"""Changes of incidents, one transaction each; the ones that other rooms call stand here by name."""

from hausmeister.incidents.operations.opening import open_incident
from hausmeister.incidents.operations.recording import add_from_chat, mark_in_chat

__all__ = ["add_from_chat", "mark_in_chat", "open_incident"]
