// Headless Chromium, and pages that tell whatever goes wrong in them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

// A browser with a fresh profile.
export async function open() {
  const profile = mkdtempSync(join(tmpdir(), "judge-report-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ARGUMENTS,
    viewport: { width: 1100, height: 900 },
  });
  return {
    context,
    close: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

// The page at `url` with `faults`: errors, warnings, dialogs, and whatever it tried to load.
export async function visit(context, url, colorScheme = "light") {
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
    if (request.url() !== url) faults.push(`loads ${request.url()}`);
  });
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
