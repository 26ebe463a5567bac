import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { checkAccess, open, openAll, watched } from "../../judge-report/browser/tests/browser.mjs";
import { config, start } from "./server.mjs";

const screenshots = new URL("./screenshots/", import.meta.url).pathname;
const LIMIT = 200_000;
const HOSTILE = [
  "</script><script>window.harmed = true</script>",
  "<img src=x onerror='window.harmed = true'>",
  `"quotes' & &amp; <!-- comment`,
  "\u202edrawkcab \u05d0\u05d1\u05d2 name",
  "long-".repeat(30),
  "javascript:window.harmed=true",
];
// Ends the isolate around it, and turns what follows.
const TURNING = "\u2069\u202edrawkcab";
const EVIDENCE = "EvidenceJudge-v1";
const TWENTY = Array.from({ length: 20 }, (_, index) => `service-latency-${index}`);

let browser;
let server;
const ids = {};
before(async () => {
  [browser, server] = await Promise.all([open(), start()]);
  ids.good = await server.canary({ config: config(["latency", "errors"]), metadata: { commit: "7" } });
  ids.bad = await server.canary({ scope: "bad", config: config(["latency", "errors"]) });
  ids.planned = await server.canary({ application: "planned", scope: "bad", config: config(["latency", "errors"], "planned", EVIDENCE), looks: 4 });
  ids.large = await server.canary({ application: "large", config: config(TWENTY), looks: 70 });
  const hostile = config(HOSTILE, HOSTILE[0]);
  ids.hostile = await server.canary({ application: HOSTILE[1], scope: "bad<b>name</b>", config: hostile, metadata: { [HOSTILE[3]]: HOSTILE[0] } });
  const turning = config([`1${TURNING}`, `2${TURNING}`], TURNING);
  ids.turning = await server.canary({ application: TURNING, scope: `bad${TURNING}`, config: turning, metadata: { [TURNING]: TURNING } });
  await server.call("/flagger/event", { name: TURNING, namespace: TURNING, checksum: TURNING, metadata: { [TURNING]: TURNING } });
  const many = config(TWENTY, "many");
  for (let release = 0; release < 20; release += 1) await server.canary({ application: "many", config: many, looks: 1 });
  const stored = await server.call("/v1/configs", { id: "shop", kayentaConfigJson: JSON.stringify(config(["latency"])) });
  ids.config = (await stored.json()).config.id;
});
after(async () => {
  await browser?.close();
  await server?.close();
});

// The page at a path, with its faults.
async function visit(path, scheme = "light", on = server) {
  const { page, faults } = await watched(browser.context, (address) => address.startsWith(on.url));
  await page.emulateMedia({ colorScheme: scheme });
  await page.goto(on.url + path);
  return { page, faults };
}

// Presses Tab until `target` has the focus.
async function tabTo(page, target) {
  const element = await target.elementHandle();
  for (let pressed = 0; pressed < 300; pressed += 1) {
    await page.keyboard.press("Tab");
    if (await element.evaluate((found) => found === document.activeElement)) return;
  }
  assert.fail(`no Tab leads to ${target}`);
}

// Presses Enter on what Tab leads to, and waits for the page that it leads to.
async function enter(page, target) {
  await tabTo(page, target);
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
}

const pages = {
  list: () => "/",
  canary: () => `/canaries/${ids.bad}`,
  planned: () => `/canaries/${ids.planned}`,
  large: () => `/canaries/${ids.large}`,
  hostile: () => `/canaries/${ids.hostile}`,
  compare: () => `/compare?a=${ids.good}&b=${ids.bad}`,
  "compare-hostile": () => `/compare?a=${ids.hostile}&b=${ids.bad}`,
  history: () => "/history?application=shop",
  "history-large": () => "/history?application=many",
  "history-hostile": () => `/history?application=${encodeURIComponent(HOSTILE[1])}`,
  configs: () => "/configs",
  config: () => `/configs/${ids.config}`,
  "new-config": () => "/configs-new",
  audit: () => "/audit",
  about: () => "/about",
};

