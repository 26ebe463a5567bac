// Reports to open, made by the command from real and from hostile requests.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const judge = process.env.JUDGE ?? join(root, "target/debug/judge");
const folder = join(here, "../reports");

const START = 1795183742000;
const STEP = 15000;

export const HOSTILE = [
  "</script><script>window.harmed = true</script>",
  "<img src=x onerror='window.harmed = true'>",
  `"quotes' & &amp; <!-- comment`,
  "\u202edrawkcab \u05d0\u05d1\u05d2 name",
  "long-".repeat(60),
  "${window.harmed = true} {{7*7}} \\u003c",
];

// Points that are the same on every machine: 0 to 1, spread evenly and without order.
function noise(index) {
  return (index * 0.6180339887) % 1;
}

function pair(name, control, experiment, clock = true) {
  const scope = { startTimeMillis: START, stepMillis: STEP };
  const scopes = clock ? { control: scope, experiment: scope } : undefined;
  return { name, values: { control, experiment }, scopes };
}

function request(name, pairs) {
  const metrics = pairs.map((pair, index) => ({ name: pair.name, groups: [`group ${pair.name}`, `shared ${index % 3}`] }));
  return {
    canaryConfig: { name, metrics, classifier: { groupWeights: {} } },
    scoreThresholds: { pass: 95, marginal: 75 },
    metricSetPairList: pairs,
  };
}

const points = (count, level, spread) => Array.from({ length: count }, (_, index) => level + spread * noise(index + level));

function hostile() {
  return request(HOSTILE[0], HOSTILE.map((name, index) => pair(name, points(40, 10, 3), points(40, 10 + (index % 2) * 9, 3))));
}

// 20 metrics of 60 points a side with as many digits as there are.
function large() {
  const pairs = Array.from({ length: 20 }, (_, index) => {
    const level = 10 ** (index - 8);
    return pair(`service-latency-${index}`, points(60, level, level / 3), points(60, level * (1 + (index % 4) / 9), level / 3));
  });
  return request("checkout, twenty metrics", pairs);
}

// What a chart may stumble over.
function odd() {
  const gaps = Array(30).fill("NaN");
  return request("odd series", [
    pair("one constant", Array(30).fill(5), Array(30).fill(5)),
    pair("two constants", Array(30).fill(0), Array(30).fill(7e300)),
    pair("all gaps", gaps, gaps),
    pair("one side", points(30, 4, 1), gaps),
    pair("no points", [], []),
    pair("one point", [1], [2]),
    pair("gaps between", points(30, 4, 1).map((value, index) => (index % 3 ? value : "NaN")), points(30, 4, 1)),
    pair("without times", points(30, 4, 1), points(20, 5, 1), false),
    pair("infinite", [...points(29, 4, 1), "Infinity"], points(30, 4, 1)),
    pair("infinite both ways", ["-Infinity", "NaN", ...points(28, 4, 1)], ["NaN", "-Infinity", "Infinity", ...points(27, 4, 1)]),
    pair("infinite side", Array(30).fill("Infinity"), points(30, 4, 1)),
    pair("all infinite", Array(30).fill("Infinity"), Array(30).fill("-Infinity")),
    pair("large level", points(30, 4e9, 10), points(30, 4e9, 20)),
    pair("negative large level", points(30, -4e9, 10), points(30, -4e9, 20)),
    pair("the last digits", points(30, 1e15, 1000), points(30, 1e15, 2000)),
    pair("small level", points(30, 3e-9, 1e-17), points(30, 3e-9, 1e-17)),
    pair("error of arithmetic", Array.from({ length: 30 }, (_, index) => (index % 2 ? 0.3 : 0.1 + 0.2)), Array(30).fill(0.3)),
    pair("subnormal", Array.from({ length: 30 }, (_, index) => (index % 3) * 5e-324), points(30, 0, 1e-310)),
    pair("one subnormal value", Array(30).fill(1e-310), Array(30).fill(1e-310)),
    pair("as far apart as doubles are", Array.from({ length: 30 }, (_, index) => (index % 2 ? -1.7e308 : 1.7e308)), points(30, 4, 1)),
    pair("many", points(1500, 4, 1), points(1500, 4, 2)),
  ]);
}

// Writes the report of a request and gives its address and size.
function report(name, request) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.html`);
  try {
    execFileSync(judge, ["run", "-", "--report", path, "--format", "json"], { input: JSON.stringify(request), stdio: ["pipe", "pipe", "ignore"] });
  } catch (error) {
    // 3 and 4 are verdicts.
    if (![3, 4].includes(error.status)) throw error;
  }
  return { name, request, url: pathToFileURL(path).href, bytes: readFileSync(path).length };
}

const RECORDED = ["cold-start", "failing", "leaky", "same-version", "slower"];

export const reports = [
  ...RECORDED.map((name) => report(name, JSON.parse(readFileSync(join(root, "fixtures/recorded", name, "request.json"))))),
  report("hostile", hostile()),
  report("large", large()),
  report("odd", odd()),
];

// A judgement without its series.
export const withoutSeries = (() => {
  const json = join(folder, "bare.json");
  const path = join(folder, "bare.html");
  const kept = request("bare", [pair("latency", points(30, 4, 1), points(30, 4, 1))]);
  writeFileSync(json, execFileSync(judge, ["run", "-", "--format", "json"], { input: JSON.stringify(kept) }));
  execFileSync(judge, ["report", json, "-o", path]);
  return pathToFileURL(path).href;
})();
