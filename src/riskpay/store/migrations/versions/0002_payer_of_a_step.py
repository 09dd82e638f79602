"""Steps name the payer who is touched: a contact with it serves the steps of every customer it pays for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("planned_steps", sa.Column("payer_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("planned_steps", "payer_id")
