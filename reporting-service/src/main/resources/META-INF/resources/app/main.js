import * as api from "./api.js";
import * as auth from "./auth.js";
import { bars, element, line, table } from "./charts.js";
import * as format from "./format.js";
import { FILTERS, View } from "./view.js";

const LIVE_MS = 1000;
const CHARTS_EVERY = 5;
const LONGEST_PAUSE_MS = 30000;

const at = (id) => document.getElementById(id);
let view = View.fromAddress();
let timer = 0;
let failures = 0;
let rounds = 0;
let generation = 0;

const TILES = [
  { title: "Cost", value: (t) => format.usd(t.cost_usd), full: (t) => `${t.cost_usd} USD`, of: (t) => t.cost_usd,
    help: (o) => o.projection.cost_usd
      ? `Month so far ${format.usd(o.projection.month_to_date_usd)}, expected by its end ${format.usd(o.projection.cost_usd)}`
      : `Month so far ${format.usd(o.projection.month_to_date_usd)}; a projection needs a complete day` },
  { title: "Model calls", value: (t) => format.count(t.model_calls), of: (t) => t.model_calls, help: () => "Each call once, however often it was reported" },
  { title: "Input tokens", value: (t) => format.compact(t.input_tokens), full: (t) => format.count(t.input_tokens), of: (t) => t.input_tokens,
    help: (o) => `${format.compact(o.totals.cached_input_tokens)} of them read from prompt caches` },
  { title: "Output tokens", value: (t) => format.compact(t.output_tokens), full: (t) => format.count(t.output_tokens), of: (t) => t.output_tokens, help: () => "Reasoning included" },
  { title: "Success rate", value: (t) => format.percent(t.success_rate), of: (t) => t.success_rate, help: (o) => `${format.count(o.totals.errors)} calls, runs and steps failed` },
  { title: "Latency p95", value: (t) => format.duration(t.latency_ms.p95), of: (t) => t.latency_ms.p95,
    help: (o) => `p50 ${format.duration(o.totals.latency_ms.p50)}, p99 ${format.duration(o.totals.latency_ms.p99)}` },
  { title: "Active agents", value: (t) => format.count(t.active_agents), of: (t) => t.active_agents, help: (o) => `${format.count(o.totals.agent_runs)} agent runs` },
  { title: "Active users", value: (t) => format.count(t.active_users), of: (t) => t.active_users, help: () => "Pseudonyms; many are estimated within 2.4 %" },
];

function showTiles(overview) {
  at("tiles").replaceChildren(...TILES.map((tile) =>
    element("div", { class: "tile" }, element("dl", {}, element("dt", {}, tile.title),
      element("dd", { class: "value", title: (tile.full ?? tile.value)(overview.totals) }, tile.value(overview.totals)),
      element("dd", { class: "change" }, format.change(tile.of(overview.totals), tile.of(overview.previous))),
      element("dd", { class: "help" }, tile.help(overview))))));
}

function showFreshness(freshness) {
  const badge = at("freshness");
  if (freshness.data_through == null) {
    badge.className = "badge";
    badge.textContent = "No data yet";
  } else if (freshness.stale) {
    badge.className = "badge stale";
    badge.textContent = `Stale · data through ${format.time(freshness.data_through)}`;
  } else {
    badge.className = "badge live";
    badge.textContent = `Live · data through ${format.time(freshness.data_through)} · lag ${freshness.lag_seconds.toFixed(1)} s`;
  }
}

function showOverview(overview) {
  const totals = overview.totals;
  const nothing = totals.model_calls === 0 && totals.agent_runs === 0;
  at("empty").hidden = !nothing;
  at("numbers").hidden = nothing;
  at("notice").hidden = totals.unpriced_calls === 0;
  if (totals.unpriced_calls > 0) {
    at("notice").textContent = `${format.count(totals.unpriced_calls)} calls have no price yet, so the cost is a lower bound. Add their prices with POST /v1/prices; they are priced by themselves then.`;
  }
  showTiles(overview);
}

/** The rows with those buckets in which nothing happened, which an answer leaves out. */
function everyBucket(series) {
  const found = new Map(series.rows.map((row) => [Date.parse(row.time), row]));
  const rows = [];
  const end = Date.parse(series.period.end);
  const bucket = new Date(series.period.start);
  if (view.granularity === "day") bucket.setHours(0, 0, 0, 0);
  else if (view.granularity === "hour") bucket.setMinutes(0, 0, 0);
  while (bucket.getTime() < end) {
    rows.push(found.get(bucket.getTime()) ?? { time: bucket.toISOString(), cost_usd: "0.000000000", model_calls: 0 });
    if (view.granularity === "day") bucket.setDate(bucket.getDate() + 1);
    else bucket.setTime(bucket.getTime() + (view.granularity === "hour" ? 3600000 : 60000));
  }
  return rows;
}

