"""The tables of monitoring: which rules are on, so that a restart neither forgets an alert nor leaves one open."""

from django.db import models

from hausmeister.team.models import Team


class Hit(models.Model):
    """A rule of a team that is on for one host and service of a shard: its alert is open."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    shard = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)
    host = models.CharField(max_length=300)
    service = models.CharField(max_length=300)
    since_at = models.DateTimeField()

    class Meta:
        constraints = [
            # two of one key would need two closings
            models.UniqueConstraint(fields=["team", "shard", "rule", "host", "service"], name="hit_once"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.service} on {self.host}, {self.shard}"
