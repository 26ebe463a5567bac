// How numbers are written, without a browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

const source = readFileSync(new URL("../../assets/numbers.js", import.meta.url), "utf8");
const Numbers = runInNewContext(`${source}; Numbers`);

test("numbers are short, and tell what lies between the lowest and the highest", () => {
  for (const [values, value, expected] of [
    [[], 12.3456, "12.346"],
    [[5, 5], 5, "5"],
    [[0.001, 0.002], 0.0015510138, "0.001551"],
    [[10, 90000], 12345.6, "12346"],
    [[0, 5e6], 1234567, "1.235M"],
    [[41800000, 41900000], 41850000, "41.85M"],
    [[4e9 - 10, 4e9 + 10], 4000000003.1416, "4,000,000,003.1"],
    [[-4e9 - 10, -4e9 + 10], -3999999995, "-3,999,999,995"],
    [[3e-9, 3.000001e-9], 3.0000005e-9, "3.000000500e-9"],
    [[1e15, 1e15 + 2000], 1e15 + 1230, "1.00000000000123e+15"],
    [[0, 5e-324], 5e-324, "4.941e-324"],
    [[-Number.MAX_VALUE, Number.MAX_VALUE], Number.MAX_VALUE, "1.798e+308"],
    [[1, 2], Infinity, "∞"],
    [[], -Infinity, "-∞"],
  ]) {
    assert.equal(Numbers.telling(1, values)(value), expected, `${value} among ${values}`);
  }
});

test("numbers of a unit are written without it", () => {
  const unit = 1e-280;
  assert.equal(Numbers.telling(unit, [0, 1e-310 / unit])(1e-310 / unit), "1.000e-310");
});

test("the closest of several lists decides", () => {
  const number = Numbers.telling(1, [0, 4e9], [4e9 - 10, 4e9 + 10]);
  assert.equal(number(4e9 + 3), "4,000,000,003");
});
