import { get } from '../api.js';
import { keep } from '../auth.js';
import { el, setText, uniqueId } from '../dom.js';

/** Asks for an API key, tries it, and keeps it. `reason` is why, when there was a key before. */
export function signIn(reason, onDone) {
  const keyId = uniqueId('key');
  const hintId = uniqueId('hint');
  const errorId = uniqueId('error');
  const key = el('input', {
    id: keyId, type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, 'aria-describedby': `${hintId} ${errorId}`,
  });
  const remember = el('input', { type: 'checkbox' });
  const error = el('p', { class: 'field-error', id: errorId, role: 'alert' }, reason ?? '');
  const submit = el('button', { type: 'submit', class: 'primary wide' }, 'Continue');
  const form = el('form', {
    class: 'card sign-in', on: {
      submit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        setText(error, '');
        try {
          const value = key.value.trim();
          await get('/v1/analytics/overview', new URLSearchParams({ period: '1h' }), { key: value });
          keep(value, remember.checked);
          onDone();
        } catch (problem) {
          setText(error, `${problem.message} (${problem.code})`);
          key.select();
        } finally {
          submit.disabled = false;
        }
      },
    },
  },
  el('img', { src: '/ui/icon.svg', alt: '', width: 44, height: 44 }),
  el('h1', {}, 'TokenLedger'),
  el('p', { class: 'muted' }, 'See what your GenAI usage costs, as it happens.'),
  el('label', { for: keyId }, 'API key'), key,
  el('p', { class: 'card-note', id: hintId },
    'A key with the scope read or admin. The first one is ', el('code', {}, 'TOKENLEDGER_ADMIN_KEY'), ' in ',
    el('code', {}, 'bootstrap.env'), ' in the data directory.'),
  el('label', { class: 'check' }, remember, 'Remember on this device'),
  error, submit);
  return { element: el('main', { class: 'sign-in-page', id: 'content' }, form), focus: () => key.focus() };
}
