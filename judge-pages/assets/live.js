// Shows each look when it is made: the live part of the page is asked for again, and what it holds is drawn anew.
(() => {
  "use strict";

  const live = document.getElementById("live");
  if (!live?.dataset.events) return;
  let source;
  let busy = false;
  let again = false;

  // What somebody has opened, and where they are, by the names that stay.
  function remember() {
    const open = new Map();
    for (const details of live.querySelectorAll("details.metric")) {
      const tab = [...details.querySelectorAll('[role="tab"]')].findIndex((one) => one.getAttribute("aria-selected") === "true");
      open.set(details.querySelector("h3").textContent, { open: details.open, tab });
    }
    return { open, focus: live.contains(document.activeElement) ? document.activeElement.id : "" };
  }

  function restore({ open, focus }) {
    for (const details of live.querySelectorAll("details.metric")) {
      const before = open.get(details.querySelector("h3").textContent);
      if (before) details.open = before.open;
    }
    Page.start();
    Scores.start();
    for (const details of live.querySelectorAll("details.metric")) {
      const before = open.get(details.querySelector("h3").textContent);
      if (before?.tab > 0) details.querySelectorAll('[role="tab"]')[before.tab]?.click();
    }
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  }

  async function refresh() {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.pathname, { cache: "no-store" });
      if (!answer.ok || answer.redirected) {
        leave();
        location.reload();
        return;
      }
      const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
      const before = remember();
      live.replaceChildren(...next.childNodes);
      restore(before);
      document.getElementById("said").textContent = document.getElementById("status").textContent;
      live.dataset.events = next.dataset.events ?? "";
      if (!next.dataset.events) leave();
    } finally {
      busy = false;
    }
    if (again) {
      again = false;
      await refresh();
    }
  }

  function listen() {
    if (source || !live.dataset.events) return;
    source = new EventSource(live.dataset.events);
    source.addEventListener("look", refresh);
    source.addEventListener("ended", () => {
      leave();
      refresh();
    });
  }

  function leave() {
    source?.close();
    source = undefined;
  }

  // A browser has few connections to one server: a page that nobody sees leaves them to others.
  addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
  listen();
})();
