"""YAML files: every fault is named with its line."""

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from riskpay.yamlfile import YamlFaultError, lines_of, read


class Step(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    day: int
    channel: str = "email"


class Plan(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    share: float = Field(0.5, ge=0, le=1, allow_inf_nan=False)
    steps: tuple[Step, ...] = ()
    by_name: dict[str, Step] = {}

    @field_validator("name")
    @classmethod
    def _name(cls, name):
        if name == "none":
            raise ValueError("a name, not none")
        return name


def problems(text):
    with pytest.raises(YamlFaultError) as told:
        read(text, Plan)
    return told.value.problems


def test_a_good_text_becomes_the_model():
    assert read("name: a\nsteps:\n  - day: 1\n  - {day: 2, channel: phone}\n", Plan).steps[1].channel == "phone"


def test_every_fault_is_told_at_once_with_its_line():
    said = problems("name: a\nshare: 1.5\nsteps:\n  - day: soon\n  - day: 1\n    chanel: phone\n")
    assert len(said) == 3
    assert said[0].startswith("line 2: share")
    assert "1.5" in said[0]
    assert said[1].startswith("line 4: steps.0.day")
    assert "'soon'" in said[1]
    assert said[2].startswith("line 6: steps.1.chanel")
    assert "did you mean 'channel'?" in said[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the file holds nothing, expected keys: name, share"),
        ("# only words", "the file holds nothing"),
        ("- a\n- b\n", "the file holds list"),
        ("name: [", "not YAML"),
        ("name: a\n\tshare: 1\n", "line 2: not YAML"),
        ("name: a\nname: b\n", "line 2: key 'name' stands twice"),
        ("share: 0.1\n", "name: required, but not there"),
        ("name: none\n", "line 1: name: a name, not none (got 'none')"),
        ("name: no\n", "(got False)"),
        ("name: a\nshare: .nan\n", "line 2: share"),
        ("name: a\nby_name:\n  x: {dy: 1}\n", "did you mean 'day'?"),
        ("name: a\x00b", "not YAML"),
        ("? [a, b]\n: 1\n", "not YAML"),
        ("name: !!python/object:os.system x\n", "not YAML"),
        ("name: &a [*a]\n", "line 1"),
    ],
)
def test_what_is_wrong_is_said(text, said):
    assert any(said in problem for problem in problems(text)), problems(text)


def test_aliases_within_aliases_end():
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "unfolds to more than" in problems(bomb)[0]


def test_lines_of_keys_and_entries():
    assert lines_of("a: 1\nb:\n  - x\n  - c: 2\n") == {("a",): 1, ("b",): 2, ("b", 0): 3, ("b", 1): 4, ("b", 1, "c"): 4}