async function showCharts() {
  const now = generation;
  const [series, models, agents] = await Promise.all([
    api.query(view.question({ measures: ["cost_usd", "model_calls"], granularity: view.granularity, order_by: "time", limit: 10000 })),
    api.query(view.question({ measures: ["cost_usd", "model_calls", "input_tokens", "output_tokens", "latency_ms.p95", "error_rate"], dimensions: ["model"], order_by: "-cost_usd", limit: 8 })),
    api.query(view.question({ measures: ["cost_usd"], dimensions: ["agent"], order_by: "-cost_usd", limit: 8 })),
  ]);
  if (now !== generation) return;
  const moment = (text) => format.moment(text, view.granularity);
  const rows = everyBucket(series);
  line(at("cost-chart"), "Cost", rows.map((row) => ({ time: row.time, value: row.cost_usd })), format.usd, moment);
  line(at("calls-chart"), "Model calls", rows.map((row) => ({ time: row.time, value: row.model_calls })), format.count, moment);
  bars(at("model-chart"), models.rows.map((row) => ({ name: row.model, value: row.cost_usd })), format.usd);
  bars(at("agent-chart"), agents.rows.map((row) => ({ name: row.agent, value: row.cost_usd })), format.usd);
  table(at("models"), "Top models", [
    { title: "Model", text: (row) => row.model },
    { title: "Calls", text: (row) => format.count(row.model_calls) },
    { title: "Input tokens", text: (row) => format.count(row.input_tokens) },
    { title: "Output tokens", text: (row) => format.count(row.output_tokens) },
    { title: "Cost", text: (row) => format.usd(row.cost_usd) },
    { title: "Latency p95", text: (row) => format.duration(row["latency_ms.p95"]) },
    { title: "Errors", text: (row) => format.percent(row.error_rate) },
  ], models.rows);
}

function showFailure(problem) {
  if (problem.status === 401 || problem.status === 403) {
    signIn(problem.message);
    return;
  }
  at("freshness").className = "badge off";
  at("freshness").textContent = "Not live · trying again";
  at("problem").hidden = false;
  at("problem").textContent = `${problem.message} (${problem.code ?? "error"})`;
}

async function refresh() {
  clearTimeout(timer);
  const now = generation;
  try {
    const overview = await api.overview(view);
    if (now !== generation) return;
    showOverview(overview);
    showFreshness(overview.freshness);
    if (rounds++ % CHARTS_EVERY === 0) {
      await Promise.all([showCharts(), offerValues()]);
    }
    at("problem").hidden = true;
    failures = 0;
  } catch (problem) {
    if (now !== generation) return;
    failures++;
    showFailure(problem);
    if (problem.status === 401 || problem.status === 403) return;
  }
  if (!document.hidden && now === generation) {
    timer = setTimeout(refresh, Math.min(LIVE_MS * 2 ** failures, LONGEST_PAUSE_MS));
  }
}

function restart() {
  generation++;
  rounds = 0;
  refresh();
}

async function offerValues() {
  await Promise.all(FILTERS.map(async (name) => {
    const select = at(name);
    const offered = await api.values(name);
    const chosen = view.filters[name];
    const options = chosen && !offered.includes(chosen) ? [chosen, ...offered] : offered;
    if (select.dataset.offered === options.join("\n")) return;
    select.dataset.offered = options.join("\n");
    select.replaceChildren(element("option", { value: "" }, "All"), ...options.map((value) => element("option", { value }, value)));
    select.value = chosen ?? "";
  }));
}

function signIn(reason) {
  clearTimeout(timer);
  at("page").hidden = true;
  at("sign-out").hidden = true;
  at("sign-in").hidden = false;
  at("freshness").className = "badge";
  at("freshness").textContent = "Signed out";
  at("sign-in-error").hidden = !reason;
  at("sign-in-error").textContent = reason ?? "";
  at("key").focus();
}

function open() {
  at("sign-in").hidden = true;
  at("page").hidden = false;
  at("sign-out").hidden = false;
  at("period").value = view.period;
  for (const name of FILTERS) {
    at(name).replaceChildren(element("option", { value: "" }, "All"));
    delete at(name).dataset.offered;
  }
  restart();
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

at("example").textContent = `curl ${location.origin}/v1/events \\
  -H "Authorization: Bearer $TOKENLEDGER_INGEST_KEY" -H "Content-Type: application/json" \\
  -d '[{"id": "first-1", "type": "model_call", "time": "'$(date -u +%FT%TZ)'",
        "provider": "openai", "model": "gpt-4o", "agent": "support-bot",
        "usage": {"input_tokens": 1200, "output_tokens": 300}, "latency_ms": 1850}]'`;

at("sign-in-form").addEventListener("submit", (event) => {
  event.preventDefault();
  auth.keep(at("key").value.trim(), at("remember").checked);
  at("key").value = "";
  open();
});
at("sign-out").addEventListener("click", () => { auth.forget(); signIn(); });
at("theme").addEventListener("click", () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("tokenledger.theme", theme);
  setTheme(theme);
});
at("filters").addEventListener("change", () => {
  const filters = {};
  for (const name of FILTERS) if (at(name).value) filters[name] = at(name).value;
  view = new View(at("period").value, filters);
  view.toAddress();
  restart();
});
at("filters").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("visibilitychange", () => { if (!document.hidden && auth.key()) restart(); });

const dark = matchMedia("(prefers-color-scheme: dark)");
setTheme(localStorage.getItem("tokenledger.theme") ?? (dark.matches ? "dark" : "light"));
dark.addEventListener("change", () => { if (!localStorage.getItem("tokenledger.theme")) setTheme(dark.matches ? "dark" : "light"); });
if (auth.key()) open(); else signIn();
