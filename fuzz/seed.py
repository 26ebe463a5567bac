#!/usr/bin/env python3
"""Writes corpora from the smaller golden requests, every other one for EvidenceJudge-v1:
fuzz/corpus/{kayenta_json,own_json,message,monitor}."""

import gzip
import json
import pathlib
import struct

ROOT = pathlib.Path(__file__).parent
LARGEST = 6000


def varint(value):
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def field(number, payload):
    """A length-delimited protobuf field."""
    return bytes([number << 3 | 2]) + varint(len(payload)) + payload


def doubles(values):
    return field(1, struct.pack(f"<{len(values)}d", *map(float, values)))


def number(number, value):
    """A varint or a double, by its type; nothing where it is not set."""
    if value is None:
        return b""
    if isinstance(value, float):
        return bytes([number << 3 | 1]) + struct.pack("<d", value)
    return bytes([number << 3, value])


WORDS = {
    "direction": ["", "increase", "decrease", "either"],
    "nanStrategy": ["", "remove", "replace"],
    "strategy": ["", "keep", "remove"],
    "measure": ["", "meanRatio", "cles"],
}
ALLOWANCES = ["allowedIncrease", "allowedDecrease", "criticalIncrease", "criticalDecrease"]
FLAGS = {"critical": 7, "muted": 8, "mustHaveData": 9}


def word(within, key):
    return WORDS[key].index(within[key]) if key in within else None


def canary_of(metric):
    return (metric.get("analysisConfigurations") or {}).get("canary") or {}


def typed_json(config):
    """A Kayenta config as our typed messages in JSON."""

    def metric_of(metric):
        canary = canary_of(metric)
        outliers, effect = canary.get("outliers") or {}, canary.get("effectSize") or {}
        typed = {"name": metric["name"], "groups": metric["groups"]}
        typed |= {key: canary[key] for key in FLAGS if key in canary}
        numbers = {
            "direction": word(canary, "direction"),
            "nanStrategy": word(canary, "nanStrategy"),
            "outlierStrategy": word(outliers, "strategy"),
            "outlierFactor": outliers.get("outlierFactor"),
        }
        typed |= {key: value for key, value in numbers.items() if value is not None}
        typed["effectSize"] = {key: effect[key] for key in ALLOWANCES if key in effect}
        if "measure" in effect:
            typed["effectSize"]["measure"] = word(effect, "measure")
        typed["evidence"] = {"tests": [1, 2, 3], "kind": "METRIC_KIND_GAUGE", "warmUpPoints": 1}
        return typed

    return {
        "name": config["name"],
        "judge": config["judge"]["name"],
        "metrics": [metric_of(metric) for metric in config["metrics"]],
        "groupWeights": config["classifier"]["groupWeights"],
        "evidence": {"confidence": 0.95, "tests": [1, 4], "joint": {"size": 0.5}},
    }


def typed_message(config):
    """The same encoded, as the content of a CanaryConfig."""

    def metric_of(metric):
        canary = canary_of(metric)
        outliers, effect = canary.get("outliers") or {}, canary.get("effectSize") or {}
        encoded = field(1, metric["name"].encode())
        encoded += b"".join(field(2, group.encode()) for group in metric["groups"])
        encoded += number(3, word(canary, "direction")) + number(4, word(canary, "nanStrategy"))
        encoded += number(5, word(outliers, "strategy")) + number(6, outliers.get("outlierFactor"))
        for key, tag in FLAGS.items():
            encoded += number(tag, int(canary[key]) if key in canary else None)
        size = number(1, word(effect, "measure"))
        for tag, key in enumerate(ALLOWANCES, start=2):
            size += number(tag, float(effect[key]) if key in effect else None)
        return encoded + field(10, size) + field(11, field(5, b"\x01\x02\x03") + number(7, 2))

    encoded = field(1, config["name"].encode()) + field(2, config["judge"]["name"].encode())
    encoded += b"".join(field(3, metric_of(metric)) for metric in config["metrics"])
    for group, weight in config["classifier"]["groupWeights"].items():
        encoded += field(4, field(1, group.encode()) + number(2, float(weight)))
    return encoded + field(6, number(1, 0.95) + field(5, b"\x01\x04") + field(8, number(2, 0.5)))


