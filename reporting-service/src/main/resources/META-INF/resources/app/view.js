// What the page shows: a period and filters. It lives in the address, so that a link keeps it.
export const PERIODS = ["1h", "6h", "24h", "7d", "30d", "90d"];
export const FILTERS = ["project", "environment", "model", "agent"];
const GRANULARITY = { "1h": "minute", "6h": "minute", "24h": "hour", "7d": "hour", "30d": "day", "90d": "day" };

export const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export class View {
  constructor(period, filters) {
    this.period = period;
    this.filters = filters;
  }

  static fromAddress() {
    const asked = new URLSearchParams(location.search);
    const period = PERIODS.includes(asked.get("period")) ? asked.get("period") : "24h";
    const filters = {};
    for (const name of FILTERS) {
      if (asked.get(name)) filters[name] = asked.get(name);
    }
    return new View(period, filters);
  }

  toAddress() {
    history.replaceState(null, "", `?${new URLSearchParams({ period: this.period, ...this.filters })}`);
  }

  parameters() {
    return new URLSearchParams({ period: this.period, timezone, ...this.filters });
  }

  question(more) {
    const filters = Object.fromEntries(Object.entries(this.filters).map(([name, value]) => [name, [value]]));
    return { period: this.period, timezone, filters, ...more };
  }

  get granularity() {
    return GRANULARITY[this.period];
  }
}
