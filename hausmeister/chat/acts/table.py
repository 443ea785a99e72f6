"""Every act by its name, and the one way to have one done."""

from collections.abc import Callable
from dataclasses import replace

from hausmeister.base import log
from hausmeister.base.untrusted import one_line
from hausmeister.chat import accounts
from hausmeister.chat.acts import cover, handing_over, incidents, items, pages, recurring
from hausmeister.chat.acts.act import Act, CannotDo
from hausmeister.chat.shapes import Answer, Asked, Call, Form, refused, said
from hausmeister.team.models import Person
from hausmeister.team.permissions import NotAllowed

_log = log.get(__name__)

ACTS: dict[str, Act] = {
    one.name: one for one in (*pages.ACTS, *cover.ACTS, *handing_over.ACTS, *recurring.ACTS, *incidents.ACTS)
}
# each room's words for what people can expect to go wrong
PROBLEMS = (pages.problem, cover.problem, handing_over.problem, recurring.problem, incidents.problem)


def press(name: str, asked: Asked) -> Answer | Form:
    """Return what happened when the button `name` was pressed, or the form that it asks first."""
    if name.startswith(items.PREFIX):
        return items.pressed(name, asked)
    act = ACTS.get(name)
    if act is None:
        return _unknown(name)
    if act.form is not None and not asked.given:
        form = act.form
        return attempt(asked, lambda person: form(Call(asked, person)))
    return perform(name, asked)


def perform(name: str, asked: Asked) -> Answer | Form:
    """Return what happened when the act `name` was done with what a form held."""
    act = ACTS.get(name)
    if act is None:
        return _unknown(name)
    return attempt(asked, lambda person: act.perform(Call(asked, person)))


def open_form(name: str, asked: Asked, **given: str) -> Answer | Form:
    """Return the form of the act `name`, with some fields filled in."""
    act = ACTS[name]
    form = act.form
    if form is None:
        raise LookupError(f"the act {name} has no form")
    return attempt(asked, lambda person: form(Call(replace(asked, given=given), person)))


def _unknown(name: str) -> Answer:
    _log.warning("chat.unknown_act", act=one_line(name, 60))
    return said("This button is of another version of Hausmeister; look at the page itself.")


def attempt(asked: Asked, work: Callable[[Person], Answer | Form]) -> Answer | Form:
    """Do `work` in the name of whoever asked; what people can expect to go wrong becomes a sentence."""
    person = accounts.person_of(asked.member)
    if person is None:
        return accounts.how_to_link(asked.member)
    try:
        return work(person)
    except (CannotDo, NotAllowed) as error:
        return refused(str(error))
    except Exception as error:
        words = next(filter(None, (told(error) for told in PROBLEMS)), "")
        if not words:
            raise
        return refused(words)
