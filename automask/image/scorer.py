"""scorer: evidence becomes one number, by weights that can be read.

A feature counts by how far it is from its mean, in standard deviations, times its weight; what is
not known counts nothing. The weights lie in `choice.json` beside this file, made by
`automask fit-choice` (fit_choice.py); a run can take others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from automask.errors import ConfigError
from automask.image.evidence import NAMES

Numbers = NDArray[np.floating]

FAR = 3.0  # deviations; what is farther out than nearly all that was seen says no more

# What confidence is made of: see `confidence_evidence` in choose.py.
CONFIDENCE_NAMES = (*NAMES, "score", "margin", "second_look_iou")


class Term(BaseModel):
    """How one feature counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mean: float
    deviation: float = Field(gt=0)
    weight: float


class Linear(BaseModel):
    """A weighted sum of standardised features."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    intercept: float = 0.0
    terms: dict[str, Term]

    def standardised(self, names: Sequence[str], values: Numbers) -> NDArray[np.float64]:
        """K x F values in deviations from their means, -FAR..FAR; 0 where a value is NaN."""
        mean, deviation, _ = self._columns(names)
        return np.nan_to_num((values - mean) / deviation).clip(-FAR, FAR)

    def logit(self, names: Sequence[str], values: Numbers) -> NDArray[np.float64]:
        """K from K x F values, whose columns are named."""
        weight = self._columns(names)[2]
        return self.standardised(names, values) @ weight + self.intercept

    def _columns(self, names: Sequence[str]) -> NDArray[np.float64]:
        """3 x F: means, deviations, weights; a feature without a term has the weight 0."""
        nothing = Term(mean=0, deviation=1, weight=0)
        terms = [self.terms.get(name, nothing) for name in names]
        return np.array([(t.mean, t.deviation, t.weight) for t in terms]).T


class Scorer(BaseModel):
    """What choice.json holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fitted_on: str  # a sentence
    choice: Linear  # of the features in evidence.py: log odds of being the object (IoU >= 0.5)
    confidence: Linear  # of CONFIDENCE_NAMES: log odds that the chosen mask is good (IoU >= 0.8)

    @model_validator(mode="after")
    def _weighs_what_is_known(self) -> Scorer:
        for linear, names in ((self.choice, NAMES), (self.confidence, CONFIDENCE_NAMES)):
            if unknown := sorted(set(linear.terms) - set(names)):
                raise ValueError(f"no evidence is named {', '.join(unknown)}; fit it again")
        return self

    def sureness(self, evidence: Mapping[str, float]) -> float:
        """How likely the chosen mask is good (IoU >= 0.8), 0..1."""
        values = np.array([[evidence.get(name, np.nan) for name in CONFIDENCE_NAMES]])
        return float(logistic(self.confidence.logit(CONFIDENCE_NAMES, values))[0])

    def weighted(self, overrides: Mapping[str, float]) -> Scorer:
        """With other weights for some features; raises ConfigError for a name that is none."""
        if unknown := sorted(set(overrides) - set(self.choice.terms)):
            raise ConfigError(
                f"choose.weights: no evidence is named {', '.join(unknown)}; "
                f"there is {', '.join(self.choice.terms)}"
            )
        terms = {
            name: term.model_copy(update={"weight": overrides.get(name, term.weight)})
            for name, term in self.choice.terms.items()
        }
        choice = self.choice.model_copy(update={"terms": terms})
        return self.model_copy(update={"choice": choice})


def logistic(x: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)), without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(x / 2)))


@lru_cache(maxsize=8)
def scorer(file: Path, weights: tuple[tuple[str, float], ...] = ()) -> Scorer:
    """The scorer in a file of `automask fit-choice`.

    weights: names and weights that take the place of the file's. Raises ConfigError where the file
    cannot be read or holds none, or a name is none of the evidence's.
    """
    try:
        return Scorer.model_validate_json(_read(file)).weighted(dict(weights))
    except ValidationError as error:
        raise ConfigError(
            f"{file} holds no weights of the choice, as automask fit-choice writes them: {error}"
        ) from error


def scorer_sha256(file: Path) -> str:
    """Of what is in it; raises ConfigError where it cannot be read."""
    return hashlib.sha256(_read(file)).hexdigest()


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read the choice's weights {file}: {error.strerror}") from error
