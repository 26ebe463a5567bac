// Numbers and times for people, in as few digits as tell those of a chart apart.
const Numbers = (() => {
  "use strict";

  const FEWEST_DIGITS = 4;
  // The rounding of the points leaves no more that tell anything.
  const MOST_DIGITS = 15;
  // With more, millions and billions are no shorter than the whole number.
  const MOST_COMPACT = 6;

  function extent(values) {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return { low, high };
  }

  // The digits down to a hundredth of what lies between the lowest and the highest value.
  function digits({ low, high }) {
    if (!(low < high)) return FEWEST_DIGITS;
    const place = (value) => Math.floor(Math.log10(value));
    const needed = place(Math.max(Math.abs(low), Math.abs(high))) - place(high - low) + 3;
    return Math.min(Math.max(needed, FEWEST_DIGITS), MOST_DIGITS);
  }

  // Writes numbers of a unit so that those of each list, which are in that unit, can be told apart.
  function telling(unit, ...lists) {
    const needed = Math.max(...lists.map((values) => digits(extent(values))));
    const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: Math.max(needed, 5), useGrouping: false });
    const compact = new Intl.NumberFormat("en", { maximumSignificantDigits: needed, notation: "compact" });
    const whole = new Intl.NumberFormat("en", { maximumSignificantDigits: needed });
    return (inUnit) => {
      const value = inUnit * unit;
      const size = Math.abs(value);
      if (size === Infinity) return value > 0 ? "∞" : "-∞";
      if (value !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(needed - 1);
      if (size < 1e5) return plain.format(value);
      return needed > MOST_COMPACT ? whole.format(value) : compact.format(value);
    };
  }

  const DAY = 86_400_000;
  const MINUTE = 60_000;

  // Writes times of day, of UTC, with what is needed to tell those within `span` milliseconds apart.
  function clock(span) {
    const [from, to] = [span > DAY ? 5 : 11, span < 10 * MINUTE ? 19 : 16];
    return (date) => date.toISOString().replace("T", " ").slice(from, to);
  }

  return { extent, telling, clock };
})();
