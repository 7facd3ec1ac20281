/** Numbers and times as people read them. */

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 4 });
const SHORT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });
const SECOND = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const MINUTE = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const DAY_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
const MONTH = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric' });

export const TIMEZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function formatCount(value) {
  if (value === null || value === undefined) {
    return '–';
  }
  return value < 1_000_000 ? WHOLE.format(value) : COMPACT.format(value);
}

export function fullCount(value) {
  return value === null || value === undefined ? 'not measured' : WHOLE.format(value);
}

/** For axes. */
export function shortCount(value) {
  return SHORT.format(value);
}

export function formatPercent(ratio) {
  if (ratio === null || ratio === undefined) {
    return '–';
  }
  const percent = ratio * 100;
  // Rounding must not turn a failure into perfection.
  if (percent < 100 && percent >= 99.95) {
    return percent >= 99.995 ? '>99.99%' : `${percent.toFixed(2)}%`;
  }
  return percent === 0 || percent === 100 ? `${percent}%` : `${percent.toFixed(1)}%`;
}

export function formatMillis(millis) {
  if (millis === null || millis === undefined) {
    return '–';
  }
  if (millis < 10) {
    return `${millis.toFixed(1)} ms`;
  }
  if (millis < 1000) {
    return `${Math.round(millis)} ms`;
  }
  if (millis < 60_000) {
    return `${(millis / 1000).toFixed(2)} s`;
  }
  const seconds = Math.round(millis / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function formatLag(seconds) {
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  if (seconds < 3600) {
    return `${Math.floor(seconds / 60)} min`;
  }
  if (seconds < 172_800) {
    return `${Math.floor(seconds / 3600)} h`;
  }
  return `${Math.floor(seconds / 86_400)} days`;
}

export function formatTime(date) {
  return SECOND.format(date);
}

/** The time, and the day where it is not today. */
export function formatMoment(date, now = new Date()) {
  return date.toDateString() === now.toDateString()
    ? SECOND.format(date)
    : `${DAY_YEAR.format(date)}, ${SECOND.format(date)}`;
}

export function formatDay(date) {
  return DAY.format(date);
}

/** A bucket's start, in full. */
export function formatBucket(date, granularity) {
  switch (granularity) {
    case 'minute':
    case 'hour':
      return `${DAY.format(date)}, ${MINUTE.format(date)}`;
    case 'week':
      return `week of ${DAY_YEAR.format(date)}`;
    case 'month':
      return MONTH.format(date);
    default:
      return DAY_YEAR.format(date);
  }
}

/** A bucket's start, below an axis. */
export function formatTick(date, granularity, spanMillis) {
  if (granularity === 'month') {
    return MONTH.format(date);
  }
  if (granularity === 'day' || granularity === 'week' || spanMillis > 2 * 86_400_000) {
    return DAY.format(date);
  }
  return MINUTE.format(date);
}

/** How a value moved: `{text, direction}` with direction -1, 0 or 1; null where it cannot be said. */
export function relativeChange(current, previous) {
  if (current === null || previous === null || current === undefined || previous === undefined) {
    return null;
  }
  if (current === previous) {
    return { text: 'no change', direction: 0 };
  }
  const direction = current > previous ? 1 : -1;
  if (Number(previous) === 0) {
    return null;
  }
  const permille = typeof current === 'bigint'
    ? Number(((current - previous) * 1000n) / previous)
    : ((current - previous) / previous) * 1000;
  const percent = Math.abs(permille) / 10;
  if (percent < 0.05) {
    return { text: '<0.1%', direction };
  }
  return { text: percent >= 1000 ? `×${WHOLE.format(percent / 100 + 1)}` : `${percent.toFixed(1)}%`, direction };
}

/** How a share moved, in percentage points. */
export function pointChange(current, previous) {
  if (current === null || previous === null || current === undefined || previous === undefined) {
    return null;
  }
  const points = (current - previous) * 100;
  if (Math.abs(points) < 0.005) {
    return { text: 'no change', direction: 0 };
  }
  return { text: `${Math.abs(points).toFixed(2)} pts`, direction: Math.sign(points) };
}

/** What stands for "nothing given" and "what the limit left out" in answers. */
export function dimensionLabel(dimension, value) {
  if (value === '(none)') {
    return `no ${dimension}`;
  }
  return value === '(other)' ? 'all others' : value;
}

export function isPlaceholder(value) {
  return value === '(none)' || value === '(other)';
}
