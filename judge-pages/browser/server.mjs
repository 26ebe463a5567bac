// A judge-server of the tests' own, and a stand-in for the Prometheus that it asks.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const binary = process.env.JUDGE_SERVER ?? join(here, "../../target/debug/judge-server");

// Half an hour of a day that is over.
const START = "2026-03-29T00:30:00Z";

// Every query has one series around 100, or 1,000 where it names something bad. `hold` makes queries wait, each until it
// is let through.
async function prometheus() {
  let held = false;
  const waiting = [];
  const server = createServer(async (request, response) => {
    let form = "";
    for await (const piece of request) form += piece;
    if (held) await new Promise((go) => waiting.push(go));
    const asked = new URLSearchParams(form || new URL(request.url, "http://x").search);
    const [start, end, step] = ["start", "end", "step"].map((name) => Number(asked.get(name)));
    const scale = /bad/.test(asked.get("query")) ? 1000 : 100;
    const values = [];
    for (let time = start; time <= end; time += step) values.push([time, String(scale + 10 * ((time * 0.6180339887) % 1))]);
    const result = [{ metric: { __name__: "requests" }, values }];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ status: "success", data: { resultType: "matrix", result } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    hold: () => (held = true),
    release: () => {
      held = false;
      for (const go of waiting.splice(0)) go();
    },
    // Lets as many queries through as one look has.
    step: async (queries) => {
      while (waiting.length < queries) await new Promise((go) => setTimeout(go, 5));
      for (const go of waiting.splice(0, queries)) go();
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

// Starts a server with `tokens`, lines of a file; without any, anyone may call it.
export async function start(tokens = "") {
  const folder = mkdtempSync(join(tmpdir(), "judge-pages-"));
  const source = await prometheus();
  const listen = ["grpc", "http", "kayenta"].map((name) => `--${name}-listen=127.0.0.1:0`);
  const flags = [...listen, `--store=${join(folder, "judge.db")}`, `--prometheus=${source.url}`];
  if (tokens) {
    writeFileSync(join(folder, "tokens"), tokens);
    flags.push(`--tokens=${join(folder, "tokens")}`);
  }
  const child = spawn(binary, flags, { stdio: ["ignore", "inherit", "pipe"] });
  const url = await new Promise((found, failed) => {
    const said = [];
    child.once("exit", () => failed(new Error(said.join("\n"))));
    createInterface({ input: child.stderr }).on("line", (line) => {
      said.push(line);
      const address = line.includes("serving") && line.match(/http"?[=:]"?(127\.0\.0\.1:\d+)/);
      if (address) found(`http://${address[1]}`);
    });
  });
  const [token] = tokens.split(" ");
  const call = async (path, body) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const method = body ? "POST" : "GET";
    const answer = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
    return answer;
  };
  return {
    url,
    source,
    call,
    // Starts a canary, and returns its id; it is over if `ends`.
    canary: async ({ application = "shop", scope = "canary", config, looks = 2, metadata = {}, ends = true }) => {
      const lifetime = { lifetime: `${looks * 600}s`, interval: "600s" };
      const started = await call("/v1/canaries", {
        application,
        kayentaConfigJson: JSON.stringify(config),
        scopes: { default: { baseline: { scope: "stable" }, canary: { scope } } },
        stage: { start: START, ...lifetime },
        metadata,
      });
      const { id } = (await started.json()).canary;
      if (ends) await (await call(`/v1/canaries/${id}/events`)).text();
      return id;
    },
    close: async () => {
      source.close();
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// A config with a metric for each name, judged by Kayenta's judge or another.
export function config(names, name = "shop", judgeName = "NetflixACAJudge-v1.0") {
  const metrics = names.map((metric, index) => ({
    name: metric,
    groups: [`group ${index % 4}`],
    query: { type: "prometheus", customInlineTemplate: `PromQL:m${index}{app="\${scope}"}` },
    analysisConfigurations: { canary: { direction: "increase" } },
  }));
  const groups = [...new Set(metrics.flatMap(({ groups }) => groups))];
  const groupWeights = Object.fromEntries(groups.map((group) => [group, 100 / groups.length]));
  const judge = { name: judgeName, judgeConfigurations: {} };
  const classifier = { groupWeights, scoreThresholds: { pass: 95, marginal: 75 } };
  return { name, applications: ["shop"], configVersion: "1", judge, metrics, classifier };
}
