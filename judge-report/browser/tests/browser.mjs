// Headless Chromium, and pages that tell whatever goes wrong in them.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

// A browser with a fresh profile, and options of its own.
export async function open(options = {}) {
  const profile = mkdtempSync(join(tmpdir(), "judge-report-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ARGUMENTS,
    viewport: { width: 1100, height: 900 },
    ...options,
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

// A new page with `faults`: errors, warnings, dialogs, and whatever it tried to load besides what it `may`.
export async function watched(context, may) {
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    if (["error", "warning", "assert"].includes(message.type())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!may(request.url())) faults.push(`loads ${request.url()}`);
  });
  return { page, faults };
}

// The page at `url`, which loads nothing else, with `faults` as `watched` has them.
export async function visit(context, url, colorScheme = "light") {
  const { page, faults } = await watched(context, (address) => address === url);
  await page.emulateMedia({ colorScheme });
  await page.goto(url);
  // The charting library has been unpacked, if there is one.
  await page.waitForFunction(() => document.getElementById("plot") === null);
  return { page, faults };
}

// Opens every metric and waits until its first view is there.
export async function openAll(page) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".views")].every((views) => views.querySelector('[role="tabpanel"] svg') !== null),
  );
}

// Nothing wider than the window, and no serious fault of accessibility in what is shown.
export async function checkAccess(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wide <= 0, `${wide} px wider than the window`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const serious = violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes[0].html]), []);
}

// The link named after a closed metric opens it.
export async function checkLink(page, link, name) {
  const metric = page.locator("details.metric", { has: page.locator("h3", { hasText: name }) });
  assert.equal(await metric.getAttribute("open"), null);
  await page.locator(link, { hasText: name }).click();
  await metric.locator("svg").first().waitFor();
}
