"""Where the two scales meet (H11): Opsgenie's P1 is the most urgent, ours is P4."""

from hausmeister.base.priority import Priority

# from Opsgenie's name to ours; a house test holds this table
TO_OURS = {
    "P1": Priority.P4,
    "P2": Priority.P3,
    "P3": Priority.P2,
    "P4": Priority.P1,
    "P5": Priority.P1,
}
FROM_OURS = {Priority.P4: "P1", Priority.P3: "P2", Priority.P2: "P3", Priority.P1: "P4"}
