// The tabs of a metric: four charts and the values themselves.
const Views = (() => {
  "use strict";

  const TABS = [
    { name: "Time series", draw: Charts.views.overTime },
    { name: "Histogram", draw: Charts.views.histogram },
    { name: "Box plot", draw: Charts.views.boxes },
    { name: "Beeswarm", draw: Charts.views.beeswarm },
    { name: "Values", draw: null },
  ];
  const NARROWEST = 280;

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function legend(metric, spans, overTime) {
    const entry = (kind, text) => element("span", { class: `key ${kind}` }, text);
    const entries = [entry("baseline", "baseline"), entry("canary", "canary")];
    const infinite = Charts.infinite(metric, overTime ? [] : spans);
    if (overTime) {
      entries.push(entry("gap", "gap"));
      if (infinite > 0) entries.push(entry("infinite", "infinite"));
      for (const { kind } of spans) entries.push(entry(kind, kind === "warm-up" ? "warm-up" : "judged window"));
    } else if (infinite > 0) {
      entries.push(element("span", {}, infinite === 1 ? "1 infinite point is not drawn" : `${infinite} infinite points are not drawn`));
    }
    return element("p", { class: "legend" }, ...entries);
  }

  // The values of both sides in order of time, for those who cannot point.
  function table(metric, spans, label) {
    const byTime = new Map();
    const number = Charts.numberOf(metric, spans);
    for (const { side, at, value } of Charts.read(metric).rows) {
      const key = Number(at);
      byTime.set(key, { at, ...byTime.get(key), [side]: value });
    }
    const shown = (value) => (value === undefined || Number.isNaN(value) ? "gap" : number(value));
    const head = ["Time", "Baseline", "Canary"].map((name) =>
      element("th", { scope: "col", class: name === "Time" ? "" : "number" }, name),
    );
    const body = [...byTime.values()]
      .sort((a, b) => a.at - b.at)
      .map(({ at, baseline, canary }) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, Charts.time(at)),
          element("td", { class: "number" }, shown(baseline)),
          element("td", { class: "number" }, shown(canary)),
        ),
      );
    const values = element("table", { class: "values" }, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
    return element("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": label }, values);
  }

  // To a screen reader a chart is one image with a name; its parts have none of their own.
  function asImage(svg) {
    svg.setAttribute("role", "img");
    for (const part of svg.querySelectorAll("[aria-label]")) {
      part.dataset.mark = part.getAttribute("aria-label");
      part.removeAttribute("aria-label");
    }
  }

  // Puts the tabs of `metric` into `place`. The first view is drawn at once, the others when asked for.
  function attach(place, metric, name, spans) {
    const id = (part, index) => `${part}-${place.dataset.metric}-${index}`;
    const list = element("div", { role: "tablist", "aria-label": `Views of ${name}` });
    const tabs = TABS.map((tab, index) =>
      element("button", { type: "button", role: "tab", id: id("tab", index), "aria-controls": id("panel", index) }, tab.name),
    );
    const panels = TABS.map((tab, index) =>
      element("div", { role: "tabpanel", id: id("panel", index), "aria-labelledby": id("tab", index) }),
    );
    let chosen = 0;

    function draw() {
      const { name: view, draw: chart } = TABS[chosen];
      const label = `${name}, ${view.toLowerCase()}, baseline and canary`;
      if (chart === null) {
        panels[chosen].replaceChildren(table(metric, spans, label));
        return;
      }
      const drawn = chart(metric, spans, Math.max(NARROWEST, place.clientWidth), label);
      asImage(drawn);
      panels[chosen].replaceChildren(legend(metric, spans, chosen === 0), drawn);
    }

    function choose(index) {
      chosen = index;
      tabs.forEach((tab, at) => {
        tab.setAttribute("aria-selected", at === chosen);
        tab.tabIndex = at === chosen ? 0 : -1;
        panels[at].hidden = at !== chosen;
      });
      draw();
    }

    tabs.forEach((tab, index) => tab.addEventListener("click", () => choose(index)));
    list.addEventListener("keydown", (event) => {
      const last = TABS.length - 1;
      const next = {
        ArrowRight: chosen === last ? 0 : chosen + 1,
        ArrowLeft: chosen === 0 ? last : chosen - 1,
        Home: 0,
        End: last,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      choose(next);
      tabs[next].focus();
    });
    list.append(...tabs);
    place.replaceChildren(list, ...panels);
    choose(0);
    return { draw };
  }

  return { attach };
})();
