"""Tables of the triage: watched rooms, items, and every message heard."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from hausmeister.base.priority import Priority
from hausmeister.team.models import Person, Team
from hausmeister.triage.rules.states import UNFINISHED, ItemKind, RoomState, RoomUse, Source, State

# the "chat" of what came by mail
MAIL = "mail"


class WatchedRoom(models.Model):
    """A room of the chat that is watched: how far it was read, and whether it can be read at all."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    service = models.CharField(max_length=20)
    # the policy's name of it, without "#"
    name = models.CharField(max_length=120)
    room_id = models.CharField(max_length=120, default="")
    use = models.CharField(max_length=10, default=RoomUse.QUESTIONS)
    # the stamp of the newest message heard, and that message's time
    stamp = models.CharField(max_length=200, default="")
    heard_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default=RoomState.WATCHING)
    problem = models.CharField(max_length=300, default="")
    since_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "service", "name"], name="room_watched_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.name} ({self.service}): {self.state}"


class ItemQuerySet(models.QuerySet["Item"]):
    """Questions asked of items."""

    def unfinished(self) -> "ItemQuerySet":
        """Items whose next word is the team's."""
        return self.filter(closed_at=None, state__in=UNFINISHED)

    def not_closed(self) -> "ItemQuerySet":
        """Items that are not over; those that wait for the asker among them."""
        return self.filter(closed_at=None)

    def oldest_promise_first(self) -> "ItemQuerySet":
        """By due time, those without one last; then the oldest."""
        return self.order_by(F("due_at").asc(nulls_last=True), "opened_at", "id")

    def to_nudge(self, now: datetime) -> "ItemQuerySet":
        """Items whose holder is to be reminded, the most urgent first."""
        return self.filter(nudge_at__lte=now).order_by("nudge_at", "id")

    def to_raise(self, now: datetime) -> "ItemQuerySet":
        """Items whose promise is broken and whose backstop has not heard of it."""
        return self.filter(raise_at__lte=now).order_by("raise_at", "id")

    def unpointed(self) -> "ItemQuerySet":
        """Items for which no earlier answer has been looked for yet, the oldest first."""
        return self.filter(pointed_at=None).order_by("id")


class Item(models.Model):
    """One thing that came in and wants a word: what it is, how far it is, who has it, until when."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="items", db_index=False)
    kind = models.CharField(max_length=12, default=ItemKind.QUESTION)
    # its form does not say whether it is a question at all: one tap does
    is_unsure = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(null=True, choices=[(p.value, p.label) for p in Priority])
    source = models.CharField(max_length=12)
    state = models.CharField(max_length=10, default=State.OPEN)
    title = models.CharField(max_length=200)
    text = models.TextField(default="")
    asker_id = models.CharField(max_length=120, default="")
    asker_name = models.CharField(max_length=120, default="")
    asker_email = models.CharField(max_length=254, default="")
    # where it was said: the chat's ids; "place" is what people read
    service = models.CharField(max_length=20, default="")
    room_id = models.CharField(max_length=120, default="")
    place = models.CharField(max_length=120, default="")
    stamp = models.CharField(max_length=200, default="")
    link = models.CharField(max_length=500, default="")
    # what makes the same alarm, or the same thing taken twice, one item
    key = models.CharField(max_length=200, default="")
    times = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    holder = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    closed_at = models.DateTimeField(null=True)
    closed_by_name = models.CharField(max_length=200, default="")
    reason = models.CharField(max_length=200, default="")
    # the clock that runs: since when, until when, when its holder is reminded, when the backstop hears of it
    clock_since = models.DateTimeField(null=True)
    nudged_at = models.DateTimeField(null=True)
    raised_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    nudge_at = models.DateTimeField(null=True)
    raise_at = models.DateTimeField(null=True)
    # whether earlier answers were looked for, its own was kept as one, which may fit, and which of them is offered
    pointed_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    candidates = models.JSONField(default=list)
    offered = models.PositiveSmallIntegerField(default=0)
    issue = models.BigIntegerField(null=True)
    # the state that the thread was last told, in its words; "" while it was told nothing
    told = models.CharField(max_length=300, default="")
    # what the last act changed, for whoever takes it back
    before = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ItemQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["team", "due_at"], name="item_not_closed", condition=Q(closed_at=None)),
            models.Index(fields=["nudge_at"], name="item_to_nudge", condition=Q(nudge_at__isnull=False)),
            models.Index(fields=["raise_at"], name="item_to_raise", condition=Q(raise_at__isnull=False)),
            models.Index(fields=["id"], name="item_unpointed", condition=Q(pointed_at=None)),
            models.Index(fields=["reason"], name="item_unkept", condition=Q(kept_at=None, closed_at__isnull=False)),
            models.Index(fields=["team", "service", "room_id", "asker_id", "asked_at"], name="item_of_asker"),
            models.Index(fields=["team", "closed_at"], name="item_closed", condition=Q(closed_at__isnull=False)),
        ]
        constraints = [
            # one message opens one item, whoever hears it first
            models.UniqueConstraint(
                fields=["team", "service", "room_id", "stamp"], name="item_once_per_message", condition=~Q(stamp="")
            ),
            # an alarm that is posted again counts up; two open items for it would be worked on twice
            models.UniqueConstraint(
                fields=["team", "key"], name="item_once_per_key", condition=Q(closed_at=None) & ~Q(key="")
            ),
            # an item that is over reminds nobody, and says why it is over
            models.CheckConstraint(
                name="item_closed_is_over",
                condition=(~Q(state=State.CLOSED) & Q(closed_at=None))
                | (Q(state=State.CLOSED, closed_at__isnull=False, nudge_at=None, raise_at=None) & ~Q(reason="")),
            ),
            # "claimed" without anybody would look taken care of
            models.CheckConstraint(
                name="item_claimed_has_holder",
                condition=~Q(state=State.CLAIMED) | Q(holder__isnull=False, claimed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="item_open_has_none", condition=~Q(state=State.OPEN) | Q(holder=None, claimed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}: {self.title}"

    @property
    def subject(self) -> str:
        """The item's name in journal and outbox."""
        return f"item:{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.state != State.CLOSED

    @property
    def sort(self) -> ItemKind:
        """The kind, with its words."""
        return ItemKind(self.kind)

    @property
    def is_in_chat(self) -> bool:
        """Whether there is a thread in a chat to answer in."""
        return bool(self.service and self.stamp) and self.service != MAIL

    @property
    def is_by_mail(self) -> bool:
        """Whether a letter opened it: what there is to say goes back as an answer to that letter."""
        return self.service == MAIL

    @property
    def way(self) -> Source:
        """Which way it came."""
        return Source(self.source)


