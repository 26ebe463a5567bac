"""Python's grpcio with stubs made from the published contract alone."""

import json
import math
import os
import pathlib
import threading
import time
import unittest
import urllib.request

import grpc
from canary.judge.v1 import (
    config_pb2,
    judge_service_pb2,
    judge_service_pb2_grpc,
    judgement_pb2,
    monitor_pb2,
    series_pb2,
)
from google.protobuf import duration_pb2, timestamp_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

START = 1_767_225_600
RECORDED = pathlib.Path(__file__).parents[3] / "fixtures" / "recorded"


def request(id, points=20, metrics=2):
    def series(shift):
        return series_pb2.Series(values=[shift + (i * 37 % 11) for i in range(points)])

    return judge_service_pb2.JudgeRequest(
        id=id,
        canary_config=config_pb2.CanaryConfig(
            metrics=[config_pb2.MetricConfig(name=f"m{i}", groups=["all"]) for i in range(metrics)],
            group_weights={"all": 100},
        ),
        thresholds=config_pb2.Thresholds(**{"pass": 90, "marginal": 50}),
        pairs=[
            series_pb2.MetricPair(name=f"m{i}", baseline=series(0), canary=series(100 * i))
            for i in range(metrics)
        ],
    )


def recorded(name):
    kayenta = json.loads((RECORDED / name / "request.json").read_text())
    return judge_service_pb2.JudgeRequest(
        id=name,
        kayenta_config_json=json.dumps(kayenta["canaryConfig"]),
        thresholds=config_pb2.Thresholds(**kayenta["scoreThresholds"]),
        pairs=[
            series_pb2.MetricPair(
                name=pair["name"],
                baseline=series_pb2.Series(values=map(float, pair["values"]["control"])),
                canary=series_pb2.Series(values=map(float, pair["values"]["experiment"])),
            )
            for pair in kayenta["metricSetPairList"]
        ],
    )


def metrics():
    with urllib.request.urlopen(f"http://{os.environ['JUDGE_HTTP']}/metrics") as answer:
        return answer.read().decode().splitlines()


