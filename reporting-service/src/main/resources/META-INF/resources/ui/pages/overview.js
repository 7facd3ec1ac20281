import { get, post } from '../api.js';
import { buckets } from '../charts/buckets.js';
import { costBars } from '../charts/bar-list.js';
import { timeChart } from '../charts/time-chart.js';
import { dataTable } from '../components/data-table.js';
import { firstEvent } from '../components/first-event.js';
import { el, icon, setText } from '../dom.js';
import { dimensionLabel, formatCount, formatMillis, formatPercent, fullCount, isPlaceholder, shortCount } from '../format.js';
import { approximate, boundedUsd, formatUsd, fullUsd, parseUsd } from '../money.js';
import { apiParameters, granularity, hasFilters, isLive, queryScope, withFilter, withoutFilters, withPeriod } from '../state.js';
import { overviewTiles } from './overview-tiles.js';

/** What is left beyond these is added up in one line. */
const TOP = 8;
/** Unchanged totals mean unchanged parts; still they are asked for again now and then, lest a repricing back and forth is missed. */
const PARTS_MILLIS = 15_000;

const SERIES = ['cost_usd', 'model_calls', 'total_tokens', 'errors', 'success_rate', 'latency_ms.p95'];
const MODEL_MEASURES = ['model_calls', 'input_tokens', 'output_tokens', 'cost_usd', 'error_rate', 'latency_ms.p95'];

export const overviewPage = { path: '/', title: 'Overview', create: createOverview };

function createOverview({ navigate }) {
  let state = null;
  let modelOrder = '-cost_usd';
  const pick = (dimension) => (value) => navigate(withFilter(state, dimension, [value]));

  const tiles = overviewTiles();
  const unpriced = unpricedNotice();
  const chart = timeChart({
    title: 'Cost and calls over time',
    description: 'Gaps are times at which nothing was reported.',
    panels: [
      {
        label: 'Cost', className: 'cost', height: 130, whole: false, value: (row) => approximate(parseUsd(row.cost_usd)),
        axis: (mark) => axisUsd(mark), text: (row) => formatUsd(row ? parseUsd(row.cost_usd) : 0n),
      },
      {
        label: 'Model calls', className: 'calls', height: 84, whole: true, value: (row) => row.model_calls,
        axis: shortCount, text: (row) => fullCount(row?.model_calls ?? 0),
      },
    ],
    columns: [
      { label: 'Tokens', text: (row) => formatCount(row?.total_tokens ?? 0) },
      { label: 'Errors', text: (row) => fullCount(row?.errors ?? 0) },
      { label: 'Latency p95', text: (row) => formatMillis(row?.['latency_ms.p95'] ?? null) },
    ],
  });
  const byModel = costBars({
    title: 'Cost by model', description: `The ${TOP} that cost most, and the rest.`, dimension: 'model', onPick: pick('model'),
  });
  const byAgent = costBars({
    title: 'Cost by agent', description: `The ${TOP} that cost most, and the rest.`, dimension: 'agent', onPick: pick('agent'),
  });
  const models = modelTable(pick('model'), (order) => {
    modelOrder = order;
    navigate(state);
  });

  const numbers = el('div', { class: 'page-numbers' },
    el('div', { class: 'tiles' }, Object.values(tiles.byName).map((one) => one.element)),
    unpriced.element, chart.element, el('div', { class: 'pair' }, byModel.element, byAgent.element), models.element);
  const nothing = el('div', { class: 'page-nothing', hidden: true });
  const element = el('div', {}, el('h1', { class: 'hidden' }, 'Overview'), numbers, nothing);

  let parts = { key: '', at: -Infinity, series: null };
  let emptiness = '';

  async function refresh(next, signal) {
    state = next;
    const overview = await get('/v1/analytics/overview', apiParameters(next), { signal });
    const reported = overview.totals.model_calls + overview.totals.agent_runs + (overview.totals.errors ?? 0);
    showEmptiness(reported > 0 || overview.totals.active_users > 0 ? '' : overview.freshness.data_through ? 'period' : 'ledger', next);
    if (emptiness === '') {
      // The totals first: they are what must be up to date within a second or two.
      const key = JSON.stringify([overview.totals, overview.period, next, modelOrder]);
      const unchanged = key === parts.key && performance.now() - parts.at < PARTS_MILLIS;
      if (!sameScope(parts.key, next)) {
        parts.series = null;
      }
      tiles.update(overview, next, parts.series);
      if (!unchanged) {
        await refreshParts(overview, next, signal);
        parts = { ...parts, key, at: performance.now() };
        tiles.update(overview, next, parts.series);
      }
    }
    return overview.freshness;
  }

  let partsScope = '';

  function sameScope(key, next) {
    const scope = JSON.stringify(next);
    const same = key !== '' && scope === partsScope;
    partsScope = scope;
    return same;
  }

  async function refreshParts(overview, next, signal) {
    const scope = queryScope(next);
    const grain = granularity(next);
    const top = (dimension, measures, order) => ({ ...scope, measures, dimensions: [dimension], order_by: order, limit: TOP });
    const ask = (question) => post('/v1/analytics/query', question, { signal });
    const [series, modelCosts, agentCosts, topModels, missing] = await Promise.all([
      ask({ ...scope, measures: SERIES, granularity: grain }),
      ask(top('model', ['cost_usd', 'model_calls'], '-cost_usd')),
      ask(top('agent', ['cost_usd', 'model_calls'], '-cost_usd')),
      ask(top('model', MODEL_MEASURES, modelOrder)),
      overview.totals.unpriced_calls > 0 ? ask(top('model', ['unpriced_calls'], '-unpriced_calls')) : null,
    ]);
    const covered = series.period ?? overview.period;
    const all = buckets(covered, grain, series.rows);
    parts.series = all.map((bucket) => bucket.row);
    const cost = formatUsd(parseUsd(overview.totals.cost_usd));
    chart.update({
      buckets: all, granularity: grain, open: isLive(next), from: new Date(covered.start),
      summary: `${cost} and ${fullCount(overview.totals.model_calls)} model calls, by ${grain}.`,
    }, new Date(covered.start) < new Date(overview.period.start)
      ? `The first ${grain} is shown whole, so the columns may add up to a little more than the totals above.` : '');
    byModel.update(modelCosts.rows);
    byAgent.update(agentCosts.rows);
    models.update(topModels.rows);
    unpriced.update(overview.totals.unpriced_calls ?? 0, missing?.rows ?? []);
  }

  function showEmptiness(kind, next) {
    if (kind === 'period' || kind !== emptiness) {
      const key = kind === 'period' ? JSON.stringify(next) : kind;
      if (nothing.dataset.shown !== key) {
        nothing.dataset.shown = key;
        nothing.replaceChildren(...(kind === 'ledger' ? [firstEvent()] : kind === 'period' ? [emptyPeriod(next, navigate)] : []));
      }
    }
    emptiness = kind;
    nothing.hidden = kind === '';
    numbers.hidden = kind !== '';
  }

  return { element, refresh };
}

