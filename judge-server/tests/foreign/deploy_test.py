"""The files of deploy/ against the server itself: read, started from and posted as they stand."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest
import urllib.request

import kubernetes_validate
import yaml

DEPLOY = pathlib.Path(__file__).parents[3] / "deploy"
BASE = "http://" + os.environ["JUDGE_HTTP"]
BINARY = os.environ["JUDGE_BINARY"]


def documents(name):
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def container():
    deployment = next(each for each in documents("kubernetes.yaml") if each["kind"] == "Deployment")
    return deployment["spec"]["template"]["spec"]["containers"][0]


class Deploying(unittest.TestCase):
    def test_the_server_takes_the_arguments(self):
        """Of Kubernetes, and of the image with its environment."""
        image = (DEPLOY / "Dockerfile").read_text()
        command = json.loads(re.search(r"^CMD (.*)$", image, re.MULTILINE)[1])
        variables = dict(each.split("=") for each in re.search(r"^ENV (.*)$", image, re.MULTILINE)[1].split())
        for arguments, environment in ((container()["args"], {}), (command, variables)):
            ran = subprocess.run(
                [BINARY, *arguments, "--print-config"], env=environment, capture_output=True, text=True
            )
            self.assertEqual(ran.returncode, 0, ran.stderr)
            for line in ('grpc-listen = "0.0.0.0:50051"', 'http-listen = "0.0.0.0:8080"', "/etc/judge/tokens"):
                self.assertIn(line, ran.stdout)

    def test_the_image_checks_its_own_health(self):
        image = (DEPLOY / "Dockerfile").read_text()
        path, *arguments = json.loads(re.search(r"^HEALTHCHECK CMD (.*)$", image, re.MULTILINE)[1])
        self.assertIn(f"COPY --from=build /judge-server {path}\n", image)
        for address, code in ((os.environ["JUDGE_HTTP"], 0), (os.environ["JUDGE_GRPC"], 1)):
            environment = {"JUDGE_HTTP_LISTEN": address}
            ran = subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True)
            self.assertEqual(ran.returncode, code, ran.stderr)

    def test_kubernetes_knows_every_field(self):
        for name in ("kubernetes.yaml", "kubernetes-canaries.yaml", "kubernetes-postgresql.yaml"):
            for document in documents(name):
                kubernetes_validate.validate(document, "1.33", strict=True)

    def test_the_server_that_keeps_canaries_takes_its_arguments(self):
        deployment = next(each for each in documents("kubernetes-canaries.yaml") if each["kind"] == "Deployment")
        self.assertEqual((deployment["spec"]["replicas"], deployment["spec"]["strategy"]), (1, {"type": "Recreate"}))
        arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        ran = subprocess.run([BINARY, *arguments, "--print-config"], env={}, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn('store = "/var/lib/judge/judge.db"', ran.stdout)

    def test_replicas_over_postgresql_differ_from_one_with_a_volume_where_they_must(self):
        one, several = documents("kubernetes-canaries.yaml"), documents("kubernetes-postgresql.yaml")
        self.assertEqual([each["kind"] for each in several], ["Deployment", "Service", "PodDisruptionBudget"])
        self.assertEqual(one[2], several[1])
        self.assertEqual(several[2]["spec"]["selector"], several[0]["spec"]["selector"])
        one, several = one[1]["spec"], several[0]["spec"]
        self.assertGreater(several["replicas"], 1)
        self.assertEqual(several["strategy"], {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}})
        one, several = one["template"]["spec"], several["template"]["spec"]
        self.assertEqual(several["volumes"], [{"name": "tokens", "secret": {"secretName": "judge-tokens"}}])
        alone, container = one["containers"][0], several["containers"][0]
        self.assertEqual(set(alone["args"]) - set(container["args"]), {"--store=/var/lib/judge/judge.db"})
        drains = sum(int(re.search(rf"--drain-{name}=(\d+)s", str(container["args"]))[1]) for name in ("delay", "time"))
        self.assertGreater(several["terminationGracePeriodSeconds"], drains)
        keys = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"]}
        text = (DEPLOY / "kubernetes-postgresql.yaml").read_text()
        for key in keys.values():
            self.assertRegex(text, rf"# +kubectl create secret generic {key['name']} .*--from-literal={key['key']}=")
        url = re.search(r"--from-literal=url=(\S+)", text)[1]
        environment = {"JUDGE_STORE": url, "PGPASSWORD": "hidden"}
        self.assertEqual(set(keys), set(environment))
        ran = subprocess.run(
            [BINARY, *container["args"], "--print-config"], env=environment, capture_output=True, text=True
        )
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertIn(f'store = "{url}"', ran.stdout)
        for name in ("volumes", "volumeMounts", "args", "env", "containers", "terminationGracePeriodSeconds"):
            for each in (one, several, alone, container):
                each.pop(name, None)
        self.assertEqual((one, alone), (several, container))

    def test_systemd_takes_the_unit(self):
        unit = (DEPLOY / "judge-server.service").read_text()
        placed = unit.replace("/usr/local/bin/judge-server ", BINARY + " ")
        self.assertNotEqual(placed, unit)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "judge-server.service")
            path.write_text(placed)
            command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", path]
            ran = subprocess.run(command, capture_output=True, text=True)
        # What it does not know it ignores, and says so.
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))

    def test_argo_has_a_token_rather_than_the_tokens_file(self):
        template = documents("argo-rollouts.yaml")[0]["spec"]
        token = next(arg for arg in template["args"] if arg["name"] == "token")["valueFrom"]["secretKeyRef"]
        deployment = next(each for each in documents("kubernetes.yaml") if each["kind"] == "Deployment")
        served = [volume["secret"]["secretName"] for volume in deployment["spec"]["template"]["spec"]["volumes"]]
        self.assertNotIn(token["name"], served)
        headers = {each["key"]: each["value"] for each in template["metrics"][0]["provider"]["web"]["headers"]}
        self.assertEqual(headers["Authorization"], "Bearer {{args.token}}")

    def test_ports_agree(self):
        exposed = re.search(r"^EXPOSE (.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)[1].split()
        listed = {str(port["containerPort"]) for port in container()["ports"]}
        self.assertEqual(set(exposed), listed)
        probed = {str(container()[probe]["grpc"]["port"]) for probe in ("startupProbe", "readinessProbe")}
        self.assertLessEqual(probed, listed)

    def test_argo_posts_a_canary_and_reads_its_verdict(self):
        spec = documents("argo-rollouts.yaml")[0]["spec"]["metrics"][0]
        web = spec["provider"]["web"]
        self.assertEqual(web["jsonPath"], "{$.judgement.verdict}")
        same, worse = list(range(100, 140)), list(range(200, 240))
        for canary, condition in ((same, spec["successCondition"]), (worse, spec["failureCondition"])):
            given = {"id": "release-7", "baseline": json.dumps(same), "canary": json.dumps(canary)}
            body = re.sub(r"{{args\.(\w+)}}", lambda name: given[name[1]], web["body"])
            path = web["url"].split(":8080", 1)[1]
            headers = {"content-type": "application/json"}
            request = urllib.request.Request(BASE + path, body.encode(), headers, method=web["method"])
            with urllib.request.urlopen(request, timeout=web["timeoutSeconds"]) as answer:
                verdict = json.load(answer)["judgement"]["verdict"]
            self.assertEqual(condition, f'result == "{verdict}"')

    def test_kayenta_asks_the_judge_s_own_port(self):
        remote = documents("kayenta.yml")[0]["kayenta"]["remote-judge"]
        self.assertIs(remote["enabled"], True)
        self.assertEqual(remote["endpoint"]["baseUrl"].rsplit(":", 1)[1], "8080")


if __name__ == "__main__":
    unittest.main()
