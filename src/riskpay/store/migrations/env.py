"""Runs migrations over the connection that riskpay.store.migrate hands in."""

from alembic import context

from riskpay.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
