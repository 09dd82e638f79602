"""The API's documentation as a page, made from its own OpenAPI description; no script, nothing from elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from riskpay.serving.pages.guard import PageRoute
from riskpay.serving.pages.show import page
from riskpay.serving.problems import HTTP_CODES, PROBLEMS

router = APIRouter(route_class=PageRoute)
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """One address of the API as the page shows it; examples are JSON text, empty where there is no body."""

    method: str
    path: str
    about: str
    keyed: bool
    parameters: tuple[Schema, ...]
    asked: str
    answered: str
    fields: tuple[tuple[str, str], ...]


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Every address with its parameters and examples, and every problem's code."""
    schema: Schema = request.app.openapi()
    codes = [(p.code, p.status, p.title) for p in PROBLEMS.values()]
    codes += [(code, status, "The web address or method is not one of ours") for status, code in HTTP_CODES.items()]
    return page(request, "docs.html", operations=operations(schema), codes=codes, about=schema["info"]["description"])


def operations(schema: Schema) -> list[Operation]:
    """The operations of an OpenAPI description."""
    return [
        _operation(schema, path, method, said)
        for path, methods in schema["paths"].items()
        for method, said in methods.items()
    ]


def _operation(schema: Schema, path: str, method: str, said: Schema) -> Operation:
    answer = said["responses"]["200"]["content"]["application/json"]["schema"]
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return Operation(
        method=method.upper(),
        path=path,
        about=said["description"],
        keyed=bool(said.get("security")),
        parameters=tuple(said.get("parameters", ())),
        asked=_text(example(schema, body)) if body else "",
        answered=_text(example(schema, answer)),
        fields=tuple(_fields(schema, body, "")) + tuple(_fields(schema, answer, "")),
    )


def _text(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()


def example(schema: Schema, part: Schema) -> Any:  # noqa: ANN401 - any JSON
    """An example of a part of the description: its own if it has one, else made from its members."""
    part = _followed(schema, part)
    if part.get("examples"):
        return part["examples"][0]
    if "properties" in part:
        return {name: example(schema, member) for name, member in part["properties"].items()}
    if part.get("type") == "array":
        return [example(schema, part["items"])]
    return part.get("default", {"string": "", "integer": 0, "number": 0.0, "boolean": False}.get(part.get("type", "")))


def _followed(schema: Schema, part: Schema) -> Schema:
    """What a reference, or the first of several alternatives, stands for; its own example stays."""
    while "$ref" in part or "anyOf" in part:
        own = {name: part[name] for name in ("examples", "description") if part.get(name)}
        inner = part["anyOf"][0] if "anyOf" in part else _named(schema, part["$ref"])
        part = {**inner, **own}
    return part


def _named(schema: Schema, reference: str) -> Schema:
    found: Schema = schema["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def _fields(schema: Schema, part: Schema | None, prefix: str) -> list[tuple[str, str]]:
    """Name and meaning of every member that says what it means, inner ones by their path."""
    if part is None:
        return []
    part = _followed(schema, part)
    if part.get("type") == "array":
        return _fields(schema, part["items"], prefix)
    found = []
    for name, member in part.get("properties", {}).items():
        inner = _followed(schema, member)
        path = f"{prefix}{name}"
        if inner.get("description") and ("description" in member or "properties" not in inner):
            found.append((path, inner["description"]))
        found += _fields(schema, inner, f"{path}.") if "examples" not in inner else []
    return found
