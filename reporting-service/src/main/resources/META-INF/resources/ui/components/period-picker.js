import { el, icon, setAttribute, setText } from '../dom.js';
import { formatMoment, TIMEZONE } from '../format.js';
import { PERIODS, withPeriod, withRange, spanMillis } from '../state.js';
import { popover } from './popover.js';

/** The last hours or days, or any stretch of time, in the browser's time zone. */
export function periodPicker(onChange) {
  let state = null;
  const buttons = PERIODS.map((period) => el('button', {
    type: 'button', class: 'segment', 'data-period': period, on: { click: () => onChange(withPeriod(state, period)) },
  }, period));
  const start = el('input', { type: 'datetime-local', required: true });
  const end = el('input', { type: 'datetime-local', required: true });
  const error = el('p', { class: 'field-error', role: 'alert' });
  const form = el('form', {
    class: 'range', on: {
      submit: (event) => {
        event.preventDefault();
        const from = new Date(start.value);
        const until = new Date(end.value);
        if (!(from < until)) {
          setText(error, 'The end must lie after the start.');
          end.focus();
          return;
        }
        setText(error, '');
        custom.close();
        onChange(withRange(state, from.toISOString(), until.toISOString()));
      },
    },
  },
  el('label', {}, 'From', start), el('label', {}, 'To', end),
  el('p', { class: 'card-note' }, `Time zone: ${TIMEZONE}`), error,
  el('button', { type: 'submit', class: 'primary' }, 'Show'));
  const label = el('span', {}, 'Custom');
  const custom = popover({
    button: el('button', { type: 'button', class: 'segment', 'data-period': 'custom' }, label, icon('chevron')),
    label: 'Custom period',
    content: form,
    onOpen: () => {
      const until = state.period ? new Date() : new Date(state.end);
      const from = state.period ? new Date(until - spanMillis(state)) : new Date(state.start);
      start.value = localValue(from);
      end.value = localValue(until);
      start.focus();
    },
  });
  const element = el('div', { class: 'periods', role: 'group', 'aria-label': 'Period' }, buttons, custom.element);
  return {
    element,
    update(next) {
      state = next;
      buttons.forEach((button) => setAttribute(button, 'aria-pressed', String(button.dataset.period === state.period)));
      setAttribute(custom.button, 'aria-pressed', String(state.period === null));
      setText(label, state.period ? 'Custom' : `${formatMoment(new Date(state.start)).replace(/:\d\d$/, '')} – ${formatMoment(new Date(state.end)).replace(/:\d\d$/, '')}`);
    },
  };
}

/** A time as the input takes it: local, without a zone. */
function localValue(date) {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
