"""What the tests of the service share."""

import pytest

from riskpay.serving.testing import fill
from riskpay.store.database import Store


@pytest.fixture
def store(tmp_path):
    """A store with the lists, plans and facts of ``fill``."""
    with Store(tmp_path / "store.db") as opened:
        fill(opened)
        yield opened
