"""Opening a home: its settings, policy, ledger with what people did, store and registry."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from riskpay.decisions.policy import Policy, default_policy_text, policy_hash
from riskpay.decisions.policy_file import load_policy
from riskpay.errors import NotThereError, PolicyError
from riskpay.features.catalogue import FeatureSettings
from riskpay.ledger.ledger import Ledger
from riskpay.model.hazard import HazardSettings
from riskpay.model.registry import Registry
from riskpay.model.training import TrainSettings
from riskpay.settings import Settings, load
from riskpay.store.database import Store
from riskpay.store.ledger_files import LedgerFiles
from riskpay.workflows.training_file import TrainingFile


@dataclass(frozen=True)
class Home:
    """One company's state, read as of now; the parts are read when first asked for."""

    settings: Settings

    @classmethod
    def open(cls, place: Path) -> "Home":
        """The home at ``place``; raises SettingsError for settings that cannot be used."""
        return cls(load(place))

    @cached_property
    def policy(self) -> Policy:
        """HOME/policy.yaml, else the default policy; raises PolicyError with every fault."""
        file = self.settings.home / "policy.yaml"
        try:
            return load_policy(file.read_text(encoding="utf-8") if file.exists() else default_policy_text())
        except (OSError, UnicodeDecodeError) as failed:
            raise PolicyError(f"{file} cannot be read: {failed}", "give a text file in UTF-8") from failed

    @cached_property
    def policy_hash(self) -> str:
        """Hash of the policy in force."""
        return policy_hash(self.policy)

    @cached_property
    def files(self) -> LedgerFiles:
        """The ledger's versions."""
        return LedgerFiles(self.settings.home)

    @cached_property
    def data_version(self) -> str:
        """The version of the ledger that counted when it was first asked for; raises NotThereError before the first load."""
        return self.files.current_version()

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of ``data_version``, disputes, promises, blocks and contacts of the store joined into it.

        Raises NotThereError if nothing was loaded yet.
        """
        current = self.files.version(self.data_version)
        return current.with_tables(**self.events())

    def events(self) -> dict[str, pl.DataFrame]:
        """What people did, by table: disputes, promises, blocks and contacts of the store."""
        with self.store() as store:
            return store.events.frames()

    @cached_property
    def registry(self) -> Registry:
        """The registry of models."""
        return Registry(self.settings.mlflow, self.settings.artifacts)

    @property
    def train_settings(self) -> TrainSettings:
        """What training.toml, the policy and the process's settings say of training.

        Raises SettingsError for a training.toml that cannot be used.
        """
        policy = self.policy
        settings = TrainSettings(
            features=FeatureSettings(
                grace_days=policy.grace_days,
                tolerance=policy.settlement_tolerance,
                posting_lag_days=policy.posting_lag_days,
                disputes=self.settings.dispute_features,
            ),
            hazard=HazardSettings(threads=self.settings.threads),
            lag_days=policy.posting_lag_days,
            min_settled=policy.train.min_settled_items,
        )
        return TrainingFile.read(self.settings.home).applied(settings)

    def store(self) -> Store:
        """The store, to be closed by the caller."""
        return Store(self.settings.database)

    def reporting_currency(self) -> str:
        """The currency of call values: the setting, else the one in which most invoices are written."""
        if self.settings.reporting_currency:
            return self.settings.reporting_currency
        counts = self.ledger.invoices["currency"].value_counts().sort("count", "currency", descending=[True, False])
        return str(counts["currency"][0]) if counts.height else "USD"

    def last_day(self) -> date:
        """The last day on which a fact became known, at most the day of the newest load.

        Raises NotThereError for an empty ledger.
        """
        day = self.ledger.last_known_on()
        if day is None:
            raise NotThereError("the ledger holds no invoice", "load one with `riskpay ingest`")
        return day

    def day_of(self, as_of: date | None) -> date:
        """The day from which to look, by default the ledger's last day; raises as ``check_day``."""
        day = as_of or self.last_day()
        self.check_day(day)
        return day

    def check_day(self, as_of: date) -> None:
        """Raises NotThereError if no invoice was issued by ``as_of``."""
        first = self.ledger.invoices["issue_date"].min()
        if not isinstance(first, date):
            raise NotThereError("the ledger holds no invoice", "load one with `riskpay ingest`")
        if as_of < first:
            raise NotThereError(
                f"nothing is known on {as_of}: the first invoice was issued on {first}",
                f"give a day from {first} to {self.last_day()}",
            )
