// Sorts the releases by the column whose heading is pressed; pressed again, the other way round.
(() => {
  "use strict";

  const table = document.querySelector(".releases");
  if (table === null) return;
  const body = table.tBodies[0];
  const status = document.querySelector('[role="status"]');
  const headings = [...table.tHead.rows[0].cells];
  const inOrder = new Map([...body.rows].map((row, index) => [row, index]));
  const words = new Intl.Collator("en", { numeric: true });

  // A number, a text, or nothing.
  function key(row, column) {
    const cell = row.cells[column];
    if (cell === undefined) return null;
    if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
    return cell.colSpan > 1 ? null : cell.textContent || null;
  }

  function compare(a, b) {
    return typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);
  }

  function sort(column, ascending) {
    const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
    rows.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || inOrder.get(a.row) - inOrder.get(b.row);
      return (ascending ? 1 : -1) * compare(a.key, b.key) || inOrder.get(a.row) - inOrder.get(b.row);
    });
    body.append(...rows.map(({ row }) => row));
    headings.forEach((heading, at) => {
      if (at === column) heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      else heading.removeAttribute("aria-sort");
    });
    status.textContent = `Sorted by ${headings[column].textContent.toLowerCase()}, ${ascending ? "ascending" : "descending"}.`;
  }

  headings.forEach((heading, column) => {
    heading.querySelector("button").addEventListener("click", () => {
      sort(column, heading.getAttribute("aria-sort") !== "ascending");
    });
  });
})();
