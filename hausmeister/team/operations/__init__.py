"""Changes to people, keys and policy. One transaction each; each is told in the journal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from hausmeister.base import chance, signing
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.team import queries
from hausmeister.team.models import (
    ApiKey,
    ContactMethod,
    Installation,
    Invitation,
    Leave,
    Membership,
    Person,
    PolicyVersion,
    Rung,
    Source,
    Team,
)
from hausmeister.team.policy import reading
from hausmeister.team.rules import (
    CODE_DIGITS,
    CODE_LIFE,
    CODE_TRIES,
    INVITATION_LIFE,
    KEY_LENGTH,
    KEY_PREFIX,
    Channel,
    ListName,
    Role,
    Scope,
    masked,
    wrong_with_days,
)


class LeaveRefused(Exception):
    """The days away run backwards, or reach no year of ours; the text says what came and what is allowed."""


class WrongCode(Exception):
    """The code is not the one that was sent."""


class CodeIsVoid(Exception):
    """The code ran out, or was guessed at too often; a new one must be sent."""


class TokenIsVoid(Exception):
    """An invitation or welcome token is unknown, used or too old."""


class AccountIsThere(Exception):
    """Somebody made the account a moment before; its own password opens it, not the one that came with this."""


class PolicyMoved(Exception):
    """Somebody changed the policy since it was read."""


def as_actor(person: Person) -> Actor:
    """Return `person` as the journal names them."""
    return Actor("person", person.pk, person.name)


# ---- people and teams ----


@transaction.atomic
def make_team(*, slug: str, name: str, zone_name: str, by: Actor, now: datetime) -> Team:
    """Store a new team. It lives by the default policy until it gets one of its own."""
    team = Team.objects.create(slug=slug, name=name, zone_name=zone_name, created_at=now)
    journal.record(Fact(now, "team.made", f"team:{team.pk}", by, team.pk, {"name": name}))
    return team


@transaction.atomic
def make_person(
    *,
    email: str,
    name: str,
    zone_name: str,
    by: Actor,
    now: datetime,
    password: str | None = None,
    is_admin: bool = False,
) -> Person:
    """Store a new account. Raises IntegrityError when the address has one already."""
    person = Person.objects.create_user(
        email, password, name=name, zone_name=zone_name, is_admin=is_admin, created_at=now
    )
    journal.record(Fact(now, "person.made", f"person:{person.pk}", by, None, {"name": name, "admin": is_admin}))
    return person


@transaction.atomic
def join(
    team: Team,
    person: Person,
    *,
    role: Role,
    experience: int,
    joined_on: date,
    by: Actor,
    now: datetime,
    takes_duty: bool = True,
) -> Membership:
    """Make `person` a member of `team`, or change what they are there."""
    membership, _ = Membership.objects.update_or_create(
        team=team,
        person=person,
        defaults={
            "role": role,
            "experience": experience,
            "takes_duty": takes_duty and role is not Role.VIEWER,
            "joined_on": joined_on,
            "left_on": None,
        },
    )
    facts = {"name": person.name, "role": role.value, "experience": experience}
    journal.record(Fact(now, "member.joined", f"person:{person.pk}", by, team.pk, facts))
    return membership


# ---- contact methods and ladders ----


@transaction.atomic
def add_method(
    person: Person, *, channel: Channel, address: str, by: Actor, now: datetime, verified: bool = False
) -> ContactMethod:
    """Store a way to reach `person`. It counts once it is verified (see `send_code`).

    Raises IntegrityError when the person has it already.
    """
    secret = chance.text(40) if channel is Channel.WEBHOOK else ""
    method = ContactMethod.objects.create(
        person=person,
        channel=channel,
        address=address,
        secret=secret,
        verified_at=now if verified else None,
        created_at=now,
    )
    facts = {"channel": channel.value, "address": masked(channel, address)}
    journal.record(Fact(now, "method.added", f"person:{person.pk}", by, None, facts))
    return method


@transaction.atomic
def remove_method(method: ContactMethod, *, by: Actor, now: datetime) -> None:
    """Remove a way to reach somebody, with its rungs; links sent by it stop working."""
    facts = {"channel": method.channel, "address": masked(Channel(method.channel), method.address)}
    journal.record(Fact(now, "method.removed", f"person:{method.person_id}", by, None, facts))
    method.delete()


@transaction.atomic
def send_code(method: ContactMethod, *, now: datetime) -> None:
    """Send a fresh code to `method`; an earlier one is void from now on."""
    code = chance.digits(CODE_DIGITS)
    ContactMethod.objects.filter(pk=method.pk).update_quietly(
        code_hash=signing.sha256_hex(f"{method.pk}:{code}"), code_expires_at=now + CODE_LIFE, code_tries=0
    )
    subject = f"method:{method.pk}"
    outbox.cancel([subject], now=now)
    draft = Draft(
        channel=method.channel,
        kind="code",
        subject=subject,
        dedup_key=f"code-{method.pk}-{chance.text(12)}",
        to=queries.address_of(method),
        facts={"code": code, "person": method.person.name, "minutes": int(CODE_LIFE.total_seconds() // 60)},
        due_at=now,
        person_id=method.person_id,
        method_id=method.pk,
        urgency=1,
    )
    outbox.enqueue([draft], now=now)


@transaction.atomic
def verify(method: ContactMethod, *, code: str, by: Actor, now: datetime) -> None:
    """Count `method` from now on, if `code` is the one that was sent.

    Raises WrongCode, or CodeIsVoid after ten minutes or five wrong tries.
    """
    row = ContactMethod.objects.select_for_update().get(pk=method.pk)
    if not row.code_hash or row.code_expires_at is None or row.code_expires_at <= now or row.code_tries >= CODE_TRIES:
        raise CodeIsVoid
    if not signing.same(row.code_hash, signing.sha256_hex(f"{row.pk}:{code.strip()}")):
        raise WrongCode
    ContactMethod.objects.filter(pk=method.pk).update(
        verified_at=now, tested_at=now, code_hash="", code_expires_at=None, code_tries=0
    )
    facts = {"channel": row.channel, "address": masked(Channel(row.channel), row.address)}
    journal.record(Fact(now, "method.verified", f"person:{row.person_id}", by, None, facts))


@transaction.atomic
def count_wrong_code(method: ContactMethod) -> int:
    """Count one wrong try, in a transaction of its own; return how many are left."""
    row = ContactMethod.objects.select_for_update().get(pk=method.pk)
    tries = min(row.code_tries + 1, CODE_TRIES)
    ContactMethod.objects.filter(pk=row.pk).update_quietly(code_tries=tries)
    return CODE_TRIES - tries


@transaction.atomic
def set_ladder(
    person: Person, list_name: ListName, rungs: Sequence[tuple[int, int]], *, by: Actor, now: datetime
) -> None:
    """Make the person's own ladder `rungs`: (seconds after the call, method id), each once.

    A rung that stays keeps the time it was added, so that people being called now see no change by it.
    Raises ContactMethod.DoesNotExist when a method is not the person's.
    """
    own = set(ContactMethod.objects.filter(person=person).values_list("id", flat=True))
    wanted = set(rungs)
    if not {method_id for _, method_id in wanted} <= own:
        raise ContactMethod.DoesNotExist("A rung can only use a contact method of one's own.")
    kept: set[tuple[int, int]] = set()
    for rung in Rung.objects.filter(person=person, list_name=list_name):
        if (rung.after_s, rung.method_id) in wanted:
            kept.add((rung.after_s, rung.method_id))
        else:
            rung.delete()
    Rung.objects.bulk_create(
        Rung(person=person, list_name=list_name, after_s=after_s, method_id=method_id, added_at=now)
        for after_s, method_id in sorted(wanted - kept)
    )
    facts = {"list": list_name.value, "rungs": sorted(wanted)}
    journal.record(Fact(now, "ladder.set", f"person:{person.pk}", by, None, facts))


# ---- leave ----


@transaction.atomic
def record_leave(person: Person, *, starts_on: date, ends_on: date, by: Actor, now: datetime) -> Leave:
    """Store days away. The rota's own operation of the same name also settles the duties; call that one.

    Raises LeaveRefused.
    """
    wrong = wrong_with_days(starts_on, ends_on)
    if wrong:
        raise LeaveRefused(wrong)
    leave = Leave.objects.create(person=person, starts_on=starts_on, ends_on=ends_on, created_at=now)
    facts = {"from": starts_on.isoformat(), "to": ends_on.isoformat()}
    journal.record(Fact(now, "leave.recorded", f"person:{person.pk}", by, None, facts))
    return leave


# ---- sources and keys ----


@dataclass(frozen=True)
class NewKey:
    """A key just made: the one time its text can be seen."""

    key: ApiKey
    text: str


@transaction.atomic
def make_source(team: Team, *, name: str, by: Actor, now: datetime) -> Source:
    """Return the team's source of that name, which is made when it is new."""
    source, is_new = Source.objects.get_or_create(team=team, name=name[:100], defaults={"created_at": now})
    if is_new:
        journal.record(Fact(now, "source.made", f"source:{source.pk}", by, team.pk, {"name": source.name}))
    return source


