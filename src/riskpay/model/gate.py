"""Whether a new model may become champion: better than naive, and no worse than the champion."""

from dataclasses import dataclass

from riskpay.model.evaluation import Scores


@dataclass(frozen=True)
class Verdict:
    """The gate's answer and its reasons in words, one a rule."""

    promoted: bool
    why: tuple[str, ...]


def judge(challenger: Scores, naive: Scores, champion: Scores | None, min_gain: float, max_loss: float) -> Verdict:
    """The verdict on a challenger, by Brier score of p_late on questions that none of them learnt from.

    ``naive``: the naive ratio on the same questions. ``champion``: None where there is none, or nothing
    that stands for it is without knowledge of these questions. ``min_gain``: by how much the challenger must
    beat the naive ratio. ``max_loss``: by how much it may fall behind the champion.
    """
    if challenger.brier is None or naive.brier is None:
        said = "no decided question was held back, and an untested model is not promoted: load more history"
        return Verdict(promoted=False, why=(said,))
    gain = naive.brier - challenger.brier
    rules = [(gain > min_gain, f"Brier {challenger.brier:.4f} against the naive ratio's {naive.brier:.4f}")]
    if champion is not None and champion.brier is not None:
        loss = challenger.brier - champion.brier
        said = (
            f"Brier {challenger.brier:.4f} against the champion's {champion.brier:.4f}, {max_loss:.4f} more is allowed"
        )
        rules.append((loss <= max_loss, said))
    words = tuple(f"{'passed' if passed else 'failed'}: {said}" for passed, said in rules)
    return Verdict(all(passed for passed, _ in rules), words)
