"""Whether the policy waits as long for payments to be posted as the mapping says they take."""

from pathlib import Path

from riskpay.decisions.policy import default_policy_text
from riskpay.decisions.policy_file import load_policy
from riskpay.errors import PolicyError
from riskpay.sources.mapping import load_mapping


def lag_warning(home: Path, mapping: str) -> str | None:
    """What to change where the mapping (name or path) has a longer posting lag than the home's policy, else None.

    Training and steps read the policy's ``posting_lag_days``: with a shorter one, items paid and not yet posted
    count as unpaid. Raises MappingError or PolicyError for a file that cannot be used.
    """
    # Read as Home reads it, and not by it: Home imports the registry, whose MLflow would make every load wait.
    file = home / "policy.yaml"
    try:
        policy = load_policy(file.read_text(encoding="utf-8") if file.exists() else default_policy_text())
    except (OSError, UnicodeDecodeError) as failed:
        raise PolicyError(f"{file} cannot be read: {failed}", "give a text file in UTF-8") from failed
    lag = load_mapping(mapping).posting_lag_days
    if lag <= policy.posting_lag_days:
        return None
    return (
        f"payments of this source are known {lag} days after their day, the policy waits {policy.posting_lag_days}: "
        f"write posting_lag_days: {lag} into {file}, or what is paid and not yet posted is chased and learnt as late"
    )