@transaction.atomic
def make_key(
    *,
    team: Team,
    name: str,
    source_name: str,
    scopes: Sequence[Scope],
    by: Actor,
    now: datetime,
    created_by: Person | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """Make a key for the team's source of that name, which is made when it is new."""
    source = make_source(team, name=source_name, by=by, now=now)
    text = KEY_PREFIX + chance.text(KEY_LENGTH - len(KEY_PREFIX))
    key = ApiKey.objects.create(
        key_hash=signing.sha256_hex(text),
        last_four=text[-4:],
        name=name,
        scopes=[scope.value for scope in scopes],
        source=source,
        created_by=created_by,
        created_at=now,
        expires_at=expires_at,
    )
    facts = {"name": name, "source": source_name, "scopes": key.scopes, "ends": f"…{key.last_four}"}
    journal.record(Fact(now, "key.made", f"source:{source.pk}", by, team.pk, facts))
    return NewKey(key, text)


@transaction.atomic
def revoke_key(key: ApiKey, *, by: Actor, now: datetime) -> None:
    """End a key. Every node feels it within five seconds. A second revocation changes nothing."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
        facts = {"name": key.name, "ends": f"…{key.last_four}"}
        journal.record(Fact(now, "key.revoked", f"source:{key.source_id}", by, key.source.team_id, facts))


# ---- policy ----


@transaction.atomic
def apply_policy(
    team: Team,
    *,
    text: str,
    file: str,
    by: Actor,
    now: datetime,
    person: Person | None = None,
    based_on: int | None = None,
) -> PolicyVersion:
    """Put a new policy in force for `team`, whole.

    `based_on` is the version the author read; None skips the check. Raises BadPolicy with every problem,
    PolicyMoved when another version came in between.
    """
    reading.read(text, file=file)
    newest = PolicyVersion.objects.select_for_update().filter(team=team).order_by("-id").first()
    if based_on is not None and based_on != (newest.pk if newest else 0):
        raise PolicyMoved
    version = PolicyVersion.objects.create(team=team, text=text, created_by=person, created_at=now)
    journal.record(Fact(now, "policy.applied", f"team:{team.pk}", by, team.pk, {"version": version.pk}))
    return version


# ---- ways in ----


@transaction.atomic
def invite(
    *,
    team: Team,
    email: str,
    name: str,
    role: Role,
    experience: int,
    by: Actor,
    now: datetime,
    person: Person | None,
) -> str:
    """Store an invitation and return its token, the one time it can be seen."""
    token = chance.text(32)
    Invitation.objects.create(
        token_hash=signing.sha256_hex(token),
        email=email,
        name=name,
        team=team,
        role=role,
        experience=experience,
        created_by=person,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    journal.record(Fact(now, "person.invited", f"team:{team.pk}", by, team.pk, {"name": name, "role": role.value}))
    return token


@transaction.atomic
def accept_invitation(token: str, *, password: str, zone_name: str, now: datetime) -> Person:
    """Make the account that an invitation promises, and use the invitation up.

    `password` and `zone_name` are for a new account, "" for somebody who has one. Raises TokenIsVoid when the
    invitation is unknown, used or too old, or its account has ended; AccountIsThere, and the invitation stays, when
    a password came for an account that has one. Two at once make one account.
    """
    waiting = Invitation.objects.filter(token_hash=signing.sha256_hex(token), used_at=None, expires_at__gt=now)
    if not waiting.update(used_at=now):
        raise TokenIsVoid
    invitation = Invitation.objects.select_related("team").get(token_hash=signing.sha256_hex(token))
    by = Actor("person", None, invitation.name)
    person = Person.objects.filter(email__iexact=invitation.email).first()
    if person is None:
        person = _invited(invitation, password=password, zone_name=zone_name, by=by, now=now)
    elif not person.is_active:
        raise TokenIsVoid
    elif person.has_usable_password():
        if password:
            raise AccountIsThere
    else:
        # made by somebody else before: the invitation is how this person gets in for the first time
        person.set_password(password)
        person.zone_name = zone_name
        person.save(update_fields=["password", "zone_name"])
    join(
        invitation.team,
        person,
        role=Role(invitation.role),
        experience=invitation.experience,
        joined_on=now.astimezone(invitation.team.zone).date(),
        by=as_actor(person),
        now=now,
    )
    # the invitation reached this address by mail: proof enough that it works; handed over by hand it proves nothing
    proved_at = now if settings.HAUSMEISTER_EMAIL is not None else None
    method, _ = ContactMethod.objects.get_or_create(
        person=person,
        channel=Channel.EMAIL,
        address=invitation.email,
        defaults={"verified_at": proved_at, "created_at": now},
    )
    ContactMethod.objects.filter(pk=method.pk, verified_at=None).update(verified_at=proved_at)
    return person


def _invited(invitation: Invitation, *, password: str, zone_name: str, by: Actor, now: datetime) -> Person:
    try:
        return make_person(
            email=invitation.email, name=invitation.name, zone_name=zone_name, by=by, now=now, password=password
        )
    except IntegrityError as error:
        raise AccountIsThere from error


@transaction.atomic
def open_welcome(*, now: datetime) -> str | None:
    """Return a fresh one-time token for making the first admin, None when there is one already."""
    Installation.objects.get_or_create(id=1, defaults={"created_at": now})
    token = chance.text(32)
    opened = Installation.objects.filter(id=1, first_admin_at=None).update(welcome_token_hash=signing.sha256_hex(token))
    return token if opened else None


@transaction.atomic
def make_first_admin(token: str, *, email: str, name: str, zone_name: str, password: str, now: datetime) -> Person:
    """Make the first admin, once. Raises TokenIsVoid; two requests at once make one admin (S17)."""
    mine = Installation.objects.filter(id=1, first_admin_at=None, welcome_token_hash=signing.sha256_hex(token)).exclude(
        welcome_token_hash=""
    )
    if not mine.update(first_admin_at=now, welcome_token_hash=""):
        raise TokenIsVoid
    by = Actor("person", None, name)
    person = make_person(email=email, name=name, zone_name=zone_name, by=by, now=now, password=password, is_admin=True)
    add_method(person, channel=Channel.EMAIL, address=person.email, by=as_actor(person), now=now)
    return person


@transaction.atomic
def mark_demo(*, now: datetime) -> None:
    """Say that this installation holds the demo team; its first admin is made with it."""
    Installation.objects.update_or_create(
        id=1, defaults={"created_at": now, "is_demo": True, "first_admin_at": now, "welcome_token_hash": ""}
    )