for (const [name, path] of Object.entries(pages)) {
  for (const scheme of ["light", "dark"]) {
    test(`${name}, ${scheme}: accessible, nothing goes wrong, and a picture is taken`, async () => {
      const { page, faults } = await visit(path(), scheme);
      // Twenty charts of 700 points keep the checks busy for half a minute.
      if (name !== "large") await openAll(page);
      await page.screenshot({ path: `${screenshots}${name}-${scheme}.png`, fullPage: true });
      await checkAccess(page);
      assert.equal(await page.evaluate(() => window.harmed), undefined);
      await page.setViewportSize({ width: 375, height: 700 });
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 375, "fits a narrow screen");
      assert.deepEqual(faults, []);
      await page.close();
    });
  }

  test(`${name}: at most 200 kB but for the points`, async () => {
    const text = await (await fetch(server.url + path())).text();
    const files = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, file]) => file);
    const sizes = await Promise.all(files.map(async (file) => {
      const plain = await (await fetch(server.url + file)).arrayBuffer();
      return gzipSync(Buffer.from(plain)).length;
    }));
    const points = text.match(/<script type="application\/json" id="series">.*?<\/script>/s)?.[0] ?? "";
    const html = Buffer.byteLength(text) - Buffer.byteLength(points);
    const sent = gzipSync(text).length + sizes.reduce((sum, size) => sum + size, 0);
    console.log(`${name}: ${html} bytes of HTML, ${Buffer.byteLength(points)} of points, ${sent} with files and compressed`);
    assert.ok(html <= LIMIT, `${html} bytes`);
    assert.ok(sent <= LIMIT, `${sent} bytes with its files, compressed`);
  });
}

test("a page has the newest looks, and says what it leaves out", async () => {
  const { page, faults } = await visit(pages.large());
  assert.match(await page.locator("section .note").first().textContent(), /^The newest 60 looks\. The 10 before them/);
  assert.equal(await page.locator(".intervals tbody tr").count(), 60);
  assert.equal(await page.locator(".intervals tbody th").first().textContent(), "11");
  assert.deepEqual(faults, []);
  await page.close();
});

test("a canary's page is alive while it runs, and the report afterwards", async () => {
  server.source.hold();
  const metrics = ["latency", "errors"];
  const id = await server.canary({ config: config(metrics, "alive", EVIDENCE), looks: 3, ends: false });
  const { page, faults } = await visit(`/canaries/${id}`);
  assert.match(await page.locator("#looks + .note, section .note").first().textContent(), /No look was made yet/);
  const queries = 2 * metrics.length;
  await server.source.step(queries);
  await page.locator(".intervals tbody tr").first().waitFor();
  assert.match(await page.locator("#status").textContent(), /so far pass/);
  assert.match(await page.locator("#said").textContent(), /so far pass/);
  assert.equal(await page.locator(".scores svg g.interval path").count(), 1);
  assert.equal(await page.locator(".evidence svg g.look path").count(), 1);
  assert.equal(await page.locator("#deciding").textContent(), "The newest look");
  // What somebody has opened stays open, and its chart grows.
  const errors = page.locator("details.metric", { has: page.locator("h3", { hasText: "errors" }) });
  await errors.locator("summary").click();
  await errors.getByRole("tab", { name: "Values" }).click();
  const rows = () => errors.locator('[role="tabpanel"]:not([hidden]) tbody tr').count();
  const before = await rows();
  await server.source.step(queries);
  await page.locator(".intervals tbody tr").nth(1).waitFor();
  assert.equal(await errors.getAttribute("open"), "");
  await page.waitForFunction((before) => document.querySelectorAll('[role="tabpanel"]:not([hidden]) tbody tr').length > before, before);
  assert.equal(await page.getByRole("button", { name: "Cancel this canary" }).count(), 1);
  await checkAccess(page);
  server.source.release();
  await page.waitForFunction(() => document.getElementById("deciding")?.textContent === "What decided");
  assert.match(await page.locator("#status").textContent(), /^Pass/);
  assert.equal(await page.locator(".scores svg g.interval path").count(), 3);
  assert.equal(await page.locator(".evidence svg g.look path").count(), 3);
  assert.deepEqual(faults, []);
  await page.close();
});

