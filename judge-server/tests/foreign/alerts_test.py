"""The alerts of docs/operating.md: read by Prometheus, about series that there are, and raised when they should be."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import grpc
import yaml
from canary.judge.v1 import judge_service_pb2, judge_service_pb2_grpc

OPERATING = pathlib.Path(__file__).parents[3] / "docs" / "operating.md"
RECORDED = pathlib.Path(__file__).parents[3] / "fixtures" / "recorded"
BASE = "http://" + os.environ["JUDGE_HTTP"]


def alerts():
    return re.search(r"^```yaml\n(groups:.*?)^```", OPERATING.read_text(), re.MULTILINE | re.DOTALL)[1]


def promtool(*arguments, **files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            pathlib.Path(folder, name + ".yaml").write_text(text)
        return subprocess.run(["promtool", *arguments], cwd=folder, capture_output=True, text=True)


def curl(path, *arguments):
    command = ["curl", "--silent", "--max-time", "20", *arguments, BASE + path]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def labels(text):
    return re.findall(r'(\w+)(=~?)"([^"]*)"', text)


class Alerts(unittest.TestCase):
    def test_prometheus_reads_them(self):
        ran = promtool("check", "rules", "alerts.yaml", alerts=alerts())
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def test_every_series_they_ask_for_is_there(self):
        self.call_everything()
        exposed = [
            (name, {label: value for label, _, value in labels(pairs or "")})
            for name, pairs in re.findall(r"^(\w+)(?:\{(.*)\})? ", curl("/metrics"), re.MULTILINE)
        ]
        for rule in yaml.safe_load(alerts())["groups"][0]["rules"]:
            selectors = re.findall(r"\b(judge_\w+)(?:\{(.*?)\})?", rule["expr"])
            self.assertTrue(selectors, rule)
            for name, pairs in selectors:
                for label, operator, value in labels(pairs):
                    # Each alternative by itself: a code belongs to one of the two sides.
                    for each in value.split("|") if operator == "=~" else [re.escape(value)]:
                        found = [series for known, series in exposed if known == name and re.fullmatch(each, series[label])]
                        self.assertTrue(found, (rule["alert"], name, label, each))

    def call_everything(self):
        with grpc.insecure_channel(os.environ["JUDGE_GRPC"]) as channel:
            judge = judge_service_pb2_grpc.JudgeServiceStub(channel)
            with self.assertRaises(grpc.RpcError):
                judge.Judge(judge_service_pb2.JudgeRequest())
            list(judge.JudgeStream(iter([judge_service_pb2.JudgeStreamRequest()])))
        for path in ("/judge", "/v1/judge"):
            curl(path, "--data-binary", "{", "--header", "content-type: application/json")
            curl(path, "--data-binary", "{", "--header", "content-type: text/plain")
        with tempfile.NamedTemporaryFile() as large:
            large.truncate(5 * 1024 * 1024)
            curl("/judge", "--data-binary", "@" + large.name, "--header", "content-type: application/json")

    def raised(self, alert, minutes, series, expected):
        """Whether `alert` is raised after so many minutes of these series."""
        test = {
            "interval": "1m",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "alert_rule_test": [{"eval_time": f"{minutes}m", "alertname": alert, "exp_alerts": []}],
        }
        tests = yaml.safe_dump({"rule_files": ["alerts.yaml"], "evaluation_interval": "1m", "tests": [test]})
        ran = promtool("test", "rules", "tests.yaml", alerts=alerts(), tests=tests)
        said = ran.stdout + ran.stderr
        self.assertEqual(ran.returncode, 1 if expected else 0, said)
        self.assertTrue(not expected or f'alertname="{alert}"' in said, said)

    def test_mistaken_callers_are_seen_among_many_probes(self):
        def series(good, bad):
            return {
                'judge_calls_total{method="Judge",code="OK"}': f"0+{good}x60",
                'judge_calls_total{method="/judge",code="400"}': f"0+{bad}x60",
                'judge_calls_total{method="Health",code="OK"}': "0+100x60",
                'judge_calls_total{method="/metrics",code="200"}': "0+10x60",
            }

        self.raised("JudgeCallersMistaken", 59, series(good=3, bad=1), True)
        self.raised("JudgeCallersMistaken", 59, series(good=9, bad=1), False)

    def test_slow_judgements_are_seen_on_streams_too(self):
        for method in ("Judge", "JudgeStream", "/judge", "/v1/judge"):
            name = 'judge_call_duration_seconds_bucket{method="%s",le="%s"}'
            slow = {name % (method, 1): "0+90x60", name % (method, 5): "0+100x60", name % (method, "+Inf"): "0+100x60"}
            self.raised("JudgeSlow", 59, slow, True)
        probes = {name % ("JudgeStreamOpen", 1): "0x60", name % ("JudgeStreamOpen", "+Inf"): "0+100x60"}
        self.raised("JudgeSlow", 59, probes, False)

    def test_one_defect_is_enough(self):
        series = 'judge_refusals_total{reason="INTERNAL"}'
        self.raised("JudgeDefect", 12, {series: "0x9 1x20"}, True)
        self.raised("JudgeDefect", 12, {series: "1x30"}, False)

    def test_one_failure_of_the_store_is_enough(self):
        series = 'judge_refusals_total{reason="STORE_FAILED"}'
        self.raised("JudgeStoreFails", 12, {series: "0x9 1x20"}, True)
        self.raised("JudgeStoreFails", 12, {series: "1x30"}, False)

    def test_secrets_of_no_use_are_seen(self):
        series = 'judge_reloads_total{outcome="kept"}'
        self.raised("JudgeSecretsUnusable", 12, {series: "0x9 1x20"}, True)
        self.raised("JudgeSecretsUnusable", 12, {series: "0x30"}, False)

    def test_a_broken_config_is_seen(self):
        series = 'judge_config_files{state="broken"}'
        self.raised("JudgeConfigBroken", 22, {series: "0x9 1x20"}, True)
        self.raised("JudgeConfigBroken", 22, {series: "0x30"}, False)

    def test_lack_of_capacity(self):
        series = 'judge_refusals_total{reason="TOO_MANY_BYTES"}'
        self.raised("JudgeRefusesForLackOfCapacity", 30, {series: "0+1x60"}, True)
        self.raised("JudgeRefusesForLackOfCapacity", 30, {series: "5x60"}, False)


if __name__ == "__main__":
    unittest.main()
