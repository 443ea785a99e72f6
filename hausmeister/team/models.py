"""Tables of the team room."""

from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from hausmeister.team.revision import Watched, WatchedQuerySet
from hausmeister.team.rules import Channel, ListName, Role


class PersonManager(BaseUserManager["Person"]):
    """Makes accounts. Addresses are compared without regard to case."""

    def get_queryset(self) -> WatchedQuerySet["Person"]:
        """Return a queryset whose writes change the revision."""
        return WatchedQuerySet(self.model, using=self._db)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Store a new account; without a password nobody can sign in to it until one is set."""
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person with this address, however it is written."""
        return self.get(email__iexact=username)


class Person(Watched, AbstractBaseUser):
    """A human being and the account in one. Being on duty needs no special right (roles are per team)."""

    id = models.BigAutoField(primary_key=True)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=100)
    zone_name = models.CharField(max_length=60, default="UTC")
    # the installation's admin: keys, people, every team
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(max_length=10, default="system")
    uses_keys = models.BooleanField(default=True)
    # a message before each of their shifts begins and ends
    hears_of_shifts = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects: ClassVar[PersonManager] = PersonManager()

    # the roles as they were when a request began (see permissions.remember_roles); not a column
    roles_now: dict[int, Role] | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            # two accounts for one address would make "who acknowledged" a guess
            models.UniqueConstraint(Lower("email"), name="person_one_account_per_address"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone this person reads clocks in."""
        return ZoneInfo(self.zone_name)

    @property
    def first_name(self) -> str:
        """The first word of the name, for short lists."""
        return self.name.split(" ", maxsplit=1)[0]

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()


class Team(Watched):
    """A team with a rota of its own. Its wall-clock times are read in its zone."""

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    zone_name = models.CharField(max_length=60, default="UTC")
    created_at = models.DateTimeField()

    objects = WatchedQuerySet["Team"].as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the team's duties and working hours."""
        return ZoneInfo(self.zone_name)


class Membership(Watched):
    """A person's part in a team: what they may do there, and how experienced they are."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    # a backstop needs strictly more than the person backed (H2); equal numbers are peers
    experience = models.PositiveSmallIntegerField(default=1)
    takes_duty = models.BooleanField(default=True)
    joined_on = models.DateField()
    left_on = models.DateField(null=True)

    objects = WatchedQuerySet["Membership"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "person"], name="membership_once_per_team"),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.team} ({self.role})"


class ContactMethodQuerySet(WatchedQuerySet["ContactMethod"]):
    """Questions asked of contact methods."""

    def usable(self) -> "ContactMethodQuerySet":
        """Verified and not switched off: what a page may use."""
        return self.filter(verified_at__isnull=False, disabled_at=None)


class ContactMethod(Watched):
    """One way to reach a person. It counts only once its code came back (see `verified_at`)."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="methods")
    channel = models.CharField(max_length=20, choices=[(channel.value, channel.label) for channel in Channel])
    # e-mail address, ntfy topic URL, webhook URL, Slack member id, Opsgenie user name
    address = models.CharField(max_length=500)
    # signs our webhooks; empty for the other channels
    secret = models.CharField(max_length=64, default="")
    verified_at = models.DateTimeField(null=True)
    disabled_at = models.DateTimeField(null=True)
    tested_at = models.DateTimeField(null=True)
    code_hash = models.CharField(max_length=64, default="")
    code_expires_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    objects = ContactMethodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "channel", "address"], name="method_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"{Channel(self.channel).label} of {self.person}"

    @property
    def is_usable(self) -> bool:
        """Whether a page may use it."""
        return self.verified_at is not None and self.disabled_at is None

    @property
    def label(self) -> str:
        """The channel's name as people read it."""
        return Channel(self.channel).label


class Rung(Watched):
    """One rung of a person's own ladder: this method, so many seconds after the person is first called."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="rungs")
    list_name = models.CharField(max_length=10, choices=[(name.value, name.value) for name in ListName])
    after_s = models.PositiveIntegerField()
    method = models.ForeignKey(ContactMethod, on_delete=models.CASCADE, related_name="rungs")
    # a rung added while somebody is being called applies only to what still lies ahead
    added_at = models.DateTimeField()

    objects = WatchedQuerySet["Rung"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "list_name", "after_s", "method"], name="rung_once"),
        ]

    def __str__(self) -> str:
        return f"{self.method} after {self.after_s} s"


class Leave(Watched):
    """Days on which a person is away, both included, counted in the person's own zone."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="leaves")
    starts_on = models.DateField()
    ends_on = models.DateField()
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    objects = WatchedQuerySet["Leave"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="leave_runs_forward", condition=Q(starts_on__lte=models.F("ends_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.person} away {self.starts_on} to {self.ends_on}"


class Source(Watched):
    """Something that sends us alerts, on behalf of one team: an Alertmanager, a script, an Airflow."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    objects = WatchedQuerySet["Source"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="source_name_once_per_team")]

    def __str__(self) -> str:
        return self.name


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Questions asked of keys."""

    def valid(self, now: datetime) -> "ApiKeyQuerySet":
        """Keys that open a door at `now`."""
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))


class ApiKey(models.Model):
    """A key, of which only the hash is kept (S34). It speaks for a source, so it survives its creator."""

    id = models.BigAutoField(primary_key=True)
    key_hash = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="keys")
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"key {self.name} …{self.last_four}"


class PolicyVersion(Watched):
    """One text of a team's policy. The newest is in force; earlier ones are its history."""

    id = models.BigAutoField(primary_key=True)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="policies")
    text = models.TextField()
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    objects = WatchedQuerySet["PolicyVersion"].as_manager()

    def __str__(self) -> str:
        return f"policy {self.pk} of {self.team}"


class Invitation(models.Model):
    """A way in for one address, for 72 hours, once (S17)."""

    id = models.BigAutoField(primary_key=True)
    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=100)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    experience = models.PositiveSmallIntegerField(default=1)
    created_by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation of {self.name} to {self.team}"


class Installation(models.Model):
    """The one row about this installation. Its first admin is made once, whoever asks at the same time (S17)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    created_at = models.DateTimeField()
    is_demo = models.BooleanField(default=False)
    welcome_token_hash = models.CharField(max_length=64, default="")
    first_admin_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # a second row would allow a second first admin
            models.CheckConstraint(name="installation_is_one", condition=Q(id=1)),
        ]

    def __str__(self) -> str:
        return "this installation"
