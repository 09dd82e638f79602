"""HOME/training.toml: what it may say, what a bad one is told, and where it ends up."""

from dataclasses import asdict

import pytest

from riskpay.errors import SettingsError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.model.hazard import HazardSettings
from riskpay.model.training import TrainSettings
from riskpay.workflows.home import Home
from riskpay.workflows.training_change import write_changes
from riskpay.workflows.training_file import TrainingFile, allowed


def write(home, text):
    home.mkdir(exist_ok=True)
    (home / "training.toml").write_text(text, encoding="utf-8")


def test_without_a_file_models_are_grown_as_ever(home):
    assert TrainingFile.read(home).applied(TrainSettings()) == TrainSettings()


def test_it_declares_all_that_grows_a_model_and_threads_are_of_the_process():
    own = set(asdict(HazardSettings())) - {"threads", "more"} | {"interval_ends", "landmark_days"}
    assert set(TrainingFile.model_fields) == own == set(TrainSettings().grown_with)


def test_a_home_trains_as_its_file_says(home):
    write(home, "interval_ends = [10, 30, 60, 90]\nlandmark_days = [1, 8]\nmonotone = true\nleaves = 15\n")
    settings = Home.open(home).train_settings
    assert settings.grid.ends == (0, 10, 30, 60, 90)
    assert settings.landmark_days == (1, 8)
    assert (settings.hazard.monotone, settings.hazard.leaves, settings.hazard.ridge) == (True, 15, 10.0)
    assert settings.grown_with["interval_ends"] == [10, 30, 60, 90]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("interval_ends", [3, 30, 90]),
        ("interval_ends", [30, 15, 60, 90]),
        ("interval_ends", [30, 30, 60, 90]),
        ("interval_ends", [0, 30, 60, 90]),
        ("interval_ends", [30, 60, 90, 731]),
        ("interval_ends", [3.5, 30, 60, 90]),
        ("interval_ends", []),
        ("landmark_days", [1, 1]),
        ("landmark_days", [400]),
        ("leaves", 6),
        ("recency_half_life_days", 3),
        ("recency_half_life_days", -1),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("monotone", "perhaps"),
        ("row_fraction", 1.1),
    ],
)
def test_a_bad_value_is_told_with_what_is_allowed_and_where(home, key, value):
    write(home, f"{key} = {value!r}\n")
    with pytest.raises(SettingsError) as told:
        TrainingFile.read(home)
    assert told.value.message == f"training setting {key} is {value!r}; allowed is {allowed(key)}"
    assert told.value.hint == f"change {home / 'training.toml'}"


def test_every_fault_is_told_at_once(home):
    write(home, "leaves = 1\nridge = -1\n")
    with pytest.raises(SettingsError, match=r"leaves is 1.*ridge is -1"):
        TrainingFile.read(home)


@pytest.mark.parametrize(
    ("text", "said"),
    [("leafs = 9\n", r"unknown key 'leafs'; did you mean leaves\?"), ("leaves = \n", "cannot be read")],
)
def test_what_is_no_setting_is_told(home, text, said):
    write(home, text)
    with pytest.raises(SettingsError, match=said):
        TrainingFile.read(home)


def test_grace_days_end_the_first_interval_and_leave_out_the_ends_within_them():
    settings = TrainingFile(interval_ends=(3, 30, 60, 90)).applied(
        TrainSettings(features=FeatureSettings(grace_days=35))
    )
    assert settings.grid.ends == (35, 60, 90)
    assert (settings.days_late("late"), settings.days_late("late_30")) == (35, 35)


def test_grace_days_that_leave_no_later_interval_are_refused():
    with pytest.raises(UsageError, match="all lie within the 90 grace days"):
        TrainingFile(interval_ends=(30, 60, 90)).applied(TrainSettings(features=FeatureSettings(grace_days=90)))


def test_every_training_setting_says_what_it_is_and_what_it_may_hold():
    for key, field in TrainingFile.model_fields.items():
        assert field.description
        assert allowed(key)


def test_a_change_keeps_what_a_person_wrote(home):
    write(home, "# ours\nleaves = 31  # tried in May\nlandmark_days = [\n  1, # the day after\n  8,\n]\n")
    changed = write_changes(home, {"leaves": 15, "ridge": 10.0, "monotone": True})
    assert changed == {"leaves": (31, 15), "monotone": (False, True)}
    text = (home / "training.toml").read_text(encoding="utf-8")
    assert "# ours\nleaves = 15  # tried in May\nlandmark_days = [\n  1, # the day after\n" in text
    assert "ridge" not in text
    assert TrainingFile.read(home) == TrainingFile(leaves=15, landmark_days=(1, 8), monotone=True)
    assert [file.name for file in home.iterdir()] == ["training.toml"]


def test_a_file_is_made_where_there_is_none_and_nothing_where_nothing_changes(home):
    home.mkdir()
    assert write_changes(home, {"leaves": 63}) == {}
    assert not list(home.iterdir())
    write_changes(home, {"leaves": 15})
    assert TrainingFile.read(home).leaves == 15


@pytest.mark.parametrize(("text", "values"), [("leaves = 1\n", {"ridge": 2.0}), ("ridge = 2\n", {"leaves": 1})])
def test_a_file_or_a_value_that_cannot_be_used_changes_nothing(home, text, values):
    write(home, text)
    with pytest.raises(SettingsError, match="leaves is 1"):
        write_changes(home, values)
    assert (home / "training.toml").read_text(encoding="utf-8") == text
