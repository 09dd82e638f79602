"""The first schema: runs, worklists, steps, segments, keys, and what people did."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "score_runs",
    "publications",
    "worklists",
    "publication_lists",
    "worklist_entries",
    "advice",
    "plans",
    "planned_steps",
    "segment_changes",
    "disputes",
    "promises",
    "blocks",
    "contacts",
    "api_keys",
    "web_sessions",
)
"""In the order they are made: what is pointed at comes first."""


def upgrade() -> None:
    _runs()
    _worklists()
    _steps()
    _events()
    _keys()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _runs() -> None:
    op.create_table(
        "score_runs",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("model_version", sa.String(), nullable=False),
        sa.Column("data_version", sa.String(), nullable=False),
        sa.Column("policy_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_score_runs")),
    )
    op.create_index(op.f("ix_score_runs_as_of"), "score_runs", ["as_of"], unique=False)


def _worklists() -> None:
    op.create_table(
        "publications",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["score_runs.run_id"], name=op.f("fk_publications_run_id")),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_publications")),
    )
    op.create_index(op.f("ix_publications_as_of"), "publications", ["as_of"], unique=False)
    op.create_table(
        "worklists",
        sa.Column("worklist_id", sa.String(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("collector", sa.String(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("capacity_minutes", sa.Double(), nullable=True),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["score_runs.run_id"], name=op.f("fk_worklists_run_id")),
        sa.PrimaryKeyConstraint("worklist_id", name=op.f("pk_worklists")),
    )
    op.create_index(op.f("ix_worklists_as_of"), "worklists", ["as_of"], unique=False)
    op.create_table(
        "publication_lists",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("worklist_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.publication_id"], name=op.f("fk_publication_lists_publication_id")
        ),
        sa.ForeignKeyConstraint(
            ["worklist_id"], ["worklists.worklist_id"], name=op.f("fk_publication_lists_worklist_id")
        ),
        sa.PrimaryKeyConstraint("publication_id", "worklist_id", name=op.f("pk_publication_lists")),
    )
    op.create_table(
        "worklist_entries",
        sa.Column("worklist_id", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.CheckConstraint("rank >= 1", name=op.f("ck_worklist_entries_rank_at_least")),
        sa.ForeignKeyConstraint(
            ["worklist_id"], ["worklists.worklist_id"], name=op.f("fk_worklist_entries_worklist_id")
        ),
        sa.PrimaryKeyConstraint("worklist_id", "rank", name=op.f("pk_worklist_entries")),
    )
    op.create_index(
        op.f("ix_worklist_entries_company_id_customer_id"),
        "worklist_entries",
        ["company_id", "customer_id"],
        unique=False,
    )
    op.create_table(
        "advice",
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publications.publication_id"], name=op.f("fk_advice_publication_id")
        ),
        sa.PrimaryKeyConstraint("publication_id", "rank", name=op.f("pk_advice")),
    )


def _steps() -> None:
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["score_runs.run_id"], name=op.f("fk_plans_run_id")),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plans")),
    )
    op.create_index(op.f("ix_plans_as_of"), "plans", ["as_of"], unique=False)
    op.create_table(
        "planned_steps",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("instalment", sa.Integer(), nullable=False),
        sa.Column("step_code", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("tone", sa.String(), nullable=True),
        sa.Column("template", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=True),
        sa.Column("dunning_level", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("earliest_utc", sa.DateTime(), nullable=True),
        sa.Column("latest_utc", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'approval', 'suppressed', 'sent')", name=op.f("ck_planned_steps_state_allowed")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.plan_id"], name=op.f("fk_planned_steps_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "number", name=op.f("pk_planned_steps")),
    )
    op.create_index(
        op.f("ix_planned_steps_company_id_customer_id"), "planned_steps", ["company_id", "customer_id"], unique=False
    )
    op.create_table(
        "segment_changes",
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("segment", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_segment_changes")),
    )
    op.create_index(
        op.f("ix_segment_changes_company_id_customer_id"),
        "segment_changes",
        ["company_id", "customer_id"],
        unique=False,
    )


def _events() -> None:
    op.create_table(
        "disputes",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("dispute_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=False),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint("status IN ('open', 'resolved', 'withdrawn')", name=op.f("ck_disputes_status_allowed")),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_disputes_amount_at_least")),
        sa.PrimaryKeyConstraint("company_id", "dispute_id", "known_on", name=op.f("pk_disputes")),
    )
    op.create_table(
        "promises",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("promise_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=True),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("promised_for", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'kept', 'partly_kept', 'broken', 'withdrawn')", name=op.f("ck_promises_status_allowed")
        ),
        sa.CheckConstraint("amount >= 1", name=op.f("ck_promises_amount_at_least")),
        sa.PrimaryKeyConstraint("company_id", "promise_id", "known_on", name=op.f("pk_promises")),
    )
    op.create_table(
        "blocks",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("block_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=True),
        sa.Column("instalment", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("blocked_on", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'lifted')", name=op.f("ck_blocks_status_allowed")),
        sa.PrimaryKeyConstraint("company_id", "block_id", "known_on", name=op.f("pk_blocks")),
    )
    op.create_table(
        "contacts",
        sa.Column("company_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("invoice_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("contacted_at", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("collector", sa.String(), nullable=True),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.CheckConstraint("channel IN ('email', 'text', 'phone', 'letter')", name=op.f("ck_contacts_channel_allowed")),
        sa.CheckConstraint("direction IN ('out', 'in')", name=op.f("ck_contacts_direction_allowed")),
        sa.CheckConstraint(
            "outcome IN ('reached', 'no_answer', 'message_left', 'promised', 'disputed', 'refused', 'wrong_contact', 'sent')",
            name=op.f("ck_contacts_outcome_allowed"),
        ),
        sa.PrimaryKeyConstraint("company_id", "contact_id", name=op.f("pk_contacts")),
    )


def _keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_keys_token_hash")),
    )
    op.create_index(op.f("ix_api_keys_prefix"), "api_keys", ["prefix"], unique=False)
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.key_id"], name=op.f("fk_web_sessions_key_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
