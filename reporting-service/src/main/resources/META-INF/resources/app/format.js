// Numbers for people. Amounts come as decimal text and are cut as text: nothing is added up here.
const whole = new Intl.NumberFormat("en-US");

export const count = (value) => (value == null ? "–" : whole.format(value));

export function compact(value) {
  return value == null ? "–" : new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** Dollars with two places, or with more where there is less than a dollar. */
export function usd(text) {
  if (text == null) return "–";
  const negative = text.startsWith("-");
  const [dollars, fraction = ""] = text.replace("-", "").split(".");
  const places = dollars === "0" ? Math.max(2, Math.min(6, fraction.search(/[1-9]/) + 3)) : 2;
  const shown = fraction.padEnd(places, "0").slice(0, places);
  return `${negative ? "−" : ""}$${whole.format(BigInt(dollars))}.${shown}`;
}

export const percent = (share) => (share == null ? "–" : `${(share * 100).toFixed(2)} %`);

export function duration(ms) {
  if (ms == null) return "–";
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** The change against the period before, in words. */
export function change(now, before) {
  const a = Number(now ?? 0);
  const b = Number(before ?? 0);
  if (before == null || b === 0) return a === 0 ? "as before" : "nothing before";
  const ratio = (a - b) / b;
  if (Math.abs(ratio) < 0.0005) return "as before";
  return `${ratio > 0 ? "▲" : "▼"} ${Math.abs(ratio * 100).toFixed(1)} % against before`;
}

export const time = (text) => new Date(text).toLocaleTimeString();

export function moment(text, granularity) {
  const date = new Date(text);
  return granularity === "day"
    ? date.toLocaleDateString(undefined, { month: "short", day: "numeric" })
    : date.toLocaleString(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}