function axisUsd(mark) {
  if (mark === 0) {
    return '$0';
  }
  if (mark >= 10_000) {
    return `$${shortCount(mark)}`;
  }
  if (Number.isInteger(mark)) {
    return `$${mark}`;
  }
  return mark >= 0.01 ? `$${mark.toFixed(2)}` : `$${Number(mark.toPrecision(2))}`;
}

function emptyPeriod(state, navigate) {
  return el('section', { class: 'card empty', 'aria-labelledby': 'empty-period' },
    el('h2', { id: 'empty-period' }, 'Nothing was reported here'),
    el('p', {}, hasFilters(state) ? 'No usage in this period passes the filters.' : 'There is usage in the ledger, but none in this period.'),
    el('div', { class: 'actions' },
      hasFilters(state) ? el('button', { type: 'button', class: 'primary', on: { click: () => navigate(withoutFilters(state)) } }, 'Clear filters') : null,
      state.period === '90d' ? null : el('button', { type: 'button', on: { click: () => navigate(withPeriod(state, '90d')) } }, 'Show the last 90 days')));
}

function unpricedNotice() {
  const text = el('span');
  const names = el('span', { class: 'unpriced-models' });
  const element = el('div', { class: 'notice warning', role: 'note', hidden: true }, icon('warning'),
    el('p', {}, text, names, ' ', el('a', { href: '/help/#unpriced' }, 'What to do about unpriced calls')));
  return {
    element,
    update(calls, rows) {
      element.hidden = calls === 0;
      setText(text, `${fullCount(calls)} ${calls === 1 ? 'call has' : 'calls have'} no price yet, so the costs shown are lower bounds.`);
      const listed = rows.filter((row) => row.unpriced_calls > 0)
        .map((row) => `${dimensionLabel('model', row.model)} (${fullCount(row.unpriced_calls)})`);
      setText(names, listed.length > 0 ? ` Without a price: ${listed.join(', ')}.` : '');
    },
  };
}

function modelTable(onPick, onSort) {
  const cost = (row) => parseUsd(row.cost_usd);
  return dataTable({
    title: 'Top models',
    description: `${TOP} models, and all others in one line. Press a column's name to rank by it.`,
    sort: '-cost_usd',
    onSort,
    keyOf: (row) => row.model,
    columns: [
      {
        label: 'Model',
        cell: (row) => {
          const label = dimensionLabel('model', row.model);
          return isPlaceholder(row.model)
            ? el('span', { class: 'name placeholder' }, label)
            : el('button', { type: 'button', class: 'name link', title: `${label}: show only this model`, on: { click: () => onPick(row.model) } }, label);
        },
      },
      { key: 'model_calls', label: 'Calls', number: true, text: (row) => formatCount(row.model_calls), title: (row) => fullCount(row.model_calls) },
      { key: 'input_tokens', label: 'Input tokens', number: true, text: (row) => formatCount(row.input_tokens), title: (row) => fullCount(row.input_tokens) },
      { key: 'output_tokens', label: 'Output tokens', number: true, text: (row) => formatCount(row.output_tokens), title: (row) => fullCount(row.output_tokens) },
      {
        key: 'cost_usd', label: 'Cost', number: true,
        text: (row) => boundedUsd(cost(row), row.unpriced_calls, row.model_calls),
        title: (row) => (row.unpriced_calls > 0 ? `${fullUsd(cost(row))}, without ${fullCount(row.unpriced_calls)} calls that have no price` : fullUsd(cost(row))),
      },
      { key: 'error_rate', label: 'Errors', number: true, text: (row) => formatPercent(row.error_rate) },
      { key: 'latency_ms.p95', label: 'Latency p95', number: true, text: (row) => formatMillis(row['latency_ms.p95']) },
    ],
  });
}
