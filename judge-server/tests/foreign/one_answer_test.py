"""The server's answers have the pinned bits, however it was built."""

import gzip
import json
import os
import pathlib
import struct
import unittest
import urllib.request

FIXTURES = pathlib.Path(__file__).parents[3] / "fixtures"
URL = "http://" + os.environ["JUDGE_HTTP"] + "/v1/judge"
NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def ours(kayenta, judge):
    config = kayenta["canaryConfig"]
    config.setdefault("classifier", {})["groupWeights"] = {}
    config["judge"] = {"name": judge, "judgeConfigurations": {}}
    return {
        "id": "one answer",
        "kayentaConfigJson": json.dumps(config),
        "thresholds": kayenta["scoreThresholds"],
        "pairs": [
            {
                "name": pair["name"],
                "baseline": {"values": pair["values"]["control"]},
                "canary": {"values": pair["values"]["experiment"]},
            }
            for pair in kayenta["metricSetPairList"]
        ],
    }


def numbers(value):
    """All numbers of a document, keys in alphabetical order."""
    if isinstance(value, dict):
        for key in sorted(value):
            yield from numbers(value[key])
    elif isinstance(value, list):
        for item in value:
            yield from numbers(item)
    elif isinstance(value, str):
        if value in NOT_FINITE:
            yield NOT_FINITE[value]
    elif value is not None and not isinstance(value, bool):
        yield float(value)


def digest(document):
    """FNV-1a of the bits of all numbers, as in judge-core/tests/one_answer/pinned.rs."""
    hash = 0xCBF29CE484222325
    for byte in b"".join(struct.pack(">d", number) for number in numbers(document)):
        hash = (hash ^ byte) * 0x100000001B3 % 2**64
    return f"{hash:016x}"


class OneAnswer(unittest.TestCase):
    def test_pinned_bits(self):
        with gzip.open(FIXTURES / "golden/kayenta/judge.ndjson.gz", "rt") as lines:
            golden = lines.readlines()
        rows = (FIXTURES / "golden/one-answer/digests.tsv").read_text().splitlines()[1:]
        self.assertGreaterEqual(len(rows), 60)
        for row in rows:
            case, judge, _, expected = row.split("\t")
            folder, _, index = case.rpartition("/")
            request = json.loads(golden[int(index)] if folder == "golden" else (FIXTURES / case).read_text())
            sent = urllib.request.Request(
                URL, json.dumps(ours(request, judge)).encode(), {"content-type": "application/json"}
            )
            with urllib.request.urlopen(sent, timeout=20) as answer:
                found = digest(json.load(answer))
            with self.subTest(case=case, judge=judge):
                self.assertEqual(found, expected)


if __name__ == "__main__":
    unittest.main()
