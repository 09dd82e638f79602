"""Cells of mean delay and scale over which the oracle weighs a customer, with the population's law as prior."""

from dataclasses import dataclass

import numpy as np

from riskpay.sources.synthetic.hazards import Floats
from riskpay.sources.synthetic.scenario import PayerType

TINY = 1e-300

Box = tuple[float, float, float, float]
"""Lowest and highest mean delay (days), lowest and highest log scale."""


@dataclass(frozen=True)
class Cells:
    """Cells of mean delay x scale (days), with log prior weight and the chances of what goes wrong."""

    mean: Floats
    scale: Floats
    log_prior: Floats
    p_dispute: Floats
    p_stuck: Floats


def bounds(types: tuple[PayerType, ...], noise: float) -> Box:
    """Lowest and highest mean delay and log scale that are at all likely."""
    return (
        min(t.mean_delay - 4 * t.mean_delay_sd for t in types),
        max(t.mean_delay + 4 * t.mean_delay_sd for t in types),
        min(np.log(t.scale * noise) - 3 * t.scale_sigma for t in types),
        max(np.log(t.scale * noise) + 3 * t.scale_sigma for t in types),
    )


def around(cells: Cells, weights: Floats) -> Box:
    """A box of four standard deviations around the mean of a weighted grid, at least a cell wide."""
    weights = weights / weights.sum()
    box: list[float] = []
    for value in (cells.mean, np.log(cells.scale)):
        middle = float(weights @ value)
        step = float(np.min(np.diff(np.unique(value))))
        spread = max(float(np.sqrt(weights @ (value - middle) ** 2)), step / 3)
        box += [middle - 4 * spread, middle + 4 * spread]
    return box[0], box[1], box[2], box[3]


def grid(types: tuple[PayerType, ...], noise: float, box: Box, size: tuple[int, int]) -> Cells:
    """``size`` cells over a box, for customers of some types whose scales are ``noise`` times the types'."""
    mean, log_scale = (a.ravel() for a in np.meshgrid(np.linspace(*box[:2], size[0]), np.linspace(*box[2:], size[1])))
    density = np.array(
        [
            max(t.share, TINY)
            * np.exp(
                -0.5 * ((mean - t.mean_delay) / t.mean_delay_sd) ** 2
                - 0.5 * ((log_scale - np.log(t.scale * noise)) / t.scale_sigma) ** 2
            )
            / (t.mean_delay_sd * t.scale_sigma)
            for t in types
        ]
    )
    total = np.maximum(density.sum(axis=0), TINY)
    of_type = density / total
    return Cells(
        mean=mean,
        scale=np.exp(log_scale),
        log_prior=np.log(total),
        p_dispute=np.array([t.p_dispute for t in types]) @ of_type,
        p_stuck=np.array([t.p_forget + t.p_never for t in types]) @ of_type,
    )
