// Brings the page to life: a metric's charts are made when it is first opened.
const Page = (() => {
  "use strict";

  let attached = new Map();
  let all = [];
  let metrics = [];
  let spans = [];

  function attach(details) {
    const place = details.querySelector(".views");
    if (place === null || attached.has(details)) return;
    const name = details.querySelector("h3").textContent;
    attached.set(details, Views.attach(place, metrics[place.dataset.metric], name, spans));
  }

  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.matches("details.metric")) target.open = true;
  }
  addEventListener("hashchange", openTarget);

  // Draws what the page holds now.
  function start() {
    attached = new Map();
    all = [...document.querySelectorAll("details.metric")];
    const points = JSON.parse(document.getElementById("series")?.textContent ?? '{"metrics":[]}');
    metrics = points.metrics;
    spans = Object.entries({ "warm-up": points.warmUp, judged: points.judged })
      .filter(([, span]) => span)
      .map(([kind, [from, to]]) => ({ kind, from, to }));
    for (const details of all) {
      if (details.open) attach(details);
      details.addEventListener("toggle", () => details.open && attach(details));
    }
    openTarget();
  }

  // Charts follow the width of the page once it has settled.
  let settling;
  addEventListener("resize", () => {
    clearTimeout(settling);
    settling = setTimeout(() => {
      for (const [details, views] of attached) if (details.open) views.draw();
    }, 150);
  });

  // On paper everything is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all.filter((details) => !details.open);
    for (const details of closed) {
      details.open = true;
      attach(details);
    }
  });
  addEventListener("afterprint", () => {
    for (const details of closed) details.open = false;
  });
  return { start };
})();
plotReady.then(Page.start);
