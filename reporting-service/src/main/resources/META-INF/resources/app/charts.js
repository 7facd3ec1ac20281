// Small charts in SVG. Everything that comes from data goes in as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";

export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

function svg(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}

/** A line over time, with its numbers as a table for those who cannot see it. */
export function line(target, label, points, format, moment) {
  if (points.length === 0) {
    target.replaceChildren(element("p", {}, "Nothing in this period."));
    return;
  }
  const largest = Math.max(...points.map((point) => Number(point.value)), 0) || 1;
  const x = (i) => (points.length === 1 ? 500 : (i / (points.length - 1)) * 1000);
  const y = (value) => 176 - (Number(value) / largest) * 168;
  const chart = svg("svg", { class: "chart", viewBox: "0 0 1000 180", preserveAspectRatio: "none", role: "img", "aria-label": `${label}: a line from ${moment(points[0].time)} to ${moment(points.at(-1).time)}; the table below has the numbers` });
  for (const at of [8, 92, 176]) chart.append(svg("line", { class: "rule", x1: 0, x2: 1000, y1: at, y2: at }));
  const path = points.map((point, i) => `${i ? "L" : "M"}${x(i).toFixed(1)},${y(point.value).toFixed(1)}`).join("");
  chart.append(svg("path", { class: "area", d: `${path}L${x(points.length - 1)},176L${x(0)},176Z` }));
  chart.append(svg("path", { class: "line", d: path }));
  const top = points.reduce((a, b) => (Number(b.value) > Number(a.value) ? b : a));
  const rows = points.map((point) => element("tr", {}, element("td", {}, moment(point.time)), element("td", {}, format(point.value))));
  const open = target.querySelector("details")?.open;
  const data = element("details", { class: "data" }, element("summary", {}, "Numbers"),
    element("table", {}, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Time"), element("th", { scope: "col" }, label))), element("tbody", {}, ...rows)));
  data.open = Boolean(open);
  target.replaceChildren(chart,
    element("div", { class: "axis" }, element("span", {}, moment(points[0].time)), element("span", {}, `at most ${format(top.value)}`), element("span", {}, moment(points.at(-1).time))), data);
}

/** Bars with names and amounts, the largest first. */
export function bars(target, rows, format) {
  if (rows.length === 0) {
    target.replaceChildren(element("p", {}, "Nothing in this period."));
    return;
  }
  const largest = Math.max(...rows.map((row) => Number(row.value))) || 1;
  target.replaceChildren(element("ul", { class: "bars" }, ...rows.map((row) =>
    element("li", {}, element("span", { class: "name", title: row.name }, row.name), element("span", { class: "amount", title: String(row.value) }, format(row.value)),
      element("progress", { max: largest, value: Number(row.value), "aria-hidden": "true" })))));
}

export function table(target, caption, columns, rows) {
  target.replaceChildren(element("table", { "aria-label": caption },
    element("thead", {}, element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column.title)))),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, ...columns.map((column) => element("td", {}, column.text(row))))))));
}
