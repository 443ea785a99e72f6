"""Tables of the runbooks: folders as they were last read, their files, and the sections of those."""

from django.db import models

from hausmeister.team.models import Team
from hausmeister.team.revision import Watched, WatchedQuerySet


class FolderQuerySet(WatchedQuerySet["Folder"]):
    """Questions asked of folders."""


class Folder(Watched):
    """A folder that a team's policy names. What was last read of it stays until it can be read again.

    Its changes change the revision, so that whoever has asked for that need not ask for the folders.
    """

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=500)
    web_address = models.CharField(max_length=500, default="")
    # drawn anew at every change of its sections: what a process has kept of them is old when it differs. No number:
    # a restored database would count to the same one again
    mark = models.CharField(max_length=16, default="")
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, default="")

    objects = FolderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "path"], name="runbook_folder_once")]

    def __str__(self) -> str:
        return self.path


class File(models.Model):
    """One Markdown file. `notes` are about what it says, `problem` is why it could not be read."""

    id = models.BigAutoField(primary_key=True)
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=500)
    size_bytes = models.BigIntegerField(default=0)
    modified_ns = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")
    notes = models.JSONField(default=list)
    problem = models.CharField(max_length=300, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["folder", "path"], name="runbook_file_once")]

    def __str__(self) -> str:
        return self.path


class Section(models.Model):
    """A heading and the text below it up to the next one; what belongs to it goes up to the section at `ends`."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(File, on_delete=models.CASCADE, related_name="sections", db_index=False)
    position = models.PositiveIntegerField()
    ends = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField()
    words = models.CharField(max_length=300, default="")
    raw = models.CharField(max_length=300, default="")
    # the headings that this one stands below
    above = models.CharField(max_length=900, default="")
    line = models.PositiveIntegerField()
    text = models.TextField(default="")
    # whether its heading may be the text of an alert
    is_alert = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="runbook_section_once")]

    def __str__(self) -> str:
        return self.words
