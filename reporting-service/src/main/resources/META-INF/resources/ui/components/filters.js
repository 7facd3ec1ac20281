import { dimensionValues } from '../api.js';
import { el, icon, reconcile, setText } from '../dom.js';
import { dimensionLabel } from '../format.js';
import { FILTERS, hasFilters, withFilter, withoutFilters } from '../state.js';
import { popover } from './popover.js';

/** The most values that a picker fetches at once; beyond that, typing asks the server for what begins so. */
const MOST_VALUES = 1_000;
const TYPING_MILLIS = 200;

/** A picker for each dimension, and the values that are picked, each of which can be taken away. */
export function filterBar(onChange) {
  let state = null;
  const menus = FILTERS.map((name) => filterMenu(name, () => state, (values) => onChange(withFilter(state, name, values))));
  const chips = el('ul', { class: 'chips', 'aria-label': 'Filters in use' });
  const clear = el('button', { type: 'button', class: 'quiet', on: { click: () => onChange(withoutFilters(state)) } }, 'Clear filters');
  return {
    element: el('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' }, menus.map((menu) => menu.element)),
    chips: el('div', { class: 'chip-line' }, chips, clear),
    update(next) {
      state = next;
      menus.forEach((menu) => menu.update());
      const picked = FILTERS.flatMap((name) => state.filters[name].map((value) => ({ name, value })));
      reconcile(chips, picked, (item) => `${item.name}=${item.value}`,
        (item) => el('li', { class: 'chip' }, el('span', { class: 'muted' }, `${item.name} `),
          el('span', { class: 'chip-value', title: item.value }, item.value),
          el('button', {
            type: 'button', 'aria-label': `Remove the filter ${item.name} ${item.value}`,
            on: { click: () => onChange(withFilter(state, item.name, state.filters[item.name].filter((v) => v !== item.value))) },
          }, icon('close'))), () => {});
      clear.hidden = !hasFilters(state);
      chips.parentElement.hidden = !hasFilters(state);
    },
  };
}

function filterMenu(name, current, onPick) {
  const title = name[0].toUpperCase() + name.slice(1);
  const count = el('span', { class: 'count', hidden: true });
  const search = el('input', {
    type: 'search', placeholder: `Find a${/^[aeiou]/.test(name) ? 'n' : ''} ${name}`, 'aria-label': `Find a value of ${name}`, autocomplete: 'off', spellcheck: 'false',
  });
  const list = el('ul', { class: 'options' });
  const message = el('p', { class: 'card-note', role: 'status' });
  let known = [];
  let complete = false;
  let typing = null;
  let asking = null;

  const menu = popover({
    button: el('button', { type: 'button', class: 'select' }, title, count, icon('chevron')),
    label: `Filter by ${name}`,
    content: el('div', { class: 'picker' }, search, message, list),
    onOpen: () => {
      search.value = '';
      search.focus();
      show();
      ask('');
    },
  });

  search.addEventListener('input', () => {
    show();
    if (!complete) {
      clearTimeout(typing);
      typing = setTimeout(() => ask(search.value), TYPING_MILLIS);
    }
  });

  async function ask(prefix) {
    asking?.abort();
    const request = new AbortController();
    asking = request;
    if (known.length === 0) {
      setText(message, 'Loading…');
    }
    try {
      const values = await dimensionValues(name, prefix, MOST_VALUES, request.signal);
      known = prefix ? [...new Set([...known, ...values])] : values;
      complete = !prefix && values.length < MOST_VALUES;
      show();
    } catch (error) {
      if (!request.signal.aborted) {
        setText(message, `${error.message} (${error.code})`);
      }
    }
  }

  function show() {
    const wanted = search.value.trim().toLowerCase();
    const picked = current().filters[name];
    const values = [...new Set([...picked, ...known])].filter((value) => value.toLowerCase().includes(wanted));
    setText(message, values.length > 0 ? '' : wanted ? `No ${name} is called like that.` : `No ${name} was reported yet.`);
    message.hidden = message.textContent === '';
    reconcile(list, values, (value) => value,
      (value) => el('li', {}, el('label', {}, el('input', {
        type: 'checkbox', on: { change: (event) => toggle(value, event.target.checked) },
      }), el('span', { title: value }, dimensionLabel(name, value)))),
      (node, value) => {
        node.querySelector('input').checked = picked.includes(value);
      });
  }

  function toggle(value, on) {
    const picked = current().filters[name];
    onPick(on ? [...picked, value] : picked.filter((other) => other !== value));
  }

  return {
    element: menu.element,
    update() {
      const picked = current().filters[name].length;
      count.hidden = picked === 0;
      setText(count, String(picked));
      menu.button.classList.toggle('active', picked > 0);
      menu.button.setAttribute('aria-label', picked === 0 ? title : `${title}, ${picked} picked`);
      list.querySelectorAll('li').forEach((node) => {
        node.querySelector('input').checked = current().filters[name].includes(node.dataset.key);
      });
    },
  };
}
