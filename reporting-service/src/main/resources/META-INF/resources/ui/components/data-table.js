import { el, icon, reconcile, setAttribute, setText, uniqueId } from '../dom.js';

/**
 * A table that can be sorted by its columns: `{key, label, number, text(row), title(row), cell(row)}`. `key` is what the API
 * orders by; a column without one cannot be sorted by. `keyOf` tells rows apart.
 */
export function dataTable({ title, description, columns, keyOf, sort, onSort }) {
  const titleId = uniqueId('table');
  let order = sort;
  const heads = columns.map((column) => {
    const button = column.key
      ? el('button', { type: 'button', class: 'sort', on: { click: () => sortBy(column.key) } }, column.label, icon('chevron'))
      : column.label;
    return el('th', { scope: 'col', class: column.number ? 'number' : null }, button);
  });
  const body = el('tbody');
  const empty = el('p', { class: 'card-note', hidden: true }, 'Nothing to show for this period.');
  const frame = el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-labelledby': titleId },
    el('table', { 'aria-labelledby': titleId }, el('thead', {}, el('tr', {}, heads)), body));
  const element = el('section', { class: 'card', 'aria-labelledby': titleId },
    el('div', { class: 'card-head' },
      el('div', {}, el('h2', { id: titleId }, title), el('p', { class: 'card-about' }, description))),
    frame, empty);
  showOrder();

  function sortBy(key) {
    order = order === `-${key}` ? key : `-${key}`;
    showOrder();
    onSort(order);
  }

  function showOrder() {
    columns.forEach((column, i) => {
      const active = column.key && order.replace('-', '') === column.key;
      setAttribute(heads[i], 'aria-sort', active ? (order.startsWith('-') ? 'descending' : 'ascending') : null);
    });
  }

  return {
    element,
    update(rows) {
      reconcile(body, rows, keyOf,
        (row) => el('tr', {}, columns.map((column, i) => {
          const tag = i === 0 ? 'th' : 'td';
          const cell = el(tag, { scope: i === 0 ? 'row' : null, class: column.number ? 'number' : null });
          if (column.cell) {
            cell.append(column.cell(row));
          }
          return cell;
        })),
        (node, row) => columns.forEach((column, i) => {
          if (!column.cell) {
            setText(node.children[i], column.text(row));
            setAttribute(node.children[i], 'title', column.title?.(row) ?? null);
          }
        }));
      frame.hidden = rows.length === 0;
      empty.hidden = rows.length > 0;
    },
  };
}