test("planned looks stand beside the level that they were held against", async () => {
  const { page, faults } = await visit(pages.planned());
  const marks = page.locator(".evidence svg g.look path");
  const looks = await page.locator(".intervals tbody tr").count();
  assert.equal(await marks.count(), looks);
  assert.equal(await marks.last().getAttribute("stroke"), "var(--bad)");
  const [level, found] = await page.locator(".intervals tbody tr:last-child td.number").evaluateAll((all) => all.slice(1, 3).map((cell) => cell.textContent));
  assert.match(`${level} ${found}`, /^\S+ % \S+ %$/);
  assert.deepEqual(faults, []);
  await page.close();
});

test("a canary is cancelled by the keyboard", async () => {
  server.source.hold();
  const id = await server.canary({ config: config(["latency"]), ends: false });
  const { page, faults } = await visit(`/canaries/${id}`);
  await enter(page, page.getByRole("button", { name: "Cancel this canary" }));
  assert.match(await page.locator(".verdict").textContent(), /cancelled by/);
  server.source.release();
  assert.deepEqual(faults, []);
  await page.close();
});

test("the list is searched, walked and picked from by the keyboard", async () => {
  const { page, faults } = await visit("/");
  await page.keyboard.press("/");
  await page.keyboard.type("latency High");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  const names = page.locator(".canaries tbody th a");
  // The newest first.
  const found = await names.evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.deepEqual(found, [`/canaries/${ids.planned}`, `/canaries/${ids.bad}`]);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  assert.equal(new URL(page.url()).pathname, `/canaries/${ids.bad}`);
  await enter(page, page.getByRole("link", { name: "Canaries" }));
  for (const id of [ids.good, ids.bad]) {
    await tabTo(page, page.locator(`input[value="${id}"]`));
    await page.keyboard.press("Space");
  }
  await enter(page, page.getByRole("button", { name: /^Compare/ }));
  assert.equal(await page.locator(".sides .verdict").count(), 2);
  await page.goBack();
  const verdict = page.getByLabel("Verdict");
  await tabTo(page, verdict);
  await page.keyboard.press("f");
  await enter(page, page.getByRole("button", { name: "Show" }));
  assert.equal(new URL(page.url()).searchParams.get("verdict"), "fail");
  assert.deepEqual(faults, []);
  await page.close();
});

test("one canary is compared with another of its application", async () => {
  const { page, faults } = await visit(`/canaries/${ids.good}`);
  await tabTo(page, page.getByLabel("Compare with"));
  await enter(page, page.getByRole("button", { name: "Compare" }));
  assert.equal(await page.locator(".sides .verdict").count(), 2);
  assert.deepEqual(faults, []);
  await page.close();
});

