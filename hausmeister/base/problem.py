"""What a sender or a script is told when its request is refused: a stable code, a sentence, the part at fault."""

from dataclasses import dataclass


@dataclass(eq=False)
class Problem(Exception):
    """Why a request is refused, for the one who sent it. `field` names the part at fault, where there is one.

    `code` is part of the API and never changes; `message` is for people and may.
    """

    status: int
    code: str
    message: str
    field: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the body of the answer."""
        told = {"code": self.code, "message": self.message}
        return {**told, "field": self.field} if self.field else told
