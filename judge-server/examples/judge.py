#!/usr/bin/env python3
"""Asks a judge-server over gRPC about a canary in Kayenta's format, and prints its verdict.

    pip install grpcio grpcio-reflection protobuf
    judge-server/examples/judge.py fixtures/recorded/failing/request.json

The contract comes from the server itself, by reflection, so no stubs are needed.
"""

import argparse
import json

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("request", help="a request as Kayenta posts it to a remote judge")
    parser.add_argument("--server", default="127.0.0.1:50051")
    arguments = parser.parse_args()
    with open(arguments.request, encoding="utf-8") as file:
        kayenta = json.load(file)

    channel = grpc.insecure_channel(arguments.server)
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    method = pool.FindServiceByName("canary.judge.v1.JudgeService").FindMethodByName("Judge")
    request = json_format.ParseDict(
        {
            "id": arguments.request,
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
        },
        message_factory.GetMessageClass(method.input_type)(),
    )
    judge = channel.unary_unary(
        "/canary.judge.v1.JudgeService/Judge",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
    )
    response = judge(request, timeout=10)
    judgement = json_format.MessageToDict(response, always_print_fields_with_no_presence=True)["judgement"]
    print(judgement["verdict"], judgement["score"], judgement.get("reason", ""))
    for metric in judgement["metrics"]:
        print(f"{metric['classification']:26} {metric['name']:20} {metric['explanation']}")


if __name__ == "__main__":
    main()
