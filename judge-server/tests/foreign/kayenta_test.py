"""A client of Kayenta's API stores a config, also in an empty root."""

import json
import os
import unittest
import urllib.request

BASE = "http://" + os.environ["JUDGE_KAYENTA"]


class Kayenta(unittest.TestCase):
    def test_a_config_without_an_id_gets_one(self):
        config = {"name": "shop", "applications": ["shop"], "metrics": []}
        request = urllib.request.Request(
            BASE + "/canaryConfig", json.dumps(config).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            id = json.load(answer)["canaryConfigId"]
        with urllib.request.urlopen(f"{BASE}/canaryConfig/{id}", timeout=20) as answer:
            self.assertEqual(json.load(answer)["name"], "shop")


if __name__ == "__main__":
    unittest.main()
