import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkAccess, checkLink, open, openAll, visit } from "./browser.mjs";
import { HOSTILE } from "./reports.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "../reports/releases");
const screenshots = new URL("../screenshots/", import.meta.url).pathname;
const root = join(here, "../../..");
const replayed = join(here, "../reports/replayed");
const address = (file) => pathToFileURL(join(folder, file)).href;

// Intervals of every recorded canary: 80 points, 10 more each.
const INTERVALS = 8;
const RECORDED = ["cold-start", "failing", "leaky", "same-version", "slower"];

let browser;
before(async () => {
  execFileSync(process.env.RELEASES ?? join(here, "../../../target/debug/examples/releases"), [folder]);
  browser = await open();
});
after(() => browser.close());

for (const name of RECORDED) {
  test(`${name}: a mark for each interval, the lines, and the class of every metric`, async () => {
    const { page, faults } = await visit(browser.context, address(`${name}.html`));
    const scores = page.locator(".scores svg");
    assert.equal(await scores.locator("g.interval path").count(), INTERVALS);
    assert.equal(await scores.locator("g[data-mark=rule] line").count() >= 2, true);
    const stopped = (await page.locator("h1").textContent()).includes("stopped after");
    assert.equal(await scores.locator(".stop line, line.stop").count(), stopped ? 1 : 0);
    assert.equal(await scores.evaluate((svg) => /NaN|undefined|Infinity/.test(svg.outerHTML)), false);
    const metrics = await page.locator("details.metric").count();
    assert.equal(await page.locator(".classes tbody tr").count(), metrics);
    assert.equal(await page.locator(".classes tbody td").count(), metrics * INTERVALS);
    assert.equal(await page.locator(".intervals tbody tr").count(), INTERVALS);
    // The sections of a single judgement, drawn.
    await openAll(page);
    assert.equal(await page.locator(".views").count(), metrics);
    assert.deepEqual(faults, []);
    await page.close();
  });
}

for (const name of ["slower", "same-version"]) {
  test(`${name}, planned looks: the evidence of each stands beside its level, as the table has it`, async () => {
    const { page, faults } = await visit(browser.context, address(`planned-${name}.html`));
    const evidence = page.locator(".evidence svg");
    assert.equal(await evidence.getAttribute("aria-label"), `Strongest evidence of harm at each of ${INTERVALS} looks, and the level that it was held against`);
    assert.equal(await evidence.locator("g.look path").count(), INTERVALS);
    assert.equal(await evidence.locator("path.level, g.level path").count(), 1);
    assert.equal(await evidence.evaluate((svg) => /NaN|undefined|Infinity/.test(svg.outerHTML)), false);
    // Marked as harm are the looks at which a metric fails; where the table can tell, its p is at the level or below it.
    await openAll(page);
    const column = (index) => page.locator(`.intervals tbody tr > :nth-child(${index})`).allTextContents();
    const [levels, found, failing] = [await column(6), await column(7), await column(8)];
    const harm = failing.map((names) => names !== "");
    const colours = await evidence.locator("g.look path").evaluateAll((all) => all.map((mark) => mark.getAttribute("stroke")));
    assert.deepEqual(colours, harm.map((is) => `var(--${is ? "bad" : "good"})`));
    const share = (text) => Number(text.replace("<", "").replace(" %", ""));
    for (const [index, level] of levels.entries()) {
      if (!level.startsWith("<")) assert.equal(found[index] !== "" && share(found[index]) <= share(level), harm[index], `${index}`);
    }
    assert.equal(harm.includes(true), name === "slower");
    assert.deepEqual(faults, []);
    await page.close();
  });
}

test("without planned looks there is no level to show", async () => {
  const { page } = await visit(browser.context, address("slower.html"));
  assert.equal(await page.locator(".evidence, .level-line").count(), 0);
  await page.close();
});

test("evidence shows where the pointer is", async () => {
  const { page } = await visit(browser.context, address("planned-slower.html"));
  await page.locator(".evidence g.look path").last().hover({ force: true });
  const tip = page.locator(".evidence svg [data-mark=tip] text, .evidence svg [aria-label=tip] text");
  await tip.waitFor();
  assert.match(await tip.textContent(), /look 8: strongest p .* %.*level .* %/s);
  await page.close();
});

for (const file of ["index", "empty-index", "slower", "same-version", "planned-slower", "planned-same-version", "never"]) {
  for (const scheme of ["light", "dark"]) {
    test(`${file}, ${scheme}: accessible, and a picture is taken`, async () => {
      const { page, faults } = await visit(browser.context, address(`${file}.html`), scheme);
      await openAll(page);
      await page.screenshot({ path: `${screenshots}release-${file}-${scheme}.png`, fullPage: true });
      await checkAccess(page);
      assert.deepEqual(faults, []);
      await page.close();
    });
  }
}

test("scores show where the pointer is", async () => {
  const { page } = await visit(browser.context, address("slower.html"));
  const tip = page.locator(".scores svg [data-mark=tip] text, .scores svg [aria-label=tip] text");
  assert.equal(await tip.count(), 0);
  await page.locator(".scores g.interval path").first().hover({ force: true });
  await tip.waitFor();
  assert.match(await tip.textContent(), /interval 1: Fail, score 61\.25.*2026-11-20 14:09:22 UTC.*latency-p50/s);
  await page.close();
});

