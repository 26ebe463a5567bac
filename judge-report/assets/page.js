// Brings the page to life: a metric's charts are made when it is first opened.
plotReady.then(() => {
  "use strict";

  const { metrics, warmUp, judged } = JSON.parse(document.getElementById("series").textContent);
  const spans = Object.entries({ "warm-up": warmUp, judged })
    .filter(([, span]) => span)
    .map(([kind, [from, to]]) => ({ kind, from, to }));
  const attached = new Map();

  function attach(details) {
    const place = details.querySelector(".views");
    if (place === null || attached.has(details)) return;
    const name = details.querySelector("h3").textContent;
    attached.set(details, Views.attach(place, metrics[place.dataset.metric], name, spans));
  }

  const all = [...document.querySelectorAll("details.metric")];
  for (const details of all) {
    if (details.open) attach(details);
    details.addEventListener("toggle", () => details.open && attach(details));
  }

  function openTarget() {
    const target = document.getElementById(location.hash.slice(1));
    if (target?.matches("details.metric")) target.open = true;
  }
  addEventListener("hashchange", openTarget);
  openTarget();

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
});
