"""Every error riskpay raises on purpose, as one tree.

    RiskpayError
    ├── UsageError          the question itself is wrong (an option, a date, a request)
    ├── DataError           what was brought in cannot be used
    │   ├── SourceError     a file that cannot be read as what it claims to be
    │   ├── MappingError    a mapping file that does not hold together
    │   ├── PolicyError     a policy file that does not hold together
    │   ├── SettingsError   riskpay.toml or an environment variable
    │   └── TooFewLabelsError   not enough settled history to learn from
    └── NotThereError       the thing asked for does not exist (customer, model, ledger, worklist)

Exit codes are given in one table in ``riskpay.cli.exits``, HTTP status codes in one table in
``riskpay.serving.problems``; nothing here knows either. Bad rows are values (see
``riskpay.sources.intake``), never exceptions.
"""


class RiskpayError(Exception):
    """An error with three parts: what came, what is allowed, and what to do next.

    ``message`` says what came and what is allowed; ``hint`` says what to do next.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(RiskpayError):
    """The question itself is wrong."""


class DataError(RiskpayError):
    """What was brought in cannot be used."""


class SourceError(DataError):
    """A file that cannot be read as what it claims to be."""


class MappingError(DataError):
    """A mapping file that does not hold together."""


class PolicyError(DataError):
    """A policy file that does not hold together; ``problems`` lists every fault with its line."""

    def __init__(self, message: str, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint)
        self.problems = problems


class SettingsError(DataError):
    """A setting in riskpay.toml or in the environment that cannot be used."""


class TooFewLabelsError(DataError):
    """Not enough settled history to learn from, or only one kind of outcome."""


class NotThereError(RiskpayError):
    """The thing asked for does not exist."""
