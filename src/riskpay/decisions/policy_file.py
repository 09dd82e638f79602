"""A policy from its file: read, filled up from the default, and checked whole, every fault with its line."""

from collections.abc import Mapping

from riskpay import yamlfile
from riskpay.decisions.policy import Policy
from riskpay.decisions.policy_checks import Fault, contradictions
from riskpay.errors import PolicyError


def load_policy(text: str) -> Policy:
    """The policy a YAML text describes; raises PolicyError whose ``problems`` name every fault with its line."""
    try:
        policy = yamlfile.read(text, Policy)
    except yamlfile.YamlFaultError as fault:
        raise _refused(fault.problems) from fault
    lines = yamlfile.lines_of(text)
    problems = tuple(_said(fault, lines) for fault in contradictions(policy))
    if problems:
        raise _refused(problems)
    return policy


def _said(fault: Fault, lines: Mapping[yamlfile.Path, int]) -> str:
    """A fault at its line; of two places that contradict each other, the one that the text has."""
    path = fault.other if fault.path not in lines and fault.other in lines else fault.path
    return f"line {yamlfile.line_of(lines, path)}: {'.'.join(map(str, path))}: {fault.text}"


def _refused(problems: tuple[str, ...]) -> PolicyError:
    shown = "\n".join(problems)
    return PolicyError(
        f"the policy has {len(problems)} fault{'s' if len(problems) > 1 else ''}:\n{shown}",
        "mend the lines named and check again with: riskpay policy check",
        problems,
    )
