"""Words of the planner for templates."""

from django import template
from django.utils.translation import gettext as _

from hausmeister.rota.planning.rules.states import Flavour
from hausmeister.web import plan_words, plancharts

register = template.Library()


@register.filter
def flavour_words(value: str) -> str:
    """Write how much of what is published a plan may change."""
    return str(plan_words.FLAVOURS[Flavour(value)])


@register.filter
def tenths(value: int | None) -> str:
    """Write tenths of a duty as a deviation: "+1.2"; a dash for who cannot hold that duty."""
    return "–" if value is None else plancharts.tenths(value)


@register.filter
def duties(value: int | None) -> str:
    """Write tenths of a duty as a number of duties: "4.8"; a dash for who cannot hold that duty."""
    return "–" if value is None else f"{value / 10:.1f}".removesuffix(".0")


@register.filter
def weeks_share(value: int) -> str:
    """Write a share (percent times weeks) in full weeks: "41.6"."""
    return f"{value / 100:.1f}".removesuffix(".0")


@register.filter
def firm(value: str) -> str:
    """Write how firm a week is."""
    words = {"frozen": _("frozen"), "published": _("published"), "tentative": _("tentative"), "over": _("over")}
    return words[str(value)]


@register.simple_tag
def heading_of(table: plancharts.Table, place: int) -> str:
    """Write the heading of a column, counted from 0."""
    return table.headings[place]
