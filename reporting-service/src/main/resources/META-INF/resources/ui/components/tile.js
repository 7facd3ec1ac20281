import { el, setAttribute, setText, uniqueId } from '../dom.js';
import { sparkline } from '../charts/sparkline.js';

/**
 * One figure with its name, its explanation, how it moved and what it is made of. `betterWhen` is 1 where more is better,
 * -1 where less is, 0 where it is neither: then the change has no colour.
 */
export function tile({ name, measure, betterWhen = 0 }) {
  const helpId = uniqueId('help');
  const value = el('p', { class: 'tile-value', 'data-measure': name });
  const change = el('p', { class: 'tile-change' });
  const parts = el('p', { class: 'tile-parts' });
  const trend = el('div', { class: 'tile-trend', 'aria-hidden': 'true' });
  const help = el('p', { class: 'tile-help', id: helpId, hidden: true },
    `${measure.help} `, el('a', { href: `/help/#${name}` }, 'More', el('span', { class: 'hidden' }, ` about ${measure.label}`)));
  const ask = el('button', {
    type: 'button', class: 'ask', title: measure.help, 'aria-expanded': 'false', 'aria-controls': helpId,
    'aria-label': `What is ${measure.label}?`,
    on: {
      click: () => {
        help.hidden = !help.hidden;
        ask.setAttribute('aria-expanded', String(!help.hidden));
      },
    },
  }, '?');
  const element = el('section', { class: 'tile card', 'aria-label': measure.label },
    el('div', { class: 'tile-head' }, el('h3', { title: measure.help }, measure.label), ask),
    value, change, parts, trend, help);

  let shown = false;
  let drawn = '';
  return {
    element,
    /** `parts` is a list of `{text, title}`; `series` are numbers, or null for gaps. */
    update({ text, title, moved, previousText, details, series }) {
      if (setText(value, text) && shown) {
        // The class is taken off and put on again, so that the animation starts anew.
        value.classList.remove('changed');
        void value.offsetWidth;
        value.classList.add('changed');
      }
      shown = true;
      setAttribute(value, 'title', title);
      const arrow = moved ? { '-1': '▼', 0: '', 1: '▲' }[moved.direction] : '';
      const words = moved ? { '-1': 'down ', 0: '', 1: 'up ' }[moved.direction] : '';
      const key = `${arrow}${moved?.text}${previousText}`;
      if (change.dataset.shown !== key) {
        change.dataset.shown = key;
        change.replaceChildren(...(moved ? [
          el('span', { class: 'move' },
            arrow ? el('span', { 'aria-hidden': 'true' }, `${arrow} `) : null,
            words ? el('span', { class: 'hidden' }, words) : null, moved.text),
          ` vs ${previousText}`] : [`none in the ${previousText}`]));
      }
      const judged = moved ? moved.direction * betterWhen : 0;
      change.classList.toggle('good', judged > 0);
      change.classList.toggle('bad', judged < 0);
      const partsKey = JSON.stringify(details);
      if (parts.dataset.shown !== partsKey) {
        parts.dataset.shown = partsKey;
        parts.replaceChildren(...details.map((part) => el('span', { title: part.title }, part.text)));
      }
      const trendKey = JSON.stringify(series ?? []);
      if (drawn !== trendKey) {
        drawn = trendKey;
        trend.replaceChildren(...(series && series.length > 1 ? [sparkline(series)] : []));
      }
    },
  };
}
