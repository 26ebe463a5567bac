import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAccess, checkLink, open, openAll, visit } from "./browser.mjs";
import { HOSTILE, reports, withoutSeries } from "./reports.mjs";

const screenshots = new URL("../screenshots/", import.meta.url).pathname;

let browser;
before(async () => {
  browser = await open();
});
after(() => browser.close());

const finite = (points) => points.filter((value) => typeof value === "number" && Number.isFinite(value));

// Whether two points differ by more than the error of arithmetic.
function varies(points) {
  const [low, high] = [Math.min(...points), Math.max(...points)];
  return high - low > 1e-12 * Math.max(Math.abs(low), Math.abs(high));
}

// What every view of a metric must hold: a mark for each point, or for each side with points.
async function checkViews(views, pair) {
  const { control, experiment } = pair.values;
  const counts = [finite(control).length, finite(experiment).length];
  const all = counts[0] + counts[1];
  const both = [...control, ...experiment];
  const infinite = both.filter((value) => Math.abs(value) === Infinity).length;
  const sides = counts.filter((count) => count > 0).length;
  const title = `${pair.name}`.slice(0, 60);
  const panel = views.locator('[role="tabpanel"]:not([hidden])');
  const choose = (name) => views.getByRole("tab", { name, exact: true }).click();
  const count = (selector) => panel.locator(`svg ${selector}`).count();

  // Two numbers on the axis at least, and no two alike.
  const checkNumbers = async (axis) => {
    const numbers = await panel.locator(`svg g[data-mark="${axis}-axis tick label"] text`).allTextContents();
    assert.ok(numbers.length >= (all > 0 ? 2 : 0), `${title}, ${axis}: ${numbers.length} numbers`);
    assert.equal(new Set(numbers).size, numbers.length, `${title}, ${axis}: ${numbers}`);
  };

  await choose("Time series");
  await checkNumbers("y");
  assert.equal(await count("circle"), all, `${title}: a dot for each point`);
  const heights = await panel.locator("svg circle").evaluateAll((dots) => dots.map((dot) => dot.cy.baseVal.value));
  const apart = all > 0 ? Math.max(...heights) - Math.min(...heights) : 0;
  const expected = varies(finite(both)) ? apart > 100 : apart === 0;
  assert.ok(expected, `${title}: points are ${apart} px apart`);
  assert.equal(await count("g.gap path"), both.length - all - infinite, `${title}: a mark for each gap`);
  assert.equal(await count("g.infinite path"), infinite, `${title}: a mark for each infinite point`);
  assert.equal(await panel.locator(".legend .infinite").count(), infinite > 0 ? 1 : 0, title);

  await choose("Histogram");
  const bars = await count("g[data-mark=rect] rect");
  assert.ok(bars >= sides && bars <= 2 * 60, `${title}: ${bars} bars`);

  await choose("Box plot");
  assert.equal(await count("g[data-mark=bar] rect"), sides, `${title}: a box for each side`);

  await choose("Beeswarm");
  const dots = await count("circle");
  const label = await panel.locator("svg").textContent();
  assert.ok(dots === all || (dots > 0 && label.includes(`${dots} of ${all} points shown`)), `${title}: ${dots} of ${all} dots`);

  for (const name of ["Time series", "Histogram", "Box plot", "Beeswarm"]) {
    await choose(name);
    if (name !== "Time series") {
      await checkNumbers("x");
      const left = (await panel.locator(".legend").textContent()).match(/(\d+) infinite/)?.[1] ?? 0;
      assert.equal(Number(left), infinite, `${title}, ${name}: infinite points are counted`);
    }
    const geometry = await panel.locator("svg").evaluate((svg) => svg.outerHTML.match(/(NaN|undefined|Infinity)/)?.[0]);
    assert.equal(geometry, undefined, `${title}, ${name}`);
    const drawn = await panel.locator("svg").boundingBox();
    assert.ok(drawn.width >= 280 && drawn.height >= 100, `${title}, ${name}: ${drawn.width} × ${drawn.height}`);
  }

  await choose("Values");
  const rows = await panel.locator("tbody tr").count();
  assert.equal(rows, Math.max(control.length, experiment.length), `${title}: a row for each time`);
  assert.equal(await panel.locator("td", { hasText: "∞" }).count(), infinite, `${title}: infinite values`);
}

