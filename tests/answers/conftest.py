"""The room's tests: by words alone unless a test asks for the encoder, so that they say the same everywhere."""

import pytest

from hausmeister.answers import encoder
from hausmeister.answers.queries import memory


@pytest.fixture(autouse=True)
def by_words_alone(monkeypatch, request):
    """No encoder, and nothing kept in memory from another test's database."""
    memory.forget()
    if not any(request.node.iter_markers("counterpart")):
        monkeypatch.setattr(encoder, "best", lambda: None)
