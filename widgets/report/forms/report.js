for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach(other => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
    const numbers = head.classList.contains("n");
    const order = (a, b) => {
      if (!numbers)
        return a[0].localeCompare(b[0], undefined, { numeric: true });
      // What is no number stands at the end, whichever way.
      const x = parseFloat(a[0]), y = parseFloat(b[0]);
      return isNaN(x) || isNaN(y) ? (isNaN(x) - isNaN(y)) * (down ? -1 : 1) : x - y;
    };
    const rows = [...table.tBodies[0].rows].map(row => [key(row), row]);
    rows.sort((a, b) => down ? order(b, a) : order(a, b));
    table.tBodies[0].append(...rows.map(pair => pair[1]));
  }));
}
