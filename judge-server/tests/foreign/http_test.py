"""curl for every HTTP call, held against the OpenAPI document."""

import copy
import json
import os
import pathlib
import subprocess
import unittest
import urllib.error
import urllib.request

import jsonschema
import openapi_spec_validator
import referencing

RECORDED = pathlib.Path(__file__).parents[3] / "fixtures" / "recorded"
BASE = "http://" + os.environ["JUDGE_HTTP"]


class Answer:
    def __init__(self, output):
        self.body, _, status = output.rpartition(b"\n")
        code, self.content_type = status.decode().split(" ", 1)
        self.status = int(code)

    def json(self):
        return json.loads(self.body)


def curl(path, *arguments, body=None):
    command = ["curl", "--silent", "--max-time", "20", "--write-out", "\n%{http_code} %{content_type}", *arguments]
    if body is not None:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        command += ["--header", "content-type: application/json", "--data-binary", "@-"]
    return Answer(subprocess.run([*command, BASE + path], input=body, capture_output=True, check=True).stdout)


def kayenta(name="failing"):
    return json.loads((RECORDED / name / "request.json").read_text())


def ours(name):
    request = kayenta(name)
    return {
        "id": name,
        "kayentaConfigJson": json.dumps(request["canaryConfig"]),
        "thresholds": request["scoreThresholds"],
        "pairs": [
            {
                "name": pair["name"],
                "baseline": {"values": pair["values"]["control"]},
                "canary": {"values": pair["values"]["experiment"]},
            }
            for pair in request["metricSetPairList"]
        ],
    }


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.openapi = curl("/openapi.json").json()
        resource = referencing.Resource(cls.openapi, referencing.jsonschema.DRAFT202012)
        cls.registry = referencing.Registry().with_resource("urn:openapi", resource)

    def check(self, schema, document):
        pointer = {"$ref": f"urn:openapi#/components/schemas/{schema}"}
        jsonschema.Draft202012Validator(pointer, registry=self.registry).validate(document)

    def refused(self, answer, status, reason):
        self.assertEqual((answer.status, answer.content_type), (status, "application/problem+json"), answer.body)
        self.check("ProblemJson", answer.json())
        self.assertEqual(answer.json()["reason"], reason)
        return [violation["field"] for violation in answer.json().get("violations", [])]

    def test_openapi_is_valid_and_its_routes_exist(self):
        openapi_spec_validator.validate(self.openapi)
        page = curl("/").body.decode()
        for path, operations in self.openapi["paths"].items():
            for method in operations:
                answer = curl(path, "--request", method.upper())
                self.assertNotIn(answer.status, (404, 405), path)
                self.assertIn(f"{method.upper()} {path}</code>", page)
        self.refused(curl("/v2/judge"), 404, "NOT_FOUND")
        self.refused(curl("/judge"), 405, "METHOD_NOT_ALLOWED")

    def test_kayenta(self):
        for name, verdict in [("failing", "Fail"), ("same-version", "Pass")]:
            request = kayenta(name)
            self.check("KayentaRequest", request)
            answer = curl("/judge", body=request)
            self.assertEqual((answer.status, answer.content_type), (200, "application/json"))
            result = answer.json()
            self.check("KayentaResult", result)
            self.assertEqual(result["score"]["classification"], verdict)
            for pair, metric in zip(request["metricSetPairList"], result["results"]):
                self.assertEqual(metric["id"], pair["id"])
                self.assertGreater(metric["controlMetadata"]["stats"]["count"], 0)
                self.assertIn("ratio", metric["resultMetadata"])

    def test_kayenta_as_jackson_writes_it(self):
        request = kayenta()
        expected = curl("/judge", body=request).json()
        # Fields that Kayenta has beside those that a judge reads, of any shape.
        odd = copy.deepcopy(request)
        odd["canaryConfig"].update(createdTimestamp=1, owner=None, templates={"x": "y"})
        for number, metric in enumerate(odd["canaryConfig"]["metrics"]):
            metric["query"] = [None, 7, "text", {"deep": [[]]}, []][number % 5]
            metric["analysisConfigurations"]["future"] = {"x": 1}
        for pair in odd["metricSetPairList"]:
            pair["attributes"] = {"query": "rate(x[1m])"}
            pair["scopes"]["control"]["unknown"] = True
            # Gaps and numbers as Jackson reads them too: null, and in quotes.
            values = pair["values"]
            values["control"] = [None if value == "NaN" else value for value in values["control"]]
            values["experiment"] = [str(value) for value in values["experiment"]]
        self.assertTrue(any(None in pair["values"]["control"] for pair in odd["metricSetPairList"]))
        odd["unknown"] = {"a": [1, {"b": None}]}
        answer = curl("/judge", body=odd)
        self.assertEqual((answer.status, answer.json()), (200, expected))
        self.assertIn('"NaN"', json.dumps(request))
        bare = json.dumps(odd).replace('"NaN"', "NaN").encode()
        self.assertEqual(curl("/judge", body=bare).json(), expected)

    def test_our_own(self):
        for name, verdict in [("failing", "VERDICT_FAIL"), ("same-version", "VERDICT_PASS")]:
            request = ours(name)
            self.check("JudgeRequest", request)
            answer = curl("/v1/judge", body=request)
            self.assertEqual(answer.status, 200, answer.body)
            response = answer.json()
            self.check("JudgeResponse", response)
            self.assertEqual((response["id"], response["judgement"]["verdict"]), (name, verdict))

    def test_refusals_name_the_fields(self):
        request = kayenta()
        del request["scoreThresholds"]
        del request["metricSetPairList"][1]["values"]["experiment"]
        fields = self.refused(curl("/judge", body=request), 400, "INVALID_REQUEST")
        self.assertEqual(fields, ["scoreThresholds", "metricSetPairList[1].values.experiment"])
        own = ours("failing")
        del own["thresholds"], own["pairs"][1]["canary"]
        own["kayentaConfigJson"] = json.dumps({"metrics": [], "classifier": {}})
        fields = self.refused(curl("/v1/judge", body=own), 400, "INVALID_REQUEST")
        self.assertEqual(fields, ["thresholds", "pairs[1].canary"])
        for body in [b"", b"{", b"\xff", b"[" * 100000, b"null"]:
            self.refused(curl("/judge", body=body), 400, "INVALID_REQUEST")
            self.refused(curl("/v1/judge", body=body), 400, "INVALID_REQUEST")

    def test_refusals_reach_clients_that_send_all_first(self):
        head = {"content-type": "application/json"}
        for path, body, status in [("/judge", b" " * 4299000, 413), ("/nowhere", b" " * 9000000, 404)]:
            with self.assertRaises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(urllib.request.Request(BASE + path, body, head), timeout=20)
            with refused.exception as answer:
                self.assertEqual((answer.code, json.load(answer)["status"]), (status, status))

    def test_judges_and_configs(self):
        judges = curl("/v1/judges").json()
        self.check("ListJudgesResponse", judges)
        self.assertIn("NetflixACAJudge-v1.0", [judge["name"] for judge in judges["judges"]])
        config = {"kayentaConfigJson": json.dumps(kayenta()["canaryConfig"])}
        self.check("ValidateConfigRequest", config)
        answer = curl("/v1/config:validate", body=config).json()
        self.check("ValidateConfigResponse", answer)
        self.assertTrue(answer["usable"])
        answer = curl("/v1/config:validate", body={"kayentaConfigJson": '{"metrics": 5}'}).json()
        self.check("ValidateConfigResponse", answer)
        self.assertFalse(answer["usable"])

    def test_signs_of_life(self):
        for path in ["/healthz", "/readyz"]:
            self.assertEqual(curl(path).status, 200)

    def test_metrics(self):
        curl("/judge", body=kayenta())
        answer = curl("/metrics")
        self.assertEqual(answer.status, 200)
        for name in ["judge_calls_total", "judge_verdicts_total", "judge_build_info", "judge_points_total"]:
            self.assertIn(f"\n{name}", answer.body.decode())
        subprocess.run(["promtool", "check", "metrics"], input=answer.body, check=True)


if __name__ == "__main__":
    unittest.main()
