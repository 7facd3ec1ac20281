import { tile } from '../components/tile.js';
import { formatCount, formatMillis, formatPercent, formatDay, fullCount, pointChange, relativeChange } from '../format.js';
import { MEASURES } from '../measures.js';
import { approximate, boundedUsd, formatUsd, fullUsd, parseUsd } from '../money.js';
import { periodName } from '../state.js';

/** The figures at the top of the overview. */
export function overviewTiles() {
  const make = (name, betterWhen) => tile({ name, measure: MEASURES[name], betterWhen });
  const byName = {
    cost: make('cost'),
    model_calls: make('model_calls'),
    tokens: make('tokens'),
    success_rate: make('success_rate', 1),
    latency: make('latency', -1),
    active_agents: make('active_agents'),
    active_users: make('active_users'),
    agent_runs: make('agent_runs'),
  };

  /** `series` are the rows of the buckets, null where nothing happened; or null before they are known. */
  function update({ totals, previous, projection }, state, series) {
    const previousText = `previous ${periodName(state)}`;
    const line = (value) => series?.map((row) => (row ? value(row) : 0)) ?? null;
    const gaps = (value) => series?.map((row) => (row ? value(row) : null)) ?? null;
    const count = (name) => ({
      text: formatCount(totals[name]), title: fullCount(totals[name]),
      moved: relativeChange(totals[name], previous[name]), previousText,
    });

    byName.cost.update({
      ...cost(totals, previous), previousText, details: projected(projection),
      series: line((row) => approximate(parseUsd(row.cost_usd))),
    });
    byName.model_calls.update({
      ...count('model_calls'), details: [costPer(totals, 'model_calls', 'call')], series: line((row) => row.model_calls),
    });
    const tokens = (of) => of.input_tokens + of.output_tokens;
    byName.tokens.update({
      text: formatCount(tokens(totals)), title: fullCount(tokens(totals)),
      moved: relativeChange(tokens(totals), tokens(previous)), previousText,
      details: [
        { text: `in ${formatCount(totals.input_tokens)}`, title: fullCount(totals.input_tokens) },
        { text: `cached ${cachedShare(totals)}`, title: `${fullCount(totals.cached_input_tokens)} cached input tokens` },
        { text: `out ${formatCount(totals.output_tokens)}`, title: fullCount(totals.output_tokens) },
      ],
      series: line((row) => row.total_tokens),
    });
    byName.success_rate.update({
      text: formatPercent(totals.success_rate), title: totals.success_rate === null ? 'nothing ran' : `${totals.success_rate * 100}%`,
      moved: pointChange(totals.success_rate, previous.success_rate), previousText,
      details: [{ text: `${formatCount(totals.errors)} ${totals.errors === 1 ? 'error' : 'errors'}` }],
      series: gaps((row) => row.success_rate),
    });
    const latency = totals.latency_ms;
    byName.latency.update({
      text: formatMillis(latency.p95), title: latency.p95 === null ? 'not measured' : `${latency.p95} ms`,
      moved: relativeChange(latency.p95, previous.latency_ms.p95), previousText,
      details: [
        { text: `p50 ${formatMillis(latency.p50)}`, title: `${latency.p50} ms` }, { text: `p99 ${formatMillis(latency.p99)}`, title: `${latency.p99} ms` },
      ],
      series: gaps((row) => row['latency_ms.p95']),
    });
    byName.active_agents.update({ ...count('active_agents'), details: [costPer(totals, 'active_agents', 'agent')] });
    byName.active_users.update({ ...count('active_users'), details: [costPer(totals, 'active_users', 'user')] });
    byName.agent_runs.update({ ...count('agent_runs'), details: [costPer(totals, 'agent_runs', 'run')] });
  }

  return { byName, update };
}

function cost(totals, previous) {
  const now = parseUsd(totals.cost_usd);
  const missing = totals.unpriced_calls ?? 0;
  return {
    text: boundedUsd(now, missing, totals.model_calls),
    title: missing > 0 ? `${fullUsd(now)}, without ${fullCount(missing)} calls that have no price` : fullUsd(now),
    moved: relativeChange(now, parseUsd(previous.cost_usd)),
  };
}

function projected(projection) {
  if (!projection?.cost_usd) {
    return [{ text: 'month end: not enough days yet', title: 'A projection needs one complete day.' }];
  }
  // The month's end is the first instant of the next one.
  const lastDay = formatDay(new Date(new Date(projection.month_end).getTime() - 1));
  const range = projection.low_usd && projection.high_usd
    ? `, between ${formatUsd(parseUsd(projection.low_usd))} and ${formatUsd(parseUsd(projection.high_usd))} in four of five cases` : '';
  return [{
    text: `${formatUsd(parseUsd(projection.cost_usd))} expected by ${lastDay}`,
    title: `${formatUsd(parseUsd(projection.month_to_date_usd))} so far this month; by ${lastDay} ${fullUsd(parseUsd(projection.cost_usd))}${range}. From ${projection.based_on_days} complete days.`,
  }];
}

/** All of the cost over a count: what one more of them costs on average, whatever else it pays for. */
function costPer(totals, name, unit) {
  if (!(totals[name] > 0)) {
    return { text: `no ${unit}s` };
  }
  const mean = parseUsd(totals.cost_usd) / BigInt(totals[name]);
  return { text: `${formatUsd(mean)} per ${unit}`, title: `All cost of the period, divided by ${fullCount(totals[name])} ${unit}s` };
}

function cachedShare(totals) {
  return totals.input_tokens > 0 ? formatPercent(totals.cached_input_tokens / totals.input_tokens) : '–';
}
