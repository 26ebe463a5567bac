"""A user's program, which mypy and pyright check against the installed package; nothing runs it."""

from typing import Any, assert_type

import canary_judge
from canary_judge import CanaryJudgeError, Judgement, MetricJudgement, Problem

config: dict[str, Any] = {"metrics": []}
judgement = canary_judge.judge(config, {"latency": [1.0]}, {"latency": [2.0]}, thresholds=(95, 75), looks=(2, 6, "sliding"))
assert_type(judgement, Judgement)
assert_type(judgement.verdict, str)
assert_type(judgement.score, float)
assert_type(judgement.thresholds, tuple[float, float])
assert_type(judgement["latency"], MetricJudgement)
assert_type(judgement.to_dict(), dict[str, Any])
assert_type(canary_judge.batch(["{}"], threads=2), list[Judgement | CanaryJudgeError])
assert_type(canary_judge.check_config(config), list[Problem])
assert_type(canary_judge.two_sample([1.0], [2.0]), dict[str, Any])
assert_type(canary_judge.calibrate(config, [], minutes=[5.0]).advice, list[str])
try:
    canary_judge.retro("canary.json", None, interval="10m", stage_rule="spinnaker")
except canary_judge.InvalidData as error:
    assert_type(error.problems, tuple[Problem, ...])
    assert_type(error.problems[0].path, str)
