import { el, setText } from '../dom.js';
import { formatLag, formatMoment } from '../format.js';

/**
 * How far the numbers go. The badge changes every second; the region for screen readers speaks only when the state does.
 */
export function freshnessBadge() {
  const state = el('strong', { class: 'fresh-state' }, 'connecting');
  const rest = el('span', { class: 'fresh-rest' });
  const spoken = el('span', { class: 'hidden', role: 'status', 'aria-live': 'polite' });
  const element = el('div', { class: 'fresh', 'data-state': 'connecting' },
    el('span', { class: 'dot', 'aria-hidden': 'true' }), el('span', {}, state, rest), spoken);
  let announced = 'connecting';
  let freshness = null;
  let status = { state: 'live' };
  let countdown = null;

  function show() {
    const shown = describe(freshness, status);
    element.dataset.state = shown.state;
    setText(state, shown.label);
    setText(rest, shown.rest ? ` · ${shown.rest}` : '');
    element.title = shown.title;
    if (announced !== shown.state) {
      announced = shown.state;
      setText(spoken, shown.spoken);
    }
  }

  return {
    element,
    freshness(value) {
      freshness = value;
      show();
    },
    status(value) {
      status = value;
      clearInterval(countdown);
      if (value.state === 'retrying') {
        countdown = setInterval(show, 1000);
      }
      show();
    },
  };
}

function describe(freshness, status) {
  const through = freshness?.data_through ? new Date(freshness.data_through) : null;
  const data = through ? `data through ${formatMoment(through)}` : '';
  if (status.state === 'retrying') {
    const seconds = Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1000));
    return {
      state: 'offline', label: 'not live', rest: [data, `retrying in ${seconds} s`].filter(Boolean).join(' · '),
      title: status.problem.message, spoken: 'Not live: the last refresh failed. Trying again.',
    };
  }
  if (status.state === 'stopped') {
    return {
      state: 'offline', label: 'stopped', rest: data, title: status.problem.message,
      spoken: 'Refreshing has stopped.',
    };
  }
  if (!through) {
    return freshness
      ? { state: 'waiting', label: 'waiting', rest: 'no events yet', title: 'Nothing has been accepted so far.', spoken: 'Waiting for the first event.' }
      : { state: 'connecting', label: 'connecting', rest: '', title: '', spoken: '' };
  }
  const lag = `lag ${formatLag(freshness.lag_seconds)}`;
  if (freshness.dead_events > 0) {
    const missing = freshness.dead_events === 1 ? '1 accepted event is missing' : `${freshness.dead_events} accepted events are missing`;
    return {
      state: 'stale', label: 'incomplete', rest: `${missing} · ${data}`,
      title: 'They could not be settled and are kept as dead letters: GET /v1/ledger/dead-letters lists them with their reasons and replays them.',
      spoken: `Warning: ${missing} from the numbers.`,
    };
  }
  if (freshness.stale) {
    return {
      state: 'stale', label: 'stale', rest: `${data} · ${lag}`,
      title: 'Events were accepted that are not in these numbers yet.',
      spoken: `Warning: the numbers are stale. They include what was accepted until ${formatMoment(through)}.`,
    };
  }
  if (status.state === 'hidden') {
    return {
      state: 'slow', label: 'slowed', rest: `${data} · refreshed each minute in the background`,
      title: 'This tab is in the background.', spoken: '',
    };
  }
  if (status.state === 'past') {
    return {
      state: 'past', label: 'past period', rest: `${data} · refreshed every 30 s`,
      title: 'The period lies in the past; late events and new prices may still change it.', spoken: 'Showing a past period.',
    };
  }
  return {
    state: 'live', label: 'live', rest: `${data} · ${lag}`,
    title: 'Everything that was accepted until then is in the numbers. Refreshed every second.',
    spoken: 'The numbers are live.',
  };
}
