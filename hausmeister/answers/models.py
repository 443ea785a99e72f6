"""Tables of the room: cards and what they are found by, askings, documents, feedback, and what keeps coming."""

from django.db import models
from django.db.models import Q

from hausmeister.issues.models import Issue
from hausmeister.team.models import Team

CARD_KINDS = ("answer", "section")
PASSAGE_KINDS = ("title", "body", "asking")
VERDICTS = ("helped", "not this")
RECURRING_STATES = ("open", "proposed", "written", "dismissed")
# asked: somebody wants it, the tracker has not said yes yet
PULL_STATES = ("asked", "open", "merged", "closed", "taken back")


def _choices(values: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(one, one) for one in values]


class Shelf(models.Model):
    """A team's cards as a whole: how much there is, and what its feedback made of the confidence."""

    team = models.OneToOneField(Team, primary_key=True, on_delete=models.CASCADE, related_name="shelf")
    texts = models.BigIntegerField(default=0)
    terms = models.BigIntegerField(default=0)
    # what is kept in memory of the vectors is read on when this moves
    vectors_changed = models.BigIntegerField(default=0)
    # the confidence's weights by tier, moved away from the shipped ones by the team's feedback; {} at first
    weights = models.JSONField(default=dict)

    class Meta:
        app_label = "answers"

    def __str__(self) -> str:
        return f"{self.texts} texts of team {self.team_id}"


class Source(models.Model):
    """A folder of Markdown on the server: a Git checkout that somebody keeps up to date, or any other."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sources_of_answers")
    name = models.CharField(max_length=100)
    folder = models.CharField(max_length=500)
    # where people read the files; the file's path is put behind it
    web_address = models.CharField(max_length=500, default="")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    # why the last reading failed, "" when it did not
    problem = models.CharField(max_length=300, default="")

    class Meta:
        app_label = "answers"
        constraints = [
            # a second source of that name could not be told from the first
            models.UniqueConstraint(fields=["team", "name"], name="source_one_name_per_team"),
        ]

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """One file of a source, as it was read last."""

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="documents")
    path = models.CharField(max_length=500)
    digest = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    modified_ns = models.BigIntegerField()

    class Meta:
        app_label = "answers"
        constraints = [models.UniqueConstraint(fields=["source", "path"], name="document_one_per_path")]

    def __str__(self) -> str:
        return self.path


class Card(models.Model):
    """An answer, or a section of a document. Its confirmed askings are found through it, and it through them."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="cards")
    kind = models.CharField(max_length=10, choices=_choices(CARD_KINDS))
    title = models.CharField(max_length=300)
    text = models.TextField()
    link = models.CharField(max_length=1000, default="")
    # who answered; "" for documents
    by = models.CharField(max_length=200, default="")
    document = models.ForeignKey(Document, null=True, on_delete=models.CASCADE, related_name="cards")
    # the headings above it and its own, one after another: what tells it from the file's others
    place = models.CharField(max_length=1000, default="")
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "answers"
        constraints = [
            # a section without its file would never be removed
            models.CheckConstraint(
                name="card_section_has_document",
                condition=Q(kind="section", document__isnull=False) | Q(kind="answer", document__isnull=True),
            ),
            models.UniqueConstraint(fields=["document", "place"], name="card_one_per_section"),
        ]

    def __str__(self) -> str:
        return self.title


class Recurring(models.Model):
    """Askings of one thing that keep coming. `proposed`: a document is called for."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="recurring_questions")
    state = models.CharField(max_length=10, choices=_choices(RECURRING_STATES), default="open")
    created_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True)
    # where the document was written: a pull request, an issue, a page
    link = models.CharField(max_length=1000, default="")

    class Meta:
        app_label = "answers"
        constraints = [
            # the weekly report counts from this moment
            models.CheckConstraint(
                name="recurring_proposed_has_time",
                condition=Q(state__in=["open", "dismissed"]) | Q(proposed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"recurring question {self.pk}"

    @property
    def subject(self) -> str:
        """Its name in journal, and in the links of issues."""
        return f"recurring:{self.pk}"


class Asking(models.Model):
    """Somebody asked this. With a card it is confirmed: the card answered it."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="askings")
    text = models.TextField()
    # a stable name of who asked, "" when unknown
    by = models.CharField(max_length=200, default="")
    # where it was asked: a link to the message, or the number of the item
    where = models.CharField(max_length=1000, default="")
    asked_at = models.DateTimeField()
    card = models.ForeignKey(Card, null=True, on_delete=models.SET_NULL, related_name="askings")
    recurring = models.ForeignKey(Recurring, null=True, on_delete=models.SET_NULL, related_name="askings")
    # minutes that people spent on it, as far as is known
    minutes = models.PositiveIntegerField(default=0)
    # when it was last compared with the others; null for a new one
    looked_at = models.DateTimeField(null=True)
    vector = models.BinaryField(null=True)
    encoder = models.CharField(max_length=100, default="")

    class Meta:
        app_label = "answers"
        indexes = [
            models.Index(fields=["team", "asked_at"], name="asking_by_time"),
            models.Index(fields=["encoder"], name="asking_by_encoder"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Apart(models.Model):
    """Two askings of which somebody said that they are not the same; they never share a group again."""

    id = models.BigAutoField(primary_key=True)
    one = models.ForeignKey(Asking, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Asking, on_delete=models.CASCADE, related_name="+")

    class Meta:
        app_label = "answers"
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="apart_once")]

    def __str__(self) -> str:
        return f"{self.one_id} is not {self.other_id}"


