// The four views of a metric, drawn with Observable Plot. Colours are the page's variables, so that
// light and dark need nothing here.
const Charts = (() => {
  "use strict";

  const SIDES = ["baseline", "canary"];
  const COLORS = { domain: SIDES, range: ["var(--baseline)", "var(--canary)"] };
  const ROOM_FOR_NUMBERS = 64;
  // Beside a number on an axis, and between two of them; the width of a digit.
  const MARGIN = 16;
  const DIGIT = 6;
  // For gaps and infinite points, at the edge that they lie beyond.
  const ROOM_AT_EDGE = 20;
  // Swarms: the height of a side, the sizes of a dot, and how many dots can be told apart.
  const SWARM_HEIGHT = 170;
  const RADII = [3, 2.5, 2, 1.5];
  const DOT_PADDING = 0.5;
  const MOST_IN_SWARM = 600;

  // Doubles smaller or larger than scales can divide are drawn in another unit.
  function unitOf(points) {
    let largest = 0;
    for (const value of points) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
    if (largest > 0 && largest < 1e-280) return 1e-280;
    return largest < 1e300 ? 1 : 1e10;
  }

  function time(value) {
    if (!(value instanceof Date)) return `point ${value}`;
    const text = value.toISOString();
    return `${text.slice(0, 10)} ${text.slice(11, value % 1000 ? 23 : 19)} UTC`;
  }

  // Points with their times; a gap keeps its time and has the value NaN. Without both clocks the
  // sides are laid over each other by the number of the point.
  function read(metric) {
    const timed = SIDES.every((side) => metric[side].step !== undefined || !metric[side].points.length);
    const unit = unitOf(SIDES.flatMap((side) => metric[side].points));
    const rows = SIDES.flatMap((side) => {
      const { start, step, points } = metric[side];
      return points.map((value, index) => ({
        side,
        at: timed ? new Date(start + step * index) : index + 1,
        value: value === null ? NaN : Number(value) / unit,
      }));
    });
    return { rows, unit };
  }

  const present = (rows) => rows.filter((row) => Number.isFinite(row.value));
  const beyond = (rows, edge) => rows.filter((row) => row.value === edge);
  const values = (rows) => rows.map((row) => row.value);

  // The points that were judged, where these are not all: every view but that over time is of them.
  function judged(metric, spans) {
    const { rows, unit } = read(metric);
    const window = spans.find(({ kind }) => kind === "judged");
    const all = window === undefined || !(rows[0]?.at instanceof Date);
    const within = all ? rows : rows.filter(({ at }) => at >= window.from && at < window.to);
    return { within, shown: present(within), unit };
  }

  // How many points cannot be drawn where there is no edge for them.
  function infinite(metric, spans) {
    const { within } = judged(metric, spans);
    return beyond(within, Infinity).length + beyond(within, -Infinity).length;
  }

  // What the pointer shows of a point.
  const told = (number) => (row) => `${row.side} ${number(row.value)}\n${time(row.at)}`;

  function frame(width, height, label) {
    return {
      width,
      height,
      ariaLabel: label,
      marginLeft: ROOM_FOR_NUMBERS,
      marginRight: 16,
      color: COLORS,
      style: { background: "none", overflow: "visible" },
    };
  }

  // Equal values give a scale of no width; it is widened around them.
  function domain({ low, high }) {
    if (low < high) return undefined;
    const reach = Math.abs(low) / 10 || 1;
    return [low - reach, low + reach];
  }

  // The axis of the values of `shown`, how it writes them, and how many pixels that takes.
  function axisOf(shown, unit) {
    const extent = Numbers.extent(values(shown));
    const number = Numbers.telling(unit, values(shown));
    const longest = Math.max(number(extent.low).length, number(extent.high).length);
    const room = Math.max(ROOM_FOR_NUMBERS, longest * DIGIT + MARGIN);
    return { number, room, axis: { grid: true, label: null, tickFormat: number, domain: domain(extent) } };
  }

  // The same for values from left to right, with the room that the numbers at the ends need.
  function acrossOf(shown, unit, marginRight) {
    const { number, room, axis } = axisOf(shown, unit);
    return { number, axis: { ...axis, tickSpacing: room + MARGIN }, marginRight: Math.max(marginRight, room / 2) };
  }

  // Marks of what has no place among the values, a row for each side.
  function atEdge(rows, options) {
    return SIDES.map((side) => {
      const fromEdge = side === "canary" ? 4 : 12;
      return Plot.dot(rows.filter((row) => row.side === side), {
        x: "at",
        r: 3,
        dy: options.frameAnchor === "top" ? fromEdge : -fromEdge,
        stroke: "side",
        ...options,
      });
    });
  }

  function clockOf(rows) {
    const { low, high } = Numbers.extent(rows.map((row) => row.at.getTime()));
    return Numbers.clock(high - low);
  }

  function overTime(metric, spans, width, label) {
    const { rows: all, unit } = read(metric);
    const shown = present(all);
    const { number, room, axis } = axisOf(shown, unit);
    const timed = all.length > 0 && all[0].at instanceof Date;
    const shades = timed ? spans.map(({ kind, from, to }) => ({ kind, from: new Date(from), to: new Date(to) })) : [];
    const gaps = all.filter((row) => Number.isNaN(row.value));
    const [above, below] = [beyond(all, Infinity), beyond(all, -Infinity)];
    return Plot.plot({
      ...frame(width, 240, label),
      marginLeft: room,
      x: timed ? { type: "utc", label: null, tickFormat: clockOf(all) } : { type: "linear", label: "point" },
      y: {
        ...axis,
        insetTop: above.length > 0 ? ROOM_AT_EDGE : 0,
        insetBottom: gaps.length + below.length > 0 ? ROOM_AT_EDGE : 0,
      },
      marks: [
        Plot.rectX(shades, {
          x1: "from",
          x2: "to",
          fill: (shade) => `var(--${shade.kind})`,
          title: (shade) => (shade.kind === "warm-up" ? "warm-up, left out" : "judged window"),
        }),
        Plot.lineY(all, { x: "at", y: ({ value }) => (Number.isFinite(value) ? value : NaN), stroke: "side", z: "side", strokeWidth: 1.5 }),
        Plot.dot(shown.filter((row) => row.side === "baseline"), { x: "at", y: "value", r: 1.8, stroke: "side", fill: "var(--paper)" }),
        Plot.dot(shown.filter((row) => row.side === "canary"), { x: "at", y: "value", r: 1.8, fill: "side" }),
        atEdge(gaps, { frameAnchor: "bottom", symbol: "times", className: "gap" }),
        atEdge(above, { frameAnchor: "top", symbol: "triangle", className: "infinite", title: told(number) }),
        atEdge(below, { frameAnchor: "bottom", symbol: "triangle", rotate: 180, className: "infinite", title: told(number) }),
        Plot.tip(shown, Plot.pointer({ x: "at", y: "value", title: told(number) })),
      ],
    });
  }

  function histogram(metric, spans, width, label) {
    const { shown, unit } = judged(metric, spans);
    const { number, axis, marginRight } = acrossOf(shown, unit, 64);
    return Plot.plot({
      ...frame(width, 280, label),
      marginRight,
      x: { ...axis, grid: false },
      y: { grid: true, label: "points" },
      fy: { label: null, domain: SIDES },
      marks: [
        Plot.rectY(
          shown,
          Plot.binX(
            { y: "count", title: (bin, { x1, x2 }) => `${bin.length} points of the ${bin[0]?.side}\n${number(x1)} to ${number(x2)}` },
            { x: "value", fy: "side", fill: "side", domain: axis.domain, thresholds: 24, insetLeft: 0.5, insetRight: 0.5, tip: true },
          ),
        ),
        Plot.ruleY([0]),
      ],
    });
  }

  // Quantile of ascending values, between order statistics: as the judges have it.
  function quantile(sorted, p) {
    const position = (sorted.length - 1) * p;
    const below = sorted[Math.floor(position)];
    return below + (position % 1) * ((sorted[Math.floor(position) + 1] ?? below) - below);
  }

  function summary(side, points, number) {
    const sorted = points.sort((a, b) => a - b);
    const at = (p) => number(quantile(sorted, p));
    const lines = [`${side}, ${sorted.length} points`, `max ${at(1)}`, `upper quartile ${at(0.75)}`];
    lines.push(`median ${at(0.5)}`, `lower quartile ${at(0.25)}`, `min ${at(0)}`);
    return { side, median: quantile(sorted, 0.5), told: lines.join("\n") };
  }

  function boxes(metric, spans, width, label) {
    const { shown, unit } = judged(metric, spans);
    const { number, axis, marginRight } = acrossOf(shown, unit, 16);
    const summaries = SIDES.map((side) => [side, values(shown.filter((row) => row.side === side))])
      .filter(([, points]) => points.length > 0)
      .map(([side, points]) => summary(side, points, number));
    return Plot.plot({
      ...frame(width, 180, label),
      marginRight,
      x: axis,
      y: { label: null, domain: SIDES },
      marks: [
        Plot.boxX(shown, { x: "value", y: "side", fill: "side", fillOpacity: 0.45, stroke: "currentColor" }),
        Plot.tip(summaries, Plot.pointer({ x: "median", y: "side", title: "told", maxRadius: Infinity, anchor: "bottom" })),
      ],
    });
  }

  function everySoMany(points, many) {
    return points.filter((_, index) => index % many === 0);
  }

  // How many dots of a radius would stand on each other at the crowded place.
  function tallest(values, width, radius) {
    const low = Math.min(...values);
    const scale = width / (2 * radius) / (Math.max(...values) - low || 1);
    const counts = new Map();
    let most = 0;
    for (const value of values) {
      const place = Math.round((value - low) * scale);
      counts.set(place, (counts.get(place) ?? 0) + 1);
      most = Math.max(most, counts.get(place));
    }
    return most;
  }

  // The dots of one side that fit: first they get smaller, then there are fewer.
  function swarm(points, width) {
    const some = everySoMany(points, Math.ceil(points.length / MOST_IN_SWARM));
    const height = (radius) => (2 * radius + DOT_PADDING) * tallest(values(some), width, radius);
    const radius = RADII.find((radius) => height(radius) <= SWARM_HEIGHT) ?? RADII.at(-1);
    const dots = everySoMany(some, Math.ceil(height(radius) / SWARM_HEIGHT));
    return dots.map((row) => ({ ...row, radius }));
  }

  function beeswarm(metric, spans, width, label) {
    const { shown, unit } = judged(metric, spans);
    const { number, axis, marginRight } = acrossOf(shown, unit, 64);
    const sides = SIDES.map((side) => shown.filter((row) => row.side === side)).filter((points) => points.length > 0);
    const dots = sides.flatMap((points) => swarm(points, width - ROOM_FOR_NUMBERS - marginRight));
    const fewer = dots.length < shown.length ? `${dots.length} of ${shown.length} points shown` : null;
    return Plot.plot({
      ...frame(width, 2 * SWARM_HEIGHT + 60, label),
      marginRight,
      x: { ...axis, label: fewer, labelArrow: "none" },
      r: { type: "identity" },
      fy: { label: null, domain: SIDES },
      marks: [
        Plot.dot(dots, Plot.dodgeY("middle", { x: "value", fy: "side", r: "radius", padding: DOT_PADDING, fill: "side", title: told(number), tip: true })),
      ],
    });
  }

  // Writes values of all points, and of those that were judged.
  function numberOf(metric, spans) {
    const { rows, unit } = read(metric);
    return Numbers.telling(unit, values(present(rows)), values(judged(metric, spans).shown));
  }

  return { read, numberOf, infinite, time, views: { overTime, histogram, boxes, beeswarm } };
})();