class Said(models.Model):
    """One message heard, whole; `item` is None while it belongs to none. A removed one keeps its place and no text."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey(Item, null=True, on_delete=models.CASCADE, related_name="said")
    service = models.CharField(max_length=20)
    room_id = models.CharField(max_length=120)
    stamp = models.CharField(max_length=200)
    thread = models.CharField(max_length=200, default="")
    author_id = models.CharField(max_length=120)
    author_name = models.CharField(max_length=120)
    # who of the team wrote it, None for everybody else
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    is_bot = models.BooleanField(default=False)
    text = models.TextField(default="")
    link = models.CharField(max_length=500, default="")
    at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # a chat delivers at least once; a message counts once
            models.UniqueConstraint(fields=["team", "service", "room_id", "stamp"], name="said_once"),
        ]
        indexes = [
            models.Index(
                fields=["team", "service", "room_id", "thread"], name="said_in_thread", condition=~Q(thread="")
            ),
            models.Index(fields=["team", "service", "room_id", "at"], name="said_in_room"),
            models.Index(fields=["at"], name="said_beside", condition=Q(item=None)),
        ]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text[:60]}"


class Verdict(models.Model):
    """What somebody said of an earlier answer that was offered; `told_at` is when the answers room learned of it."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="verdicts")
    card = models.CharField(max_length=100)
    fits = models.BooleanField()
    by_name = models.CharField(max_length=200)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # the last word of an item on a card counts, and counts once
            models.UniqueConstraint(fields=["item", "card"], name="verdict_once_per_card"),
        ]
        indexes = [models.Index(fields=["id"], name="verdict_untold", condition=Q(told_at=None))]

    def __str__(self) -> str:
        return f"{self.card} {'fits' if self.fits else 'does not fit'} item {self.item_id}"


class Hint(models.Model):
    """The backstop was suggested to somebody for something they hold (L3); once for each reason and span of holding."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    # "page:12" or "item:3"
    subject = models.CharField(max_length=80)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=20)
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    # since when the person held it: a new span may be told anew
    since_at = models.DateTimeField()
    over_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "person", "reason", "since_at"], name="hint_once"),
        ]
        indexes = [models.Index(fields=["person"], name="hint_standing", condition=Q(over_at=None))]

    def __str__(self) -> str:
        return f"{self.person}: {self.reason} ({self.subject})"

    @property
    def page_id(self) -> int | None:
        """The page it is about, None for an item."""
        kind, _, number = self.subject.partition(":")
        return int(number) if kind == "page" else None

    @property
    def path(self) -> str:
        """The screen of what it is about."""
        kind, _, number = self.subject.partition(":")
        return f"/{'pages' if kind == 'page' else 'triage'}/{number}"
