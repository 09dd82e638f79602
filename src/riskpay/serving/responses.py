"""What every keyed route may answer besides its own answer, for the documentation."""

from typing import Any, Final

from riskpay.serving.problems import MEDIA_TYPE
from riskpay.serving.schemas_lists import ProblemSaid


def _problem(meaning: str) -> dict[str, Any]:
    return {"description": meaning, "model": ProblemSaid, "content": {MEDIA_TYPE: {}}}


PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    400: _problem("The question itself is wrong"),
    401: _problem("No key, or one that opens nothing"),
    404: _problem("Not there"),
    413: _problem("The request is too large"),
    422: _problem("The request does not fit"),
}
