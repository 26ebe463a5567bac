#!/usr/bin/env python3
"""Writes corpora from the smaller golden requests: fuzz/corpus/{kayenta_json,own_json,message}."""

import gzip
import json
import pathlib
import struct

ROOT = pathlib.Path(__file__).parent
LARGEST = 6000


def field(number, payload):
    """A length-delimited protobuf field."""
    length, digits = len(payload), bytearray()
    while length > 0x7F:
        digits.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([number << 3 | 2, *digits, length]) + payload


def doubles(values):
    return field(1, struct.pack(f"<{len(values)}d", *map(float, values)))


def ours(kayenta):
    return {
        "kayentaConfigJson": json.dumps(kayenta["canaryConfig"]),
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


def message(kayenta):
    thresholds = kayenta["scoreThresholds"]
    encoded = field(3, json.dumps(kayenta["canaryConfig"]).encode())
    encoded += field(4, b"\x09" + struct.pack("<d", thresholds["pass"]) + b"\x11" + struct.pack("<d", thresholds["marginal"]))
    for pair in kayenta["metricSetPairList"]:
        encoded += field(
            5,
            field(1, pair["name"].encode())
            + field(4, doubles(pair["values"]["control"]))
            + field(5, doubles(pair["values"]["experiment"])),
        )
    return encoded


def main():
    for name in ["kayenta_json", "own_json", "message"]:
        (ROOT / "corpus" / name).mkdir(parents=True, exist_ok=True)
    golden = ROOT.parent / "fixtures" / "golden" / "kayenta" / "judge.ndjson.gz"
    for number, line in enumerate(gzip.open(golden, "rt", encoding="utf-8")):
        kayenta = json.loads(line)
        del kayenta["expected"]
        document = json.dumps(kayenta).encode()
        if len(document) > LARGEST:
            continue
        (ROOT / "corpus" / "kayenta_json" / str(number)).write_bytes(document)
        (ROOT / "corpus" / "own_json" / str(number)).write_bytes(json.dumps(ours(kayenta)).encode())
        (ROOT / "corpus" / "message" / str(number)).write_bytes(message(kayenta))


if __name__ == "__main__":
    main()
