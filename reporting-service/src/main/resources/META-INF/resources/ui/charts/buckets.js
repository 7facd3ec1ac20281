/**
 * The buckets of a period in order, those in which nothing happened included: answers leave them out, and a chart that did
 * so too would show a steady stream where there were gaps. `rows` is by time; in the browser's time zone.
 */
export function buckets(period, granularity, rows) {
  const byTime = new Map(rows.map((row) => [new Date(row.time).getTime(), row]));
  const end = new Date(period.end).getTime();
  const times = new Set(byTime.keys());
  for (let at = floor(new Date(period.start), granularity); at.getTime() < end; at = next(at, granularity)) {
    times.add(at.getTime());
  }
  return [...times].sort((a, b) => a - b)
    .map((time) => ({ start: new Date(time), row: byTime.get(time) ?? null }));
}

/** The start of the bucket that a time lies in: a period may begin in the middle of one. */
function floor(at, granularity) {
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()];
  switch (granularity) {
    case 'minute':
      return new Date(Math.floor(at.getTime() / 60_000) * 60_000);
    case 'hour':
      // Not by setting the minutes: an hour that the clocks repeat would lose its second occurrence.
      return new Date(at.getTime() - (at.getMinutes() * 60 + at.getSeconds()) * 1000 - at.getMilliseconds());
    case 'week':
      return new Date(year, month, day - ((at.getDay() + 6) % 7));
    case 'month':
      return new Date(year, month, 1);
    default:
      return new Date(year, month, day);
  }
}

function next(at, granularity) {
  switch (granularity) {
    case 'minute':
      return new Date(at.getTime() + 60_000);
    case 'hour':
      return new Date(at.getTime() + 3_600_000);
    case 'week':
      return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 7);
    case 'month':
      return new Date(at.getFullYear(), at.getMonth() + 1, 1);
    default:
      return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1);
  }
}
