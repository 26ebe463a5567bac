// Keys of the list: / to search, j and k to the next and the previous canary.
(() => {
  "use strict";

  const links = () => [...document.querySelectorAll(".canaries tbody th a")];

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) return;
    if (event.key === "/") {
      document.querySelector('[name="search"]')?.focus();
    } else if (event.key === "j" || event.key === "k") {
      const all = links();
      const at = all.indexOf(document.activeElement);
      const next = event.key === "j" ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0);
      all[next]?.focus();
    } else {
      return;
    }
    event.preventDefault();
  });
})();
