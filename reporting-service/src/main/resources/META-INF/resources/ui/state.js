import { TIMEZONE } from './format.js';

/** What the address says is shown: the period and the filters. Links keep it; nothing secret is in it. */

export const PERIODS = ['1h', '6h', '24h', '7d', '30d', '90d'];
export const FILTERS = ['project', 'environment', 'model', 'agent'];
export const DEFAULT_PERIOD = '24h';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LENGTHS = { '1h': HOUR, '6h': 6 * HOUR, '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY, '90d': 90 * DAY };

/** `{period}` or `{start, end}` (RFC 3339), and `filters` with a list of values for each dimension. */
export function readState(search = location.search) {
  const parameters = new URLSearchParams(search);
  const filters = Object.fromEntries(FILTERS.map((name) => [name, [...new Set(parameters.getAll(name))]]));
  const start = instant(parameters.get('start'));
  const end = instant(parameters.get('end'));
  if (start && end && start < end) {
    return { period: null, start: start.toISOString(), end: end.toISOString(), filters };
  }
  const asked = parameters.get('period');
  return { period: PERIODS.includes(asked) ? asked : DEFAULT_PERIOD, start: null, end: null, filters };
}

function instant(text) {
  const date = text ? new Date(text) : null;
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/** The state as parameters, of an address or of the API alike. */
export function parameters(state) {
  const result = new URLSearchParams();
  if (state.period) {
    result.set('period', state.period);
  } else {
    result.set('start', state.start);
    result.set('end', state.end);
  }
  for (const name of FILTERS) {
    state.filters[name].forEach((value) => result.append(name, value));
  }
  return result;
}

/** The parameters of the overview and its likes. */
export function apiParameters(state) {
  const result = parameters(state);
  result.set('timezone', TIMEZONE);
  return result;
}

/** The part of a query that the state decides. */
export function queryScope(state) {
  const filters = Object.fromEntries(
    Object.entries(state.filters).filter(([, values]) => values.length > 0));
  const time = state.period ? { period: state.period } : { start: state.start, end: state.end };
  return { ...time, timezone: TIMEZONE, filters };
}

export function spanMillis(state) {
  return state.period ? LENGTHS[state.period] : new Date(state.end) - new Date(state.start);
}

/** Buckets that are short enough to show a shape and few enough to be told apart. */
export function granularity(state) {
  const span = spanMillis(state);
  if (span <= 6 * HOUR) {
    return 'minute';
  }
  if (span <= 8 * DAY) {
    return 'hour';
  }
  if (span <= 120 * DAY) {
    return 'day';
  }
  return span <= 800 * DAY ? 'week' : 'month';
}

/** Whether what happens now is in the period. */
export function isLive(state, now = Date.now()) {
  return state.period !== null || new Date(state.end) > now;
}

export function hasFilters(state) {
  return FILTERS.some((name) => state.filters[name].length > 0);
}

export function withPeriod(state, period) {
  return { ...state, period, start: null, end: null };
}

export function withRange(state, start, end) {
  return { ...state, period: null, start, end };
}

export function withFilter(state, name, values) {
  return { ...state, filters: { ...state.filters, [name]: values } };
}

export function withoutFilters(state) {
  return { ...state, filters: Object.fromEntries(FILTERS.map((name) => [name, []])) };
}

const NAMES = {
  '1h': 'hour', '6h': '6 hours', '24h': '24 hours', '7d': '7 days', '30d': '30 days', '90d': '90 days',
};

/** "24 hours", as in "the last …" and "the previous …". */
export function periodName(state) {
  return state.period ? NAMES[state.period] : 'period';
}
