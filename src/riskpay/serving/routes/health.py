"""GET /health: is the service up, and can it read its store?"""

from datetime import date

from fastapi import APIRouter
from pydantic import BaseModel, Field

from riskpay.serving.deps import ServicesOf


class Health(BaseModel):
    """The service answers and its store can be read. No key is needed, and nothing of customers is said."""

    status: str = Field(examples=["ok"])
    newest_list: date | None = Field(description="Newest day with a worklist.", examples=["2019-08-01"])


router = APIRouter(tags=["health"])


@router.get("/health")
async def health(services: ServicesOf) -> Health:
    """Whether the service is up."""
    days = services.store.worklists.days(limit=1)
    return Health(status="ok", newest_list=days[0] if days else None)