class IssueMeaning(models.Model):
    """The sentence vectors of an issue, its title's and its whole text's, by which duplicates are found."""

    issue = models.OneToOneField(Issue, primary_key=True, on_delete=models.CASCADE, related_name="+")
    # of the issue when they were made: a later one says something else, or nothing new
    version = models.PositiveIntegerField()
    vectors = models.BinaryField()
    encoder = models.CharField(max_length=100)

    class Meta:
        app_label = "answers"

    def __str__(self) -> str:
        return f"meaning of issue {self.issue_id}"


class PullRequest(models.Model):
    """The document for a recurring question, offered to a repository: what was sent, and what became of it."""

    id = models.BigAutoField(primary_key=True)
    recurring = models.ForeignKey(Recurring, on_delete=models.CASCADE, related_name="pulls")
    tracker = models.CharField(max_length=20)
    repository = models.CharField(max_length=200)
    # ours alone: by it the pull request is found before it is made a second time
    branch = models.CharField(max_length=200, unique=True)
    path = models.CharField(max_length=500)
    title = models.CharField(max_length=200)
    text = models.TextField()
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=_choices(PULL_STATES), default="asked")
    number = models.BigIntegerField(null=True)
    url = models.CharField(max_length=1000, default="")
    # when the tracker is asked about it, or told again
    next_at = models.DateTimeField(null=True)
    # why it could not be opened so far, "" when nothing stands in the way
    problem = models.CharField(max_length=500, default="")

    class Meta:
        app_label = "answers"
        constraints = [
            # pressing twice, or two people at once, must not offer two documents
            models.UniqueConstraint(
                fields=["recurring"], name="pull_one_at_a_time", condition=Q(state__in=["asked", "open"])
            ),
            # what is open there must be found again when its state is told
            models.CheckConstraint(
                name="pull_open_has_number",
                condition=Q(state__in=["asked", "taken back"]) | Q(number__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="pull_due", condition=Q(next_at__isnull=False)),
            models.Index(fields=["tracker", "repository", "number"], name="pull_place"),
        ]

    def __str__(self) -> str:
        return f"{self.repository}!{self.number or 'new'}"

    @property
    def subject(self) -> str:
        """Its name in the outbox."""
        return f"pull:{self.pk}"

    @property
    def word(self) -> str:
        """What the tracker calls it."""
        return "merge request" if self.tracker == "gitlab" else "pull request"


class Passage(models.Model):
    """One text that a card is found by: its title, its body, or one confirmed asking of it."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="passages")
    asking = models.ForeignKey(Asking, null=True, on_delete=models.CASCADE, related_name="passages")
    kind = models.CharField(max_length=10, choices=_choices(PASSAGE_KINDS))
    text = models.TextField()
    # its terms (rules/words.py), a space between each two
    stems = models.TextField()
    # sentence vectors: the whole text, then its windows; made later, by the engine
    vectors = models.BinaryField(null=True)
    # the signs of the first vector's numbers, kept in memory to find what is near
    signs = models.BinaryField(null=True)
    # which model made them; "" for none yet
    encoder = models.CharField(max_length=100, default="")

    class Meta:
        app_label = "answers"
        indexes = [
            models.Index(fields=["team", "id"], name="passage_of_team"),
            models.Index(fields=["encoder"], name="passage_by_encoder"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of card {self.card_id}"


class Term(models.Model):
    """In how many of the team's passages a term occurs."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    stem = models.CharField(max_length=100)
    texts = models.IntegerField()

    class Meta:
        app_label = "answers"
        constraints = [models.UniqueConstraint(fields=["team", "stem"], name="term_once_per_team")]

    def __str__(self) -> str:
        return self.stem


class Feedback(models.Model):
    """What somebody said of a suggestion: it helped, or it was not this."""

    id = models.BigAutoField(primary_key=True)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="feedback")
    text = models.TextField()
    verdict = models.CharField(max_length=10, choices=_choices(VERDICTS))
    by = models.CharField(max_length=200, default="")
    at = models.DateTimeField()
    # what the confidence was reckoned from, and by which tier; {} when it was not a suggestion of ours
    signs = models.JSONField(default=dict)

    class Meta:
        app_label = "answers"
        indexes = [models.Index(fields=["card", "verdict"], name="feedback_of_card")]

    def __str__(self) -> str:
        return f"{self.verdict}: card {self.card_id}"