test("a config is checked, tried, stored and removed by the keyboard", async () => {
  const { page, faults } = await visit("/configs");
  await enter(page, page.getByRole("link", { name: "Store a new config" }));
  const text = page.getByLabel("Config, as Kayenta has it");
  const write = async (text_) => {
    await tabTo(page, text);
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(text_);
  };
  const mine = JSON.stringify(config(["latency", "errors"], "keyboard"), null, 2);
  await write(mine.replace('"increase"', '"up"'));
  await enter(page, page.getByRole("button", { name: "Check" }));
  assert.match(await page.locator(".findings").textContent(), /expected one of either, increase, decrease, got "up"/);
  await write(mine);
  for (const [label, value] of [["Baseline scope", "stable"], ["Canary scope", "bad"]]) {
    await tabTo(page, page.getByLabel(label));
    await page.keyboard.type(value);
  }
  await enter(page, page.getByRole("button", { name: "Try" }));
  assert.match(await page.locator("section", { has: page.locator("#tried") }).textContent(), /30 of 30/);
  await openAll(page);
  await page.screenshot({ path: `${screenshots}tried.png`, fullPage: true });
  await checkAccess(page);
  await enter(page, page.getByRole("button", { name: "Store", exact: true }));
  assert.match(await page.locator("h1").textContent(), /keyboard, version 1/);
  await enter(page, page.getByRole("button", { name: "Store as a new version" }));
  await enter(page, page.getByRole("link", { name: "Version 1" }));
  assert.match(await page.locator("h1").textContent(), /keyboard, version 1/);
  await enter(page, page.getByRole("button", { name: "Remove this config" }));
  assert.equal(await page.getByText("keyboard").count(), 0);
  assert.deepEqual(faults, []);
  await page.close();
});

test("every link and control is reached by Tab", async () => {
  for (const name of ["list", "canary", "compare", "history", "configs", "config", "audit", "about"]) {
    const { page } = await visit(pages[name]());
    const wanted = await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
      const shown = all.filter((one) => one.checkVisibility() && one.getAttribute("tabindex") !== "-1");
      shown.forEach((one, index) => (one.dataset.wanted = index));
      return shown.length;
    });
    const reached = new Set();
    for (let pressed = 0; pressed < wanted + 40 && reached.size < wanted; pressed += 1) {
      await page.keyboard.press("Tab");
      const found = await page.evaluate(() => document.activeElement.dataset.wanted);
      if (found !== undefined) reached.add(found);
    }
    assert.equal(reached.size, wanted, name);
    await page.close();
  }
});

test("past releases are judged again by the command, to the same verdict and score", async () => {
  const folder = mkdtempSync(join(tmpdir(), "judge-history-"));
  const [history, file] = [join(folder, "history.csv"), join(folder, "config.json")];
  writeFileSync(history, await (await server.call("/v1/history?application=shop&config=shop")).text());
  writeFileSync(file, JSON.stringify(config(["latency", "errors"])));
  const judge = process.env.JUDGE ?? new URL("../../target/debug/judge", import.meta.url).pathname;
  const judged = spawnSync(judge, ["retro", "--config", file, "--history", history], { encoding: "utf8" });
  for (const [id, line] of [[ids.good, /PASS +100/], [ids.bad, /FAIL +0/]]) {
    const found = judged.stdout.split("\n").find((found) => found.startsWith(id));
    assert.match(found ?? judged.stderr, line);
  }
  const calibrated = spawnSync(judge, ["calibrate", "--config", file, "--releases", history, "--minutes", "2"], { encoding: "utf8" });
  assert.match(calibrated.stdout, /Healthy canaries that fail/, calibrated.stderr);
  rmSync(folder, { recursive: true });
});

test("hostile names are text", async () => {
  const { page, faults } = await visit("/");
  const link = page.locator(`a[href="/canaries/${ids.hostile}"]`).first();
  assert.equal(await link.textContent(), HOSTILE[1]);
  await Promise.all([page.waitForEvent("load"), link.click()]);
  await openAll(page);
  assert.deepEqual(await page.locator("h3").allTextContents(), HOSTILE);
  assert.ok((await page.locator("dl").textContent()).includes(HOSTILE[0]));
  for (const path of [`/canaries/${encodeURIComponent(HOSTILE[0])}`, `/?search=${encodeURIComponent(HOSTILE[1])}`, `/audit?subject=${encodeURIComponent(HOSTILE[0])}`]) {
    await page.goto(server.url + path);
    assert.equal(await page.evaluate(() => window.harmed), undefined, path);
  }
  const missing = /status of 404/;
  assert.deepEqual(faults.filter((fault) => !missing.test(fault)), []);
  await page.close();
});

