"""The table of touches."""

from django.db import models
from django.db.models import Q

from hausmeister.team.models import Person, Team


class Touch(models.Model):
    """Somebody worked on something in an area: once for each kind of work on each thing."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    # "" while no area of the policy fits the clues
    area = models.CharField(max_length=60, default="")
    kind = models.CharField(max_length=12)
    # the thing worked on, as the journal calls it
    subject = models.CharField(max_length=80)
    # what the area is told from, a clue a line; kept, so that areas can be renamed and merged
    clues = models.CharField(max_length=1000)
    at = models.DateTimeField()
    # which areas it was placed among (rules.mark_of)
    placed_by = models.CharField(max_length=16)

    class Meta:
        indexes = [
            models.Index(fields=["team", "area", "person"], name="touch_map"),
            models.Index(fields=["team", "-at"], name="touch_unplaced", condition=Q(area="")),
        ]
        constraints = [
            # looking into the past again, or pressing twice, must not make anybody know more
            models.UniqueConstraint(fields=["team", "subject", "kind", "person"], name="touch_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.subject}: {self.area or 'no area'}"
