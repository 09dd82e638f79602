"""POST /v1/scores: how late will these items be paid?"""

from collections.abc import Iterator, Sequence
from datetime import date

from fastapi import APIRouter, Response

from riskpay import money
from riskpay.errors import UsageError
from riskpay.model.risk import Reason
from riskpay.serving import deps
from riskpay.serving.auth import KEY_SCHEMES, KeyedRoute
from riskpay.serving.deps import Scorer, ServicesOf
from riskpay.serving.responses import PROBLEM_RESPONSES
from riskpay.serving.schemas import (
    BadRow,
    CurvePoint,
    ItemError,
    NextStep,
    ReasonSaid,
    ScoreAnswer,
    ScoreFailed,
    ScoreItem,
    ScoreQuestion,
    ScoreResult,
    SumSaid,
)
from riskpay.store.content import content_hash
from riskpay.workflows.risk_said import DIGITS, risk_said
from riskpay.workflows.scoring_types import NewItem, RowProblem, ScoredItem

router = APIRouter(prefix="/v1", tags=["scores"], route_class=KeyedRoute, dependencies=KEY_SCHEMES)


@router.post("/scores", response_model=ScoreAnswer, responses=PROBLEM_RESPONSES)
async def scores(question: ScoreQuestion, services: ServicesOf) -> Response:
    """Score items of known or new customers: late risk, payment curve, expected day, reasons, segment, next step.

    Nothing is stored. An earlier `as_of` is answered from what was known then, by a model trained by then. A row that cannot be answered carries an `error` in its place; the others are answered.
    """
    scorer = await services.scorer(question.as_of)
    as_of = question.as_of or scorer.facts_until
    asked = [_new_item(row) if isinstance(row, ScoreItem) else row.problem for row in question.rows()]
    items = [item for item in asked if isinstance(item, NewItem)]
    found = await deps.score(
        scorer, items, as_of, with_reasons="reasons" in question.include, with_sums="sums" in question.include
    )
    results = _results(question, asked, found)
    answer = _answer(question, scorer, as_of, results)
    return Response(answer.model_dump_json(exclude_unset=True), media_type="application/json")


def _new_item(item: ScoreItem) -> NewItem | RowProblem:
    if item.due_date < item.issue_date:
        said = f"due_date {item.due_date} lies before issue_date {item.issue_date}; it is the same day or later"
        return RowProblem("due_before_issue", said)
    if not money.is_currency(item.currency):
        return RowProblem("unknown_currency", f"currency {item.currency!r} is not in ISO 4217; a code is like USD")
    try:
        amount = money.to_minor(item.amount, item.currency)
    except UsageError as failed:
        return RowProblem("invalid_amount", failed.message)
    if amount <= 0:
        return RowProblem("invalid_amount", f"amount {item.amount} is not above 0; credit notes are not scored")
    return NewItem(
        ref=item.ref,
        company_id=item.company_id,
        customer_id=item.customer_id,
        invoice_id=item.invoice_id,
        issue_date=item.issue_date,
        due_date=item.due_date,
        amount_minor=amount,
        currency=item.currency,
    )


def _results(
    question: ScoreQuestion, asked: Sequence[NewItem | RowProblem], found: Sequence[ScoredItem | RowProblem]
) -> list[ScoreResult | ScoreFailed]:
    """An answer a row, in order: what the scorer found stands where its item stood."""
    answers: Iterator[ScoredItem | RowProblem] = iter(found)
    said: list[ScoreResult | ScoreFailed] = []
    for row, item in zip(question.rows(), asked, strict=True):
        answer = next(answers) if isinstance(item, NewItem) else item
        if isinstance(answer, RowProblem):
            said.append(ScoreFailed(ref=row.ref, error=ItemError(code=answer.code, detail=answer.detail)))
        else:
            said.append(_result(row, answer, question.include))
    return said


def _result(row: ScoreItem | BadRow, scored: ScoredItem, include: Sequence[str]) -> ScoreResult:
    risk = scored.risk
    result = ScoreResult(
        ref=row.ref,
        **risk_said(risk, scored.max_band),
        segment=scored.segment,
        next_step=NextStep.model_validate(scored.next_step) if scored.next_step else None,
    )
    if "curve" in include:
        result.curve = [CurvePoint(day=day, p_unpaid=round(p, DIGITS)) for day, p in enumerate(risk.curve.unpaid)]
    if "reasons" in include:
        result.reasons = [_reason(reason) for reason in risk.reasons]
    if "sums" in include and scored.why:
        late, unpaid = scored.why["lateness"], scored.why["curve_reasons"]
        result.lateness = SumSaid.model_validate(late) if late else None
        result.curve_reasons = SumSaid.model_validate(unpaid)
    return result


def _reason(reason: Reason) -> ReasonSaid:
    points = None if reason.points is None else round(reason.points, DIGITS)
    return ReasonSaid(code=reason.code, text=reason.text, weight=round(reason.weight, DIGITS), points=points)


def _answer(
    question: ScoreQuestion, scorer: Scorer, as_of: date, results: list[ScoreResult | ScoreFailed]
) -> ScoreAnswer:
    versions = scorer.model_version, scorer.data_version, scorer.policy_hash
    asked = [repr(row) for row in question.rows()]
    return ScoreAnswer(
        run_id=content_hash([as_of, scorer.facts_until, versions, asked])[:16],
        as_of=as_of,
        facts_until=scorer.facts_until,
        model_version=scorer.model_version,
        model_kind=scorer.model_kind,
        data_version=scorer.data_version,
        policy_hash=scorer.policy_hash,
        results=results,
    )
