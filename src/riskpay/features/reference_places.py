"""Whose bank holidays count for an item, for ``reference``: looked up in the table of customers, row by row."""

from riskpay.features.reference_items import KnownItem
from riskpay.ledger.ledger import Ledger


class Places:
    """The countries of companies and customers."""

    def __init__(self, ledger: Ledger) -> None:
        self._company = {row["company_id"]: row["country"] for row in ledger.companies.to_dicts()}
        dated = [row for row in ledger.customers.to_dicts() if row["valid_from"] is not None]
        self._customers = sorted(dated, key=lambda row: row["valid_from"])

    def of(self, item: KnownItem) -> str:
        """The country that the customer's last row names which held before the item, else the company's.

        The item begins on its issue day, or on the day its document became known if that was earlier.
        """
        own = None
        for row in self._customers:
            same = (row["company_id"], row["customer_id"]) == (item.company_id, item.customer_id)
            if same and row["valid_from"] < min(item.issue_date, item.made):
                own = row["country"]
        return str(own or self._company.get(item.company_id, ""))
