"""Proof that no feature looks ahead: riskpay's own on the home's ledger, or a function of the user's."""

import importlib
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from riskpay.dates import Cut
from riskpay.decisions.policy import Policy
from riskpay.errors import NotThereError, RiskpayError, UsageError
from riskpay.features.catalogue import FeatureSettings
from riskpay.features.histories import features
from riskpay.features.leakage import Compute, LeakageReport, check
from riskpay.features.leakage_sample import DAYS, sample_questions
from riskpay.ledger.ledger import Ledger
from riskpay.store.ledger_files import LedgerFiles

_CUTS: Final[tuple[Cut, Cut]] = ("start", "end")
_SHAPE = "a function (ledger, questions, cut) that gives a frame with company_id, invoice_id, instalment and as_of"
