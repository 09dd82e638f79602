"""The one table from errors to exit codes."""

from typing import Final

from riskpay.errors import DataError, NotThereError, RiskpayError, UsageError

DONE: Final = 0
BUG: Final = 1
BAD_USAGE: Final = 2
BAD_DATA: Final = 3
NOT_THERE: Final = 4
ALARM: Final = 5
INTERRUPTED: Final = 130
READER_GONE: Final = 141

EXIT_CODES: Final[dict[type[RiskpayError], int]] = {
    UsageError: BAD_USAGE,
    DataError: BAD_DATA,
    NotThereError: NOT_THERE,
}

MEANINGS: Final = {
    DONE: "done",
    BUG: "a bug in riskpay",
    BAD_USAGE: "bad usage: an option, a date, a question that cannot be asked",
    BAD_DATA: "bad data, policy or settings; also a policy with faults, a feature that looks ahead",
    NOT_THERE: "what was asked for is not there",
    ALARM: "done, and what was looked at is an alarm (`riskpay monitor`)",
    INTERRUPTED: "stopped with Ctrl-C",
    READER_GONE: "the reader of the output went away",
}


def exit_code(error: BaseException) -> int:
    """The exit code of an error: that of its nearest class in the table, else 1."""
    return next((EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES), BUG)