def ours(kayenta, config):
    return {
        **config,
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


def message(kayenta, config):
    thresholds = kayenta["scoreThresholds"]
    encoded = config + field(
        4, number(1, float(thresholds["pass"])) + number(2, float(thresholds["marginal"]))
    )
    for pair in kayenta["metricSetPairList"]:
        times = b"".join(varint(index * 60) for index in range(len(pair["values"]["control"])))
        encoded += field(
            5,
            field(1, pair["name"].encode())
            + field(4, doubles(pair["values"]["control"]) + field(3, field(1, times)))
            + field(5, doubles(pair["values"]["experiment"])),
        )
    return encoded


def monitored(kayenta, config):
    """A start and all points of a monitor's stream, as many messages as there are metrics, each after its length."""
    thresholds = kayenta["scoreThresholds"]
    start = field(1, b"seed") + config + field(5, b"EvidenceJudge-v1") + field(7, b"") + field(8, number(1, 60))
    start += field(
        4, number(1, float(thresholds["pass"])) + number(2, float(thresholds["marginal"]))
    )
    messages, steps = [field(1, start)], 0
    for pair in kayenta["metricSetPairList"]:
        series = field(1, pair["name"].encode())
        for tag, side in [(2, "control"), (3, "experiment")]:
            values = pair["values"][side]
            times = b"".join(varint(index * 60_000) for index in range(len(values)))
            series += field(tag, doubles(values) + field(3, field(1, times)))
            steps = max(steps, len(values))
        messages.append(field(2, field(1, series)))
    messages.append(field(2, field(2, bytes([1 << 3]) + varint(60 * steps))))
    return b"".join(varint(len(message)) + message for message in messages)


def seeds(kayenta):
    """The names of corpora, and what goes into them."""
    config = kayenta["canaryConfig"]
    text, typed = {"kayentaConfigJson": json.dumps(config)}, {"canaryConfig": typed_json(config)}
    encoded_text, encoded = json.dumps(config).encode(), typed_message(config)
    yield "kayenta_json", "request", json.dumps(kayenta).encode()
    yield "kayenta_json", "config", encoded_text
    for kind, written in [("text", text), ("typed", typed)]:
        yield "own_json", f"{kind}-request", json.dumps(ours(kayenta, written)).encode()
        yield "own_json", f"{kind}-config", json.dumps(written).encode()
    yield "message", "text-request", message(kayenta, field(3, encoded_text))
    yield "message", "typed-request", message(kayenta, field(2, encoded))
    yield "monitor", "text", monitored(kayenta, field(3, encoded_text))
    yield "monitor", "typed", monitored(kayenta, field(2, encoded))
    yield "message", "text-config", field(2, encoded_text)
    yield "message", "typed-config", field(1, encoded)


def main():
    for name in ["kayenta_json", "own_json", "message", "monitor"]:
        (ROOT / "corpus" / name).mkdir(parents=True, exist_ok=True)
    golden = ROOT.parent / "fixtures" / "golden" / "kayenta" / "judge.ndjson.gz"
    for index, line in enumerate(gzip.open(golden, "rt", encoding="utf-8")):
        kayenta = json.loads(line)
        del kayenta["expected"]
        if len(json.dumps(kayenta)) > LARGEST:
            continue
        if index % 2:
            kayenta["canaryConfig"]["judge"]["name"] = "EvidenceJudge-v1"
        for corpus, kind, seed in seeds(kayenta):
            (ROOT / "corpus" / corpus / f"{index}-{kind}").write_bytes(seed)


if __name__ == "__main__":
    main()
