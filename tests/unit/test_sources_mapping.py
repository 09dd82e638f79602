"""Mapping files: built in or one's own, and what a fault in one says."""

from pathlib import Path

import pytest

from riskpay.errors import MappingError
from riskpay.sources.mapping import Mapping, builtin_mappings, load_mapping
from riskpay.sources.mapping_docs import render

DOCS = Path(__file__).parents[2] / "docs" / "mappings.md"

OWN = """\
name: own
columns:
  customer_id: [customer]
  invoice_id: [invoice]
  issue_date: [issued]
  due_date: [due]
  amount: [amount]
companies:
  "1": {name: We, currency: EUR, country: DE, time_zone: Europe/Berlin}
"""


@pytest.mark.parametrize("name", ["canonical", "highradius", "ibm-ar"])
def test_built_in_mappings_load_under_their_own_name(name):
    assert name in builtin_mappings()
    assert load_mapping(name).name == name


def test_highradius_holds_what_the_ledger_relies_on():
    mapping = load_mapping("highradius")
    assert (mapping.posting_lag_days, mapping.tolerances.payment_before_issue_days, mapping.load) == (2, 3, "full")
    assert (mapping.companies["U001"].currency, mapping.companies["CA02"].currency) == ("USD", "CAD")


def test_ibm_leaves_the_undated_dispute_out_and_says_why():
    mapping = load_mapping("ibm-ar")
    assert mapping.columns.disputed_on == ()
    assert "look ahead" in mapping.notes


def test_a_file_of_ones_own(tmp_path):
    (tmp_path / "own.yaml").write_text(OWN)
    assert load_mapping(str(tmp_path / "own.yaml")).columns.amount == ("amount",)


def test_a_misspelt_name_is_guessed():
    with pytest.raises(MappingError, match=r"highraduis.*canonical, highradius, ibm-ar(.|\n)*mean 'highradius'"):
        load_mapping("highraduis")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("customer_id", "custmer_id"), r"line 3: columns.custmer_id: unknown key; did you mean 'customer_id'"),
        (
            ("name: own", "name: own\nposting_lag: 2"),
            r"line 2: posting_lag: unknown key; did you mean 'posting_lag_days'",
        ),
        (("EUR", "EUX"), r"line 9: .*'EUX' is not in ISO 4217"),
        (("Europe/Berlin", "Europe/Berlim"), r"line 9: .*write one such as Europe/Berlin"),
        (("  amount: [amount]\n", ""), r"a wide mapping names headers for amount"),
        (("name: own", "name: own\nload: ful"), r"line 2: load: .*'full' or 'delta'"),
        (("name: own", "name: own\nposting_lag_days: -1"), r"line 2: posting_lag_days: .*greater than or equal to 0"),
        (("name: own", "name: [own"), r"line \d+: not YAML"),
        ((OWN, ""), r"the file holds nothing, expected keys: name"),
    ],
)
def test_a_fault_names_its_line_and_what_is_allowed(tmp_path, change, said):
    file = tmp_path / "own.yaml"
    file.write_text(OWN.replace(*change))
    with pytest.raises(MappingError, match=said):
        load_mapping(str(file))


def test_a_binary_mapping_file(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(MappingError, match="cannot be read as UTF-8"):
        load_mapping(str(file))


def test_a_data_file_given_as_mapping(tmp_path):
    file = tmp_path / "big.csv"
    file.write_bytes(b"a,b\n" * 300_000)
    with pytest.raises(MappingError, match="larger than"):
        load_mapping(str(file))


def test_the_page_about_mappings_is_what_the_declarations_say():
    assert DOCS.read_text(encoding="utf-8") == render()


def test_every_key_has_a_description():
    assert all(field.description for field in Mapping.model_fields.values())
