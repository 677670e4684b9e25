// A button in a column's head sorts by it; what has no number stays at the end.
for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const head = button.closest("th");
    const body = head.closest("table").tBodies[0];
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => row.cells[head.cellIndex].dataset.key;
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === "" || y === "") return (x === "") - (y === "");
      const numbers = [Number(x), Number(y)];
      const sign = up ? 1 : -1;
      if (numbers.some(Number.isNaN)) return sign * x.localeCompare(y);
      return sign * (numbers[0] - numbers[1]);
    };
    body.append(...[...body.rows].sort(order));
  });
}
