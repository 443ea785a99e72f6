"""The tests of the screens send mail as the product does: through the outbox."""

import pytest


@pytest.fixture(autouse=True)
def _mail_goes_through_the_outbox(settings):  # type: ignore[no-untyped-def]
    # Django's own test runner puts another backend in its place
    settings.EMAIL_BACKEND = "hausmeister.web.mail.OutboxBackend"