class Grpc(unittest.TestCase):
    def setUp(self):
        self.channel = grpc.insecure_channel(os.environ["JUDGE_GRPC"])
        self.judge = judge_service_pb2_grpc.JudgeServiceStub(self.channel)

    def tearDown(self):
        self.channel.close()

    def test_recorded_canaries(self):
        for name, verdict in [("failing", "VERDICT_FAIL"), ("same-version", "VERDICT_PASS")]:
            response = self.judge.Judge(recorded(name))
            self.assertEqual(response.id, name)
            self.assertEqual(judgement_pb2.Verdict.Name(response.judgement.verdict), verdict)

    def test_unary_with_every_kind_of_evidence(self):
        parity = request("one")
        parity.canary_config.judge = "NetflixACAJudge-v1.0"
        judgement = self.judge.Judge(parity).judgement
        same, higher = judgement.metrics
        self.assertEqual(same.decision, judgement_pb2.DECISION_IDENTICAL)
        self.assertEqual(higher.classification, judgement_pb2.CLASSIFICATION_HIGH)
        self.assertLess(higher.evidence.interval.lower, higher.evidence.estimate)
        self.assertEqual(higher.evidence.interval.level, 0.98)
        self.assertEqual(judgement.score, 50)

    def test_the_default_judge_is_the_one_listed_as_such(self):
        listed = self.judge.ListJudges(judge_service_pb2.ListJudgesRequest()).judges
        default = [judge.name for judge in listed if judge.default]
        judgement = self.judge.Judge(request("default")).judgement
        self.assertEqual([judgement.judge], default)
        self.assertEqual(judgement.metrics[1].classification, judgement_pb2.CLASSIFICATION_HIGH)
        self.assertTrue(judgement.metrics[1].findings)

    def test_nan_is_a_gap(self):
        gaps = request("gaps")
        gaps.pairs[0].canary.values[3] = math.nan
        metric = self.judge.Judge(gaps).judgement.metrics[0]
        self.assertEqual((metric.canary.counts.gaps, metric.canary.counts.judged), (1, 19))

    def test_compression(self):
        self.judge.Judge(request("gzip"), compression=grpc.Compression.Gzip)

    def test_stream_answers_each_once_and_one_fails_alone(self):
        wrong = request("wrong")
        wrong.pairs[0].name = "unknown"
        requests = [request(str(i)) for i in range(50)] + [wrong]
        stream = self.judge.JudgeStream(
            judge_service_pb2.JudgeStreamRequest(request=request) for request in requests
        )
        outcomes = {answer.id: answer for answer in stream}
        self.assertEqual(set(outcomes), {request.id for request in requests})
        refusal = outcomes.pop("wrong").refusal
        self.assertEqual(refusal.code, grpc.StatusCode.INVALID_ARGUMENT.value[0])
        self.assertEqual(refusal.problems[0].path, "pairs[0].name")
        self.assertTrue(all(answer.HasField("judgement") for answer in outcomes.values()))

    def test_monitor_says_each_verdict_and_a_last_one(self):
        start = monitor_pb2.MonitorStart(
            id="v7",
            canary_config=config_pb2.CanaryConfig(
                metrics=[config_pb2.MetricConfig(name=name, groups=["all"]) for name in ("latency", "errors")]
            ),
            thresholds=config_pb2.Thresholds(**{"pass": 90, "marginal": 50}),
            start_time=timestamp_pb2.Timestamp(seconds=START),
            step=duration_pb2.Duration(seconds=60),
        )

        def points(step):
            def series(shift):
                times = series_pb2.Timestamps(millis=[1000 * (START + 60 * step)])
                return series_pb2.Series(values=[shift + step * 37 % 11], timestamps=times)

            monitored = [
                monitor_pb2.MonitoredSeries(name=name, baseline=series(10), canary=series(10 + shift))
                for name, shift in (("latency", 50), ("errors", 1 if step % 2 else -1))
            ]
            end = timestamp_pb2.Timestamp(seconds=START + 60 * (step + 1))
            return monitor_pb2.MonitorPoints(series=monitored, complete_to=end)

        messages = [monitor_pb2.MonitorRequest(start=start)]
        messages += [monitor_pb2.MonitorRequest(points=points(step)) for step in range(40)]
        verdicts = list(self.judge.Monitor(iter(messages)))
        self.assertEqual([verdict.steps for verdict in verdicts], [*range(1, 41), 40])
        self.assertEqual([verdict.last for verdict in verdicts], [False] * 40 + [True])
        latency, errors = verdicts[-1].metrics
        self.assertEqual(latency.classification, judgement_pb2.CLASSIFICATION_HIGH)
        self.assertTrue(6 <= latency.alarm.step < 39, latency)
        self.assertFalse(errors.HasField("alarm"))
        self.assertFalse(verdicts[latency.alarm.step - 1].metrics[0].HasField("alarm"))
        self.assertTrue(verdicts[latency.alarm.step].metrics[0].HasField("alarm"))

        with self.assertRaises(grpc.RpcError) as raised:
            list(self.judge.Monitor(iter([messages[0], messages[0]])))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        details = rpc_status.from_call(raised.exception).details
        violations = error_details_pb2.BadRequest()
        self.assertTrue(any(detail.Unpack(violations) for detail in details))
        self.assertEqual([violation.field for violation in violations.field_violations], ["start"])

    def test_deadline(self):
        with self.assertRaises(grpc.RpcError) as raised:
            self.judge.Judge(request("late", points=12000, metrics=20), timeout=0.001)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def test_cancel(self):
        never = threading.Event()

        def requests():
            yield judge_service_pb2.JudgeStreamRequest(request=request("first"))
            never.wait()

        stream = self.judge.JudgeStream(requests())
        self.assertEqual(next(stream).id, "first")
        stream.cancel()
        with self.assertRaises(grpc.RpcError) as raised:
            next(stream)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.CANCELLED)
        never.set()
        self.judge.Judge(request("after"))
        counted = 'judge_calls_total{code="CANCELLED",method="JudgeStreamOpen"} 1'
        bound = time.monotonic() + 20
        while counted not in metrics():
            self.assertLess(time.monotonic(), bound, counted)

    def test_bad_requests_say_every_field(self):
        bad = request("bad")
        bad.ClearField("thresholds")
        bad.pairs[1].ClearField("canary")
        bad.canary_config.metrics[0].outlier_strategy = config_pb2.OUTLIER_STRATEGY_REMOVE
        bad.canary_config.metrics[0].outlier_factor = -1
        with self.assertRaises(grpc.RpcError) as raised:
            self.judge.Judge(bad)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        info, fields = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        for detail in rpc_status.from_call(raised.exception).details:
            detail.Unpack(info) or detail.Unpack(fields)
        self.assertEqual((info.reason, info.domain), ("INVALID_REQUEST", "canary.judge.v1"))
        # Without a readable config it is not known whether that had thresholds.
        self.assertEqual(
            [violation.field for violation in fields.field_violations],
            ["canaryConfig.metrics[0].outlierFactor", "pairs[1].canary"],
        )

    def test_validate_config(self):
        validate = judge_service_pb2.ValidateConfigRequest
        bad = validate(kayenta_config_json='{"metrics": [{"name": 5, "groups": []}], "classifier": {}}')
        response = self.judge.ValidateConfig(bad)
        self.assertFalse(response.usable)
        self.assertEqual(response.problems[0].path, "kayentaConfigJson.metrics[0].name")
        good = self.judge.ValidateConfig(validate(canary_config=request("").canary_config))
        self.assertTrue(good.usable)
        self.assertEqual(list(good.problems), [])

    def test_list_judges(self):
        judges = self.judge.ListJudges(judge_service_pb2.ListJudgesRequest()).judges
        self.assertIn("NetflixACAJudge-v1.0", [judge.name for judge in judges])
        self.assertEqual(sum(judge.default for judge in judges), 1)

    def test_health(self):
        health = health_pb2_grpc.HealthStub(self.channel)
        for service in ["", "canary.judge.v1.JudgeService"]:
            status = health.Check(health_pb2.HealthCheckRequest(service=service)).status
            self.assertEqual(status, health_pb2.HealthCheckResponse.SERVING)
        with self.assertRaises(grpc.RpcError) as raised:
            health.Check(health_pb2.HealthCheckRequest(service="none"))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_reflection(self):
        services = ProtoReflectionDescriptorDatabase(self.channel).get_services()
        for service in [
            "canary.judge.v1.JudgeService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ]:
            self.assertIn(service, services)


if __name__ == "__main__":
    unittest.main()