test("a class leads to its metric", async () => {
  const { page } = await visit(browser.context, address("slower.html"));
  await checkLink(page, ".classes a", "memory-bytes");
  await page.close();
});

test("releases are sorted by the keyboard, those without a value last", async () => {
  const { page, faults } = await visit(browser.context, address("index.html"));
  const column = (index) => page.locator(`.releases tbody tr > :nth-child(${index})`).allTextContents();
  const started = await column(1);
  const heading = (name) => page.getByRole("button", { name, exact: true });
  const sorted = (name) => page.locator("th", { has: heading(name) }).getAttribute("aria-sort");

  await heading("Release").focus();
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Verdict");
  await page.keyboard.press("Enter");
  assert.equal(await sorted("Verdict"), "ascending");
  const verdicts = ["Pass", "Marginal", "Fail", "Not judged"];
  const ranks = (await column(2)).map((text) => verdicts.indexOf(text));
  assert.deepEqual(ranks, [...ranks].sort((a, b) => a - b));
  await page.keyboard.press("Space");
  assert.equal(await sorted("Verdict"), "descending");
  assert.equal((await column(2))[0], "Not judged");

  await heading("Stopped after").focus();
  for (const order of ["ascending", "descending"]) {
    await page.keyboard.press("Enter");
    assert.equal(await sorted("Stopped after"), order);
    assert.equal(await sorted("Verdict"), null);
    const rows = await column(4);
    assert.ok(rows[0] !== "" && rows.at(-1) !== rows[0], rows.join());
  }
  assert.match(await page.locator("[role=status]").textContent(), /Sorted by stopped after, descending/);
  assert.deepEqual((await column(1)).sort(), started.sort());
  assert.deepEqual(faults, []);
  await page.close();
});

test("every link of the index leads to its release", async () => {
  const { page } = await visit(browser.context, address("index.html"));
  const links = page.locator(".releases tbody a");
  const count = await links.count();
  assert.ok(count >= 11, `${count} links`);
  for (let index = 0; index < count; index += 1) {
    const name = await links.nth(index).textContent();
    await links.nth(index).click();
    await page.waitForURL((url) => !url.href.endsWith("index.html"));
    assert.equal(await page.locator(".verdict .name").textContent(), name);
    await page.goBack();
  }
  await page.close();
});

test("hostile names are text", async () => {
  const { page, faults } = await visit(browser.context, address("index.html"));
  const names = await page.locator(".releases tbody th").allTextContents();
  for (const name of HOSTILE.filter((name) => !name.startsWith("long-"))) assert.ok(names.includes(name), name);
  const page_of = await page.locator(".releases tbody a", { hasText: "</script>" }).getAttribute("href");
  const release = await visit(browser.context, new URL(page_of, page.url()).href);
  await openAll(release.page);
  assert.equal(await release.page.locator(".classes tbody th").first().textContent(), HOSTILE[0]);
  for (const opened of [page, release.page]) assert.equal(await opened.evaluate(() => window.harmed), undefined);
  assert.deepEqual([...faults, ...release.faults], []);
  await page.close();
  await release.page.close();
});

test("narrow screens fit everything", async () => {
  for (const file of ["index.html", "slower.html", "planned-slower.html"]) {
    const { page } = await visit(browser.context, address(file));
    await page.setViewportSize({ width: 375, height: 700 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 375, file);
    await page.close();
  }
});

test("on paper nothing is cut off", async () => {
  const { page } = await visit(browser.context, address("slower.html"));
  const pdf = await page.pdf();
  assert.ok(pdf.length > 50_000, `${pdf.length} bytes`);
  await page.close();
});

test("releases that the command replays have their pages", async () => {
  const fixtures = join(root, "fixtures/recorded");
  const history = ["--config", join(fixtures, "canary-config.json"), "--history", join(fixtures, "history.csv")];
  const judge = process.env.JUDGE ?? join(root, "target/debug/judge");
  execFileSync(judge, ["retro", ...history, "--warm-up", "20s", "--interval", "20s", "--all-intervals", "--report", replayed], { stdio: "ignore" });
  const { page, faults } = await visit(browser.context, pathToFileURL(join(replayed, "index.html")).href);
  const links = await page.locator(".releases tbody a").evaluateAll((all) => all.map(({ href }) => href));
  assert.ok(links.length >= RECORDED.length, `${links.length} releases`);
  assert.deepEqual(faults, []);
  for (const link of links) {
    const release = await visit(browser.context, link);
    await openAll(release.page);
    assert.ok((await release.page.locator(".scores g.interval path").count()) >= 6);
    // The warm-up and the judged window are shaded.
    const shades = release.page.locator(".views").first().locator("svg g[data-mark=rect] rect");
    assert.equal(await shades.count(), 2);
    await release.page.screenshot({ path: `${screenshots}replayed-${link.match(/([^/]+)\.html$/)[1]}.png`, fullPage: true });
    assert.deepEqual(release.faults, []);
    await release.page.close();
  }
  await page.close();
});

test("a release's page is less than 400 kB", () => {
  for (const name of RECORDED) assert.ok(statSync(join(folder, `${name}.html`)).size < 400_000, name);
});
