"""The reference of the policy file, rendered from the declarations themselves."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from riskpay.decisions.policy import Policy, default_policy_text
from riskpay.decisions.policy_file import load_policy
from riskpay.decisions.policy_ladders import Steps

_HEAD = """# The policy file

`policy.yaml` in the home holds what a credit manager decides. Copy the default, change it, and check it with
`riskpay policy check`. What a copy leaves out keeps its default; a key that is not listed here is a fault. Amounts
are decimal, in the reporting currency unless the key says otherwise. The figures for compliance are data, not legal
advice.

| key | default | meaning |
|---|---|---|
"""


def render() -> str:
    """docs/policy.md: every key of the policy with its default and meaning, then the seven ladders."""
    policy = load_policy(default_policy_text())
    rows = "".join(f"| `{key}` | {default} | {meaning} |\n" for key, default, meaning in _rows(Policy, policy, ""))
    return f"{_HEAD}{rows}\n{_ladders(policy)}"


def _rows(model: type[BaseModel], value: BaseModel | None, path: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        inner = _model_of(field)
        held = getattr(value, name) if value is not None else None
        listed = inner is not None and not isinstance(held, BaseModel)
        key = f"{path}{name}{'[]' if listed else ''}"
        yield key, "" if inner else _shown(held, field, known=value is not None), field.description or ""
        if inner is not None and not _told_before(name, path):
            yield from _rows(inner, held if isinstance(held, BaseModel) else None, f"{key}.")


def _told_before(name: str, path: str) -> bool:
    """Steps of every ladder have the same keys, and so have the responses of every segment: the first is enough."""
    section = path.rstrip(".")
    return (section in {"ladders", "response"} and name != "natural_person") or (
        section == "response.natural_person" and name != "email"
    )


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    kinds = (field.annotation, *getattr(field.annotation, "__args__", ()))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _shown(value: object, field: FieldInfo, *, known: bool) -> str:
    if not known:
        return "required" if field.is_required() else f"`{_text(field.default)}`"
    return f"`{_text(value)}`"


def _text(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(held)}" for key, held in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_text(held) for held in value) + "]"
    return str(value)


def _ladders(policy: Policy) -> str:
    parts = [_ladder(name, getattr(policy.ladders, name)) for name in type(policy.ladders).model_fields]
    head = "## The default ladders\n\nDays count from the effective due date.\n\n"
    return head + "\n".join(parts)


def _ladder(name: str, steps: Steps) -> str:
    head = (
        f"### {name}\n\n| day | channel | level | tone | owner | action | template |\n|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(
        f"| {step.day:+d} | {_channel(step.channel, step.otherwise)} | {step.level} | {step.tone} | {step.owner} | "
        f"{step.action} | {step.template} |\n"
        for step in steps
    )


def _channel(first: str, other: str | None) -> str:
    return f"{first}, else {other}" if other else first
