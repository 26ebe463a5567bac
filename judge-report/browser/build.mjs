// Bundles the charting library into ../assets, compressed, or with --check says whether it is what the
// locked packages give.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const assets = join(here, "../assets");

const bundled = await build({
  absWorkingDir: here,
  entryPoints: ["plot.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "Plot",
  target: "es2020",
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
  outfile: "plot.min.js",
});

// What it is written as, and read back: another zlib may compress to other bytes of the same text.
const plain = { write: (text) => text, read: (text) => text };
const packed = {
  write: (text) => `${deflateRawSync(text, { level: 9 }).toString("base64")}\n`,
  read: (text) => inflateRawSync(Buffer.from(text, "base64")).toString(),
};

const files = [
  ["plot.packed.txt", packed, bundled.outputFiles[0].text],
  ["plot.LICENSE.txt", plain, await licences(Object.values(bundled.metafile.outputs)[0].inputs)],
];

let differing = 0;
for (const [name, form, content] of files) {
  const path = join(assets, name);
  if (process.argv.includes("--check")) {
    const kept = await readFile(path, "utf8");
    if (form.read(kept) !== content) {
      console.error(`${path} is not what the locked packages give; run npm run build`);
      differing += 1;
    }
  } else {
    await writeFile(path, form.write(content));
  }
}
process.exit(differing);

// The licence text of every package that has a byte in the bundle, each text once.
async function licences(inputs) {
  const used = new Set();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
    const match = path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//);
    if (match && bytesInOutput > 0) used.add(match[1]);
  }
  const packagesOf = new Map();
  for (const name of [...used].sort()) {
    const folder = join(here, "node_modules", name);
    const file = (await readdir(folder)).find((file) => /^licen[cs]e/i.test(file));
    if (file === undefined) throw new Error(`${name} has no licence file`);
    const text = (await readFile(join(folder, file), "utf8")).replace(/\r/g, "").trim();
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    packagesOf.set(text, [...(packagesOf.get(text) ?? []), `${name} ${version}`]);
  }
  return [...packagesOf].map(([text, packages]) => `${packages.join(", ")}\n\n${text}\n`).join("\n---\n\n");
}
