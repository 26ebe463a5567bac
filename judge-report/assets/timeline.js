// The scores of a release's intervals over time, with the lines that decide.
const Scores = (() => {
  "use strict";

  let redraw = () => {};

  // Draws what the page holds now.
  function start() {
    redraw = () => {};
    const place = document.querySelector(".scores");
    if (place === null) return;
    const { pass, marginal, start, stopped, deciding, intervals } = JSON.parse(document.getElementById("scores").textContent);
    const names = [...document.querySelectorAll(".classes tbody th a")].map((link) => [link.hash, link.textContent]);
    const metric = new Map(names);
    const HEIGHT = 230;
    const EVIDENCE_HEIGHT = 170;
    // Of both charts, so that a look is below its score.
    const LEFT = 64;
    const NARROWEST = 280;
    const MOST_NAMED = 4;

    const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

    function utc(date) {
      return `${date.toISOString().replace("T", " ").slice(0, 19)} UTC`;
    }

    function failing(interval) {
      const all = interval.failing.map((index) => metric.get(`#metric-${index}`) ?? `metric ${index + 1}`);
      const named = all.slice(0, MOST_NAMED).map((name) => (name.length > 40 ? `${name.slice(0, 39)}…` : name));
      if (all.length > MOST_NAMED) named.push(`and ${all.length - MOST_NAMED} more`);
      return named;
    }

    const clock = Numbers.clock(Math.max(...intervals.map(({ to }) => to)) - start);

    // What the pointer shows of an interval.
    function told(interval, index) {
      const lines = [`interval ${index + 1}: ${interval.verdict}, score ${number.format(interval.score)}`, utc(new Date(interval.to))];
      return [...lines, ...failing(interval)].join("\n");
    }

    const points = intervals
      .map((interval, index) => ({ ...interval, index, at: new Date(interval.to), told: told(interval, index) }))
      .filter((point) => point.score !== null);
    // What was judged only to show what would have come.
    const decided = (point) => point.index <= deciding;
    const later = points.filter((point) => point.index >= deciding);

    function chart(width) {
      const lowest = Math.min(0, ...points.map((point) => point.score));
      const last = Math.max(...intervals.map((interval) => interval.to));
      const times = [start, last].filter(Number.isFinite).map((time) => new Date(time));
      return Plot.plot({
        width,
        height: HEIGHT,
        ariaLabel: `Score of each of ${intervals.length} intervals over time`,
        marginLeft: LEFT,
        marginRight: 16,
        style: { background: "none", overflow: "visible" },
        x: { type: "utc", label: null, ticks: Math.max(2, Math.floor(width / 110)), tickFormat: clock, domain: times[0] < times[1] ? times : undefined, insetLeft: 8, insetRight: 8 },
        y: { domain: [lowest, 100], label: "score", grid: true, insetTop: 6, insetBottom: 6 },
        marks: [
          Plot.ruleY([marginal], { stroke: "var(--doubtful)", strokeDasharray: "2 4" }),
          Plot.ruleY([pass], { stroke: "var(--good)", strokeDasharray: "7 4" }),
          Plot.ruleX(stopped === undefined ? [] : [new Date(stopped)], { stroke: "var(--bad)", strokeWidth: 2, className: "stop" }),
          Plot.lineY(later, { x: "at", y: "score", stroke: "var(--faint)", strokeDasharray: "1 4" }),
          Plot.lineY(points.filter(decided), { x: "at", y: "score", stroke: "var(--faint)", strokeWidth: 1.5 }),
          Plot.dot(points, {
            x: "at",
            y: "score",
            r: (point) => (point.index === deciding ? 7 : 5),
            symbol: (point) => ({ good: "circle", doubtful: "diamond", bad: "triangle" })[point.tone],
            stroke: (point) => `var(--${point.tone})`,
            fill: (point) => (decided(point) ? `var(--${point.tone})` : "var(--paper)"),
            className: "interval",
          }),
          Plot.tip(points, Plot.pointer({ x: "at", y: "score", title: "told" })),
        ],
        r: { type: "identity" },
        symbol: { type: "identity" },
      });
    }

    // The evidence of each look beside its level, both on a logarithmic axis: what is harm is at the line or above it.
    const SMALLEST = 1e-6;
    const looks = points.filter((point) => point.level !== undefined);
    const isHarm = (point) => point.p !== undefined && point.p <= point.level;
    const tone = (point) => (isHarm(point) ? "bad" : "good");
    const percent = (p) => (p < SMALLEST ? `< ${100 * SMALLEST} %` : `${number.format(100 * p)} %`);
    const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 4 });

    function weighed(point) {
      const found = point.p === undefined ? "no change that matters" : `strongest p ${percent(point.p)}`;
      return `look ${point.index + 1}: ${found}\nlevel ${percent(point.level)}`;
    }

    function evidence(width) {
      const times = [start, Math.max(...intervals.map(({ to }) => to))].map((time) => new Date(time));
      const at = (point) => Math.min(1, Math.max(SMALLEST, point.p ?? 1));
      return Plot.plot({
        width,
        height: EVIDENCE_HEIGHT,
        ariaLabel: `Strongest evidence of harm at each of ${looks.length} looks, and the level that it was held against`,
        marginLeft: LEFT,
        marginRight: 16,
        style: { background: "none", overflow: "visible" },
        x: { type: "utc", label: null, ticks: Math.max(2, Math.floor(width / 110)), tickFormat: clock, domain: times[0] < times[1] ? times : undefined, insetLeft: 8, insetRight: 8 },
        y: { type: "log", domain: [1, SMALLEST], label: "p", labelArrow: "none", grid: true, insetTop: 6, insetBottom: 6, ticks: [1, 1e-2, 1e-4, 1e-6], tickFormat: (p) => `${plain.format(100 * p)} %` },
        marks: [
          // Levels of early looks may lie far beyond the picture.
          Plot.lineY(looks, { x: "at", y: "level", curve: "step-before", stroke: "var(--bad)", strokeWidth: 2, clip: true, className: "level" }),
          Plot.lineY(looks, { x: "at", y: at, stroke: "var(--faint)", strokeWidth: 1.5 }),
          Plot.dot(looks, {
            x: "at",
            y: at,
            r: (point) => (point.index === deciding ? 7 : 5),
            symbol: (point) => (isHarm(point) ? "triangle" : "circle"),
            stroke: (point) => `var(--${tone(point)})`,
            fill: (point) => (decided(point) ? `var(--${tone(point)})` : "var(--paper)"),
            sort: null,
            className: "look",
          }),
          Plot.tip(looks, Plot.pointer({ x: "at", y: at, title: weighed })),
        ],
        r: { type: "identity" },
        symbol: { type: "identity" },
      });
    }

    // To a screen reader a chart is one image; the tables below it have everything.
    function put(place, chart) {
      const svg = chart(Math.max(NARROWEST, place.clientWidth));
      svg.setAttribute("role", "img");
      for (const part of svg.querySelectorAll("[aria-label]")) {
        part.dataset.mark = part.getAttribute("aria-label");
        part.removeAttribute("aria-label");
      }
      place.replaceChildren(svg);
    }

    function draw() {
      put(place, chart);
      const beside = document.querySelector(".evidence");
      if (beside !== null) put(beside, evidence);
    }

    draw();
    redraw = draw;
    // What is wide scrolls to the interval that decided.
    const current = document.querySelector(".classes thead [aria-current]");
    const table = current?.closest(".scroll");
    if (table) table.scrollLeft = current.offsetLeft - table.clientWidth / 2;
  }

  let settling;
  addEventListener("resize", () => {
    clearTimeout(settling);
    settling = setTimeout(() => redraw(), 150);
  });
  return { start };
})();
plotReady.then(Scores.start);
