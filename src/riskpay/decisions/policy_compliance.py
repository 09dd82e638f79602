"""Compliance profiles: when and how often a customer may be touched. Data with dates; not legal advice."""

from datetime import date

from pydantic import Field

from riskpay.decisions.policy_base import CountryCode, Days, DebtorType, Part, ProfileName


class Profile(Part):
    """Hours and caps of one kind of debtor."""

    debtor_types: tuple[DebtorType, ...] = Field(description="Debtor types under this profile; any other is strict.")
    first_hour: int = Field(
        ge=0, le=23, description="Hour of the debtor's local day from which on touches are allowed."
    )
    last_hour: int = Field(ge=1, le=24, description="Hour of the debtor's local day up to which touches are allowed.")
    max_calls: int = Field(ge=0, description="Most calls to one customer within calls_window_days.")
    calls_window_days: int = Field(ge=1, le=60, description="Days over which calls are counted, today included.")
    days_after_conversation: Days = Field(
        description="Days without a call from a conversation on; the day of the conversation is day 1."
    )
    source: str = Field(min_length=1, description="Where the figures come from.")


class Profiles(Part):
    """The two profiles."""

    strict: Profile = Field(description="For natural persons, guarantors and whoever is unknown.")
    business: Profile = Field(description="For companies.")

    def of(self, name: ProfileName) -> Profile:
        """One profile by its name."""
        return self.strict if name == "strict" else self.business


class DatedRule(Part):
    """A law that puts some debtors under a profile from a day on."""

    name: str = Field(min_length=1, description="Name of the rule, unique.")
    profile: ProfileName = Field(description="Profile it puts the debtors under.")
    debtor_types: tuple[DebtorType, ...] = Field(description="Debtor types it covers.")
    countries: tuple[CountryCode, ...] = Field(description="ISO 3166 countries it covers.")
    applies_from: date = Field(description="First day on which it holds.")
    applies_until: date | None = Field(default=None, description="Last day on which it holds; left out: no end.")
    source: str = Field(min_length=1, description="Where the rule stands.")


class Compliance(Part):
    """Who may be touched when."""

    home_country: CountryCode | None = Field(
        description="Country assumed where neither the customer's nor the company's is known; null: such customers get no call."
    )
    profiles: Profiles = Field(description="Hours and caps.")
    dated_rules: tuple[DatedRule, ...] = Field(description="Laws with dates; the strict profile wins where two hold.")
