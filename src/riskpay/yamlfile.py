"""YAML files that people edit: read with line numbers, held to a pydantic model, every fault named at once."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
MAX_ENTRIES: Final = 100_000


class YamlFaultError(ValueError):
    """What is wrong with a YAML text; ``problems`` has one line a fault, each with its line number."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(text: str, model: type[Model]) -> Model:
    """The ``model`` that a YAML text describes; raises YamlFaultError with every fault and its line."""
    data, lines = _parse(text)
    if not isinstance(data, dict):
        held = "nothing" if data is None else type(data).__name__
        raise YamlFaultError((f"line 1: the file holds {held}, expected keys: {_keys(model)}",))
    try:
        return model.model_validate(data)
    except ValidationError as failed:
        said = (_say(dict(error), lines, model) for error in failed.errors())
        raise YamlFaultError(tuple(dict.fromkeys(said))) from failed


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of the deepest part of ``path`` that the text has."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def lines_of(text: str) -> dict[Path, int]:
    """Line number of every key and list entry of a YAML text, by its path."""
    return _parse(text)[1]


def _parse(text: str) -> tuple[object, dict[Path, int]]:
    lines: dict[Path, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is not None:
            _walk(node, (), lines)
        return yaml.safe_load(text), lines
    except yaml.MarkedYAMLError as failed:
        mark = failed.problem_mark or failed.context_mark
        where = f"line {mark.line + 1}" if mark else "line 1"
        raise YamlFaultError((f"{where}: not YAML: {failed.problem or failed.context}",)) from failed
    except (yaml.YAMLError, RecursionError) as failed:
        raise YamlFaultError((f"line 1: not YAML: {failed}",)) from failed


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    if len(lines) > MAX_ENTRIES:  # aliases within aliases multiply without end
        raise YamlFaultError((f"line 1: the file unfolds to more than {MAX_ENTRIES} entries",))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                raise YamlFaultError((f"line {key.start_mark.line + 1}: key {name!r} stands twice; keep one of them",))
            seen.add(name)
            lines[(*path, name)] = key.start_mark.line + 1
            _walk(value, (*path, name), lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[(*path, number)] = value.start_mark.line + 1
            _walk(value, (*path, number), lines)


def _say(error: dict[str, Any], lines: Mapping[Path, int], model: type[BaseModel]) -> str:
    path: Path = error["loc"]
    where = f"line {line_of(lines, path)}: {'.'.join(map(str, path)) or 'the file'}"
    if error["type"] == "extra_forbidden":
        near = get_close_matches(str(path[-1]), _siblings(model, path), n=1)
        guess = f"; did you mean {near[0]!r}?" if near else ""
        return f"{where}: unknown key{guess} (allowed: {', '.join(_siblings(model, path))})"
    if error["type"] == "missing":
        return f"{where}: required, but not there"
    came = error.get("input")
    shown = f" (got {came!r})" if isinstance(came, str | int | float | bool) else ""
    return f"{where}: {error['msg'].removeprefix('Value error, ')}{shown}"


def _keys(model: type[BaseModel]) -> str:
    return ", ".join(model.model_fields)


def _siblings(model: type[BaseModel], path: Path) -> list[str]:
    """The keys allowed beside the last one of ``path``; the outer model's where the path is not followed."""
    current = model
    for part in path[:-1]:
        if isinstance(part, str) and part in current.model_fields:
            inner = _model_in(current.model_fields[part].annotation)
            current = inner or current
    return list(current.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_model_in(inner) for inner in getattr(annotation, "__args__", ()))
    return next((inner for inner in found if inner), None)
