"""What leads and admins do with people: change what they are in a team, invite, part, end an account."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from hausmeister.base import chance
from hausmeister.journal import operations as journal
from hausmeister.journal.rules import Actor, Fact
from hausmeister.outbox import operations as outbox
from hausmeister.outbox.operations import Draft
from hausmeister.team import operations as team
from hausmeister.team.models import Invitation, Membership, Person, Team
from hausmeister.team.operations import sessions
from hausmeister.team.rules import Channel, Role


class LastAdmin(Exception):
    """The last admin cannot be removed: nobody could let anybody in again (S33)."""


class LastLead(Exception):
    """A team must keep one lead: somebody has to settle its rota."""


@transaction.atomic
def change_member(
    membership: Membership, *, role: Role, experience: int, takes_duty: bool, by: Actor, now: datetime
) -> None:
    """Change what a person is in a team; the next request of theirs finds the new rights.

    The rota's operation of the same name also settles the duties; call that one. Raises LastLead.
    """
    if membership.role == Role.LEAD and role is not Role.LEAD:
        _keep_a_lead(membership)
    before = {"role": membership.role, "experience": membership.experience, "takes_duty": membership.takes_duty}
    membership.role, membership.experience = role.value, experience
    membership.takes_duty = takes_duty and role is not Role.VIEWER
    membership.save(update_fields=["role", "experience", "takes_duty"])
    after = {"role": membership.role, "experience": experience, "takes_duty": membership.takes_duty}
    facts = {"name": membership.person.name, "before": before, "after": after}
    journal.record(Fact(now, "member.changed", f"person:{membership.person_id}", by, membership.team_id, facts))


def _keep_a_lead(membership: Membership) -> None:
    others = Membership.objects.filter(team_id=membership.team_id, role=Role.LEAD, left_on=None, person__is_active=True)
    if not others.exclude(pk=membership.pk).exists():
        raise LastLead


@transaction.atomic
def part(membership: Membership, *, on: date, by: Actor, now: datetime) -> None:
    """End a person's part in a team; the account stays. Raises LastLead."""
    if membership.role == Role.LEAD:
        _keep_a_lead(membership)
    membership.left_on = on
    membership.save(update_fields=["left_on"])
    facts = {"name": membership.person.name}
    journal.record(Fact(now, "member.left", f"person:{membership.person_id}", by, membership.team_id, facts))


@transaction.atomic
def deactivate(person: Person, *, by: Actor, now: datetime) -> None:
    """End an account: sessions, links and calls to this person stop in this transaction. History keeps the name.

    Raises LastAdmin.
    """
    if person.is_admin and not Person.objects.filter(is_admin=True, is_active=True).exclude(pk=person.pk).exists():
        raise LastAdmin
    Person.objects.filter(pk=person.pk).update(is_active=False)
    person.is_active = False
    sessions.end_all(person)
    # nor do they come back by an invitation: neither one to them, nor one that they sent
    waiting = Invitation.objects.filter(used_at=None, expires_at__gt=now)
    waiting.filter(Q(created_by=person) | Q(email__iexact=person.email)).update(expires_at=now)
    journal.record(Fact(now, "person.deactivated", f"person:{person.pk}", by, None, {"name": person.name}))


@transaction.atomic
def reactivate(person: Person, *, by: Actor, now: datetime) -> None:
    """Let an account in again."""
    Person.objects.filter(pk=person.pk).update(is_active=True)
    person.is_active = True
    journal.record(Fact(now, "person.reactivated", f"person:{person.pk}", by, None, {"name": person.name}))


@transaction.atomic
def invite_by_mail(of: Team, *, email: str, name: str, role: Role, experience: int, by: Person, now: datetime) -> str:
    """Invite somebody, and send the invitation to their address. Returns its link, to be shown to nobody else."""
    actor = team.as_actor(by)
    token = team.invite(team=of, email=email, name=name, role=role, experience=experience, by=actor, now=now, person=by)
    link = f"{settings.HAUSMEISTER_BASE_URL}/invitation/{token}"
    text = _(
        "Hello %(name)s,\n\n%(by)s invites you to %(team)s in Hausmeister. Choose a password here:\n\n%(link)s\n\n"
        "The link works once, for three days."
    ) % {"name": name, "by": by.name, "team": of.name, "link": link}
    outbox.enqueue(
        [
            letter(
                email, subject=_("You are invited to %(team)s in Hausmeister") % {"team": of.name}, text=text, now=now
            )
        ],
        now=now,
    )
    return link


def letter(to: str, *, subject: str, text: str, now: datetime, html: str = "") -> Draft:
    """Return a mail to `to` that is about no page."""
    facts = {"subject": subject, "text": text, **({"html": html} if html else {})}
    return Draft(
        channel=Channel.EMAIL.value,
        kind="mail",
        subject="mail",
        dedup_key=f"mail-{chance.text(24)}",
        to={"channel": Channel.EMAIL.value, "address": to},
        facts=facts,
        due_at=now,
        urgency=1,
    )


@transaction.atomic
def enroll(of: Team, *, name: str, email: str, experience: int, by: Person, now: datetime) -> str:
    """Put somebody on the team's rota at once, and invite them; they cannot sign in before they accept.

    Their address is a contact method that does not count until they have proved it. Returns the invitation's
    link, to be shown to nobody but whoever invites.
    """
    actor = team.as_actor(by)
    person = Person.objects.filter(email__iexact=email).first()
    if person is None:
        person = team.make_person(email=email, name=name, zone_name=of.zone_name, by=actor, now=now)
        team.add_method(person, channel=Channel.EMAIL, address=person.email, by=actor, now=now)
    joined_on = now.astimezone(of.zone).date()
    team.join(of, person, role=Role.RESPONDER, experience=experience, joined_on=joined_on, by=actor, now=now)
    return invite_by_mail(of, email=person.email, name=name, role=Role.RESPONDER, experience=experience, by=by, now=now)
