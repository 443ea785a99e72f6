"""Form fields that several screens use."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hausmeister.base.wall_time import zone_named
from hausmeister.web import moments

LARGEST_NUMBER = 2**63 - 1


def whole_number(text: str) -> int | None:
    """Return the number that a field without a form of its own holds, None for what no table could hold."""
    # twenty digits are more than the largest has; reading thousands of them is refused by Python itself
    if not (text.isascii() and text.isdecimal()) or len(text) > 20:
        return None
    number = int(text)
    return number if number <= LARGEST_NUMBER else None


class LocalMoment(forms.CharField):
    """A date and a time on the viewer's own clock; becomes an instant in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"type": "datetime-local"}), **kwargs)
        self.zone: ZoneInfo = ZoneInfo("UTC")

    def clean(self, value: Any) -> Any:
        """Return the instant. Raises ValidationError."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return moments.local(text, zone=self.zone).astimezone(UTC)
        except moments.NotAMoment as error:
            raise ValidationError(_("Write a date and a time, such as 2026-11-27 17:00.")) from error

    def prepare_value(self, value: Any) -> Any:
        """Return what the field holds when it is drawn."""
        return moments.as_field(value, zone=self.zone) if isinstance(value, datetime) else value


class ZoneField(forms.CharField):
    """The name of a time zone, such as Europe/Berlin."""

    def clean(self, value: Any) -> Any:
        """Return the name. Raises ValidationError when there is no such zone."""
        text = super().clean(value)
        try:
            zone_named(text)
        except ValueError as error:
            raise ValidationError(_("There is no time zone of this name; write for example Europe/Berlin.")) from error
        return text