for (const report of reports) {
  test(`${report.name}: every chart is drawn and nothing goes wrong`, async () => {
    const { page, faults } = await visit(browser.context, report.url);
    await openAll(page);
    const views = page.locator(".views");
    const pairs = report.request.metricSetPairList;
    assert.equal(await views.count(), pairs.length);
    for (const [index, pair] of pairs.entries()) await checkViews(views.nth(index), pair);
    assert.deepEqual(faults, []);
    await page.close();
  });

  for (const scheme of ["light", "dark"]) {
    test(`${report.name}, ${scheme}: accessible, and a picture is taken`, async () => {
      const { page, faults } = await visit(browser.context, report.url, scheme);
      await openAll(page);
      await page.screenshot({ path: `${screenshots}${report.name}-${scheme}.png`, fullPage: true });
      await checkAccess(page);
      assert.deepEqual(faults, []);
      await page.close();
    });
  }
}

test("hostile names are text", async () => {
  const { page, faults } = await visit(browser.context, reports.find(({ name }) => name === "hostile").url);
  await openAll(page);
  assert.deepEqual(await page.locator("h3").allTextContents(), HOSTILE);
  assert.equal(await page.locator(".verdict .name").textContent(), HOSTILE[0]);
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.deepEqual(faults, []);
  await page.close();
});

test("twenty metrics of sixty points are less than 400 kB", () => {
  const { bytes } = reports.find(({ name }) => name === "large");
  assert.ok(bytes < 400_000, `${bytes} bytes`);
});

test("tabs follow the keyboard", async () => {
  const { page } = await visit(browser.context, reports.find(({ name }) => name === "slower").url);
  const views = page.locator(".views").first();
  const chosen = () => views.locator('[role="tab"][aria-selected="true"]').textContent();
  const focused = () => page.evaluate(() => document.activeElement.textContent);
  await views.getByRole("tab", { name: "Time series" }).focus();
  for (const [key, tab] of [
    ["ArrowRight", "Histogram"],
    ["End", "Values"],
    ["ArrowRight", "Time series"],
    ["ArrowLeft", "Values"],
    ["Home", "Time series"],
  ]) {
    await page.keyboard.press(key);
    assert.deepEqual([await chosen(), await focused()], [tab, tab]);
  }
  assert.equal(await views.locator('[role="tabpanel"]:visible').count(), 1);
  // From the tab on to the panel, which can be scrolled only in the last view.
  await page.keyboard.press("End");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "region");
  await page.close();
});

test("values show where the pointer is", async () => {
  const { page } = await visit(browser.context, reports.find(({ name }) => name === "slower").url);
  const views = page.locator(".views").first();
  const panel = views.locator('[role="tabpanel"]:not([hidden])');
  for (const [tab, mark, told] of [
    ["Time series", "circle >> nth=20", /(baseline|canary) 0\.00\d+.*2026-11-20 14:\d\d:\d\d UTC/s],
    ["Histogram", "g[data-mark=rect] rect >> nth=0", /\d+ points of the baseline.*0\.00\d+ to 0\.00\d+/s],
    ["Box plot", "g[data-mark=bar] rect >> nth=0", /points.*median 0\.001628.*min/s],
    ["Beeswarm", "circle >> nth=20", /(baseline|canary) 0\.00\d+.*UTC/s],
  ]) {
    await views.getByRole("tab", { name: tab }).click();
    const tip = panel.locator("svg :is([aria-label=tip], [data-mark=tip]) text");
    assert.equal(await tip.count(), 0, tab);
    await panel.locator(`svg ${mark}`).hover({ force: true });
    await tip.waitFor();
    assert.match(await tip.textContent(), told, tab);
  }
  await page.close();
});

test("a link in the groups opens its metric", async () => {
  const { page } = await visit(browser.context, reports.find(({ name }) => name === "slower").url);
  await checkLink(page, ".members a", "memory-bytes");
  await page.close();
});

test("on paper every metric has its chart", async () => {
  const { page } = await visit(browser.context, reports.find(({ name }) => name === "slower").url);
  const before = await page.locator("details.metric[open]").count();
  await page.evaluate(() => {
    window.drawn = [];
    addEventListener("afterprint", () => window.drawn.push(document.querySelectorAll(".views svg").length));
  });
  const pdf = await page.pdf();
  assert.ok(pdf.length > 50_000, `${pdf.length} bytes`);
  assert.deepEqual(await page.evaluate(() => window.drawn), [await page.locator("details.metric").count()]);
  assert.equal(await page.locator("details.metric[open]").count(), before);
  await page.close();
});

test("a narrow screen fits everything", async () => {
  const { page } = await visit(browser.context, reports.find(({ name }) => name === "hostile").url);
  await page.setViewportSize({ width: 375, height: 700 });
  await openAll(page);
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 375);
  await page.close();
});

test("a judgement without series has no charts and says so", async () => {
  const { page, faults } = await visit(browser.context, withoutSeries);
  assert.equal(await page.locator("svg, .views, script").count(), 0);
  await page.getByText("there are no charts").waitFor();
  assert.deepEqual(faults, []);
  await page.close();
});
