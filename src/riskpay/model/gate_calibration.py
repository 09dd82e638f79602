"""The gate's rules on calibration: chances that are off by more than the policy's bound, and by more than luck."""

from typing import Final

import numpy as np
import numpy.typing as npt

from riskpay.model.by_customer import mean_of
from riskpay.model.evaluation import ECE_BINS, ece
from riskpay.model.gate import Finding, GateRules, Held

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SIGMAS: Final = 3.0
"""Standard errors beyond which a miss is no luck."""
_MEAN_OF_ABSOLUTE = float(np.sqrt(2.0 / np.pi))
"""Mean of |x| of a standard normal x; its variance is 1 less the square of this."""


def level(held: Held, rules: GateRules) -> Finding:
    """Calibration in the large: the mean predicted chance against the share that happened."""
    miss, error = level_miss(held.model - held.happened, held.customers)
    passed = abs(miss) <= rules.max_level_error or abs(miss) <= SIGMAS * error
    said = (
        f"mean chance {held.model.mean():.4f} against {held.happened.mean():.4f} observed, off by {miss:+.4f} "
        f"(standard error {error:.4f} by customers); {rules.max_level_error:.4f} and {SIGMAS:.0f} standard errors are the bounds"
    )
    return Finding("level", passed, said)


def calibration_error(held: Held, rules: GateRules) -> Finding:
    """Expected calibration error against the bound, and against what a calibrated model has by luck alone."""
    found = ece(held.happened, held.model)
    by_luck = luck(held)
    passed = found <= rules.max_ece or found <= by_luck
    said = f"ECE {found:.4f}; {rules.max_ece:.4f} is the bound, and luck alone gives up to {by_luck:.4f}"
    return Finding("ece", passed, said)


def level_miss(residual: FloatArray, customers: IntArray) -> tuple[float, float]:
    """Mean residual (predicted less happened) and its standard error, whole customers being drawn.

    One customer alone tells nothing of how customers differ: infinite.
    """
    found = mean_of(residual, customers)
    return found.value, float("inf") if found.error is None else found.error


def luck(held: Held) -> float:
    """The ECE that a calibrated model stays below by luck: mean and ``SIGMAS`` deviations of its bins' chance gaps.

    A bin's gap is then normal about 0, with the standard error by customers.
    """
    order = np.argsort(held.model, kind="stable")
    parts = [part for part in np.array_split(order, ECE_BINS) if len(part)]
    errors = np.asarray([_error(held, part) for part in parts]) * [len(part) / len(held) for part in parts]
    deviation = np.sqrt((1.0 - _MEAN_OF_ABSOLUTE**2) * np.sum(errors**2))
    return float(_MEAN_OF_ABSOLUTE * errors.sum() + SIGMAS * deviation)


def _error(held: Held, part: IntArray) -> float:
    """Standard error of a bin's gap; of one customer alone the most that a share can be off."""
    _, error = level_miss((held.model - held.happened)[part], held.customers[part])
    return min(error, 1.0)
