"""Judges a canary release against its baseline from their metrics, and says why.

It has the judges of the ``judge`` command, with the same verdicts to the bit, for notebooks and for Spark:

- :func:`judge` judges one canary, :func:`batch` many requests, :func:`retro` the past releases of a frame;
- :func:`check_config` lists the problems of a config, :func:`calibrate` measures what it can detect;
- :func:`two_sample` compares two samples;
- :mod:`canary_judge.spark` runs ``retro`` and ``calibrate`` on Spark.
"""

from ._calibrating import Calibration, calibrate, propose
from ._config import check_config
from ._errors import (
    CanaryJudgeError,
    CanaryJudgeWarning,
    InvalidConfig,
    InvalidData,
    InvalidOption,
    Problem,
    UnsupportedExpression,
)
from ._judgement import Judgement, MetricJudgement
from ._judging import batch, judge, two_sample
from ._native import __version__
from ._retro import retro

__all__ = [
    "Calibration",
    "CanaryJudgeError",
    "CanaryJudgeWarning",
    "InvalidConfig",
    "InvalidData",
    "InvalidOption",
    "Judgement",
    "MetricJudgement",
    "Problem",
    "UnsupportedExpression",
    "__version__",
    "batch",
    "calibrate",
    "check_config",
    "judge",
    "propose",
    "retro",
    "two_sample",
]