test("no name turns the text around it", async () => {
  const paths = ["/", `/canaries/${ids.turning}`, `/compare?a=${ids.turning}&b=${ids.turning}`, "/history", `/history?application=${encodeURIComponent(TURNING)}`, "/audit"];
  for (const path of paths) {
    const { page, faults } = await visit(path);
    await openAll(page);
    assert.ok((await page.locator("bdi", { hasText: "drawkcab" }).count()) > 0, path);
    const turned = await page.evaluate(() => {
      const found = [];
      const all = document.createTreeWalker(document.getElementById("content"), NodeFilter.SHOW_TEXT);
      for (let text = all.nextNode(); text; text = all.nextNode()) {
        if (text.parentElement.closest("bdi, pre, option, script, svg")) continue;
        const range = document.createRange();
        let before;
        for (let at = 0; at < text.length; at += 1) {
          range.setStart(text, at);
          range.setEnd(text, at + 1);
          const box = range.getBoundingClientRect();
          if (box.width === 0) continue;
          if (before && Math.abs(before.top - box.top) < 1 && box.left < before.left) {
            found.push(text.data);
            break;
          }
          before = box;
        }
      }
      return found;
    });
    assert.deepEqual(turned, [], path);
    assert.deepEqual(faults, []);
    await page.close();
  }
});

test("without scripts everything but the charts is there", async () => {
  const plain = await open({ javaScriptEnabled: false });
  try {
    const { page, faults } = await watched(plain.context, (address) => address.startsWith(server.url));
    await page.goto(`${server.url}/canaries/${ids.bad}`);
    assert.ok(await page.locator("noscript p", { hasText: "The charts need scripts" }).isVisible());
    assert.equal(await page.locator(".scores svg").count(), 0);
    assert.equal(await page.locator("#deciding").textContent(), "What decided");
    assert.equal(await page.locator(".intervals tbody tr").count(), 1);
    await page.locator("details.metric summary").first().click();
    assert.equal(await page.locator("details.metric[open]").count(), 1);
    assert.deepEqual(faults, []);
  } finally {
    await plain.close();
  }
});

test("a token is asked for once, kept from scripts, and forgotten", async () => {
  const guarded = await start("admin-token-of-16-bytes boss admin\nread-token-of-16-bytes viewer read\n");
  try {
    const { page, faults } = await visit("/configs?x=1", "light", guarded);
    assert.equal(new URL(page.url()).pathname, "/login");
    await checkAccess(page);
    // The field has the focus already.
    await page.keyboard.type("read-token-of-16-bytes");
    await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    assert.equal(page.url(), `${guarded.url}/configs?x=1`);
    assert.equal(await page.evaluate(() => document.cookie), "");
    assert.equal(await page.getByRole("link", { name: "Audit" }).count(), 0);
    const cookies = (await browser.context.cookies(guarded.url)).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite]);
    assert.deepEqual(cookies.sort(), [["judge-form", true, "Lax"], ["judge-token", true, "Strict"]]);
    // A link of another site leads to the page all the same.
    const link = `<a href="${guarded.url}/configs">canaries</a>`;
    const other = await browser.context.newPage();
    await other.route("http://other.example/", (route) => route.fulfill({ contentType: "text/html", body: link }));
    await other.goto("http://other.example/");
    await other.getByRole("link").click();
    await other.waitForFunction(() => document.title === "Configs");
    await other.close();
    await enter(page, page.getByRole("button", { name: "Sign out" }));
    assert.equal(new URL(page.url()).pathname, "/login");
    await page.goto(`${guarded.url}/`);
    assert.equal(new URL(page.url()).pathname, "/login");
    assert.deepEqual(faults, []);
    await page.close();
  } finally {
    await guarded.close();
  }
});
