import { el, reconcile, setAttribute, setText, uniqueId } from '../dom.js';
import { approximate, boundedUsd, fullUsd, parseUsd, share } from '../money.js';
import { dimensionLabel, isPlaceholder } from '../format.js';

/** Cost by a dimension: a table whose bars are drawn in its cells. A name filters the page when it is pressed. */
export function costBars({ title, description, dimension, onPick }) {
  const titleId = uniqueId('bars');
  const body = el('tbody');
  const empty = el('p', { class: 'card-note' }, 'Nothing to show for this period.');
  const table = el('table', { class: 'bars', 'aria-labelledby': titleId },
    el('colgroup', {}, el('col'), el('col', { class: 'bars-cost' }), el('col', { class: 'bars-share' })),
    el('thead', {}, el('tr', {}, [dimension, 'Cost', 'Share'].map((head) => el('th', { scope: 'col' }, el('span', { class: 'hidden' }, head))))),
    body);
  const element = el('section', { class: 'card', 'aria-labelledby': titleId },
    el('div', { class: 'card-head' },
      el('div', {}, el('h2', { id: titleId }, title), el('p', { class: 'card-about' }, description))),
    table, empty);

  function create(item) {
    const label = dimensionLabel(dimension, item.value);
    const name = isPlaceholder(item.value)
      ? el('span', { class: 'name placeholder', title: label }, label)
      : el('button', {
        type: 'button', class: 'name link', title: `${label}: show only this ${dimension}`, on: { click: () => onPick(item.value) },
      }, label);
    return el('tr', {},
      el('th', { scope: 'row' }, name, el('div', { class: 'track', 'aria-hidden': 'true' }, el('div', { class: 'fill' }))),
      el('td', { class: 'number' }), el('td', { class: 'number muted' }));
  }

  function update(row, item) {
    const [, cost, part] = row.children;
    row.querySelector('.fill').style.width = `${item.length}%`;
    row.querySelector('.fill').classList.toggle('rest', isPlaceholder(item.value));
    setText(cost, boundedUsd(item.cost, item.unpriced, item.calls));
    setAttribute(cost, 'title', item.unpriced > 0
      ? `${fullUsd(item.cost)}, without ${item.unpriced} calls that have no price` : fullUsd(item.cost));
    setText(part, item.share === null ? '–' : `${item.share.toFixed(1)}%`);
  }

  return {
    element,
    update(rows) {
      const costs = rows.map((row) => parseUsd(row.cost_usd));
      const total = costs.reduce((sum, cost) => sum + cost, 0n);
      const longest = Math.max(...costs.map(approximate), 0) || 1;
      const items = rows.map((row, i) => ({
        value: row[dimension],
        cost: costs[i],
        calls: row.model_calls,
        unpriced: row.unpriced_calls ?? 0,
        share: share(costs[i], total),
        length: costs[i] > 0n ? Math.max((approximate(costs[i]) / longest) * 100, 0.5) : 0,
      }));
      // What is left out comes last, however large it is.
      items.sort((a, b) => Number(a.value === '(other)') - Number(b.value === '(other)'));
      reconcile(body, items, (item) => item.value, create, update);
      table.hidden = items.length === 0;
      empty.hidden = items.length > 0;
    },
  };
}
