import { el, icon, setText } from '../dom.js';

/** What to do when nothing was ever reported: one command, ready to paste. */
export function firstEvent() {
  const event = {
    id: 'first-call', type: 'model_call', time: new Date().toISOString(), provider: 'openai', model: 'gpt-4o',
    agent: 'hello-world', usage: { input_tokens: 1200, output_tokens: 300 }, latency_ms: 1850, status: 'success',
  };
  const command = `curl ${location.origin}/v1/events \\\n`
    + '  -H "Authorization: Bearer $TOKENLEDGER_INGEST_KEY" \\\n'
    + '  -H "Content-Type: application/json" \\\n'
    + `  -d '[${JSON.stringify(event)}]'`;
  const label = el('span', {}, 'Copy');
  const copy = el('button', {
    type: 'button', class: 'quiet copy', on: {
      click: async () => {
        try {
          await navigator.clipboard.writeText(command);
          setText(label, 'Copied');
        } catch (forbidden) {
          // Browsers allow it on secure origins only; the text can still be selected.
          getSelection().selectAllChildren(code);
          setText(label, 'Press Ctrl+C');
        }
      },
    },
  }, icon('copy'), label);
  const code = el('code', {}, command);
  return el('section', { class: 'card empty', 'aria-labelledby': 'first-event' },
    el('h2', { id: 'first-event' }, 'Waiting for the first event'),
    el('p', {}, 'Nothing has been reported yet. Send a first model call with the ingest key (',
      el('code', {}, 'TOKENLEDGER_INGEST_KEY'), ' in ', el('code', {}, 'bootstrap.env'), '); it shows here within two seconds.'),
    el('div', { class: 'command' }, el('pre', { tabindex: '0', 'aria-label': 'Command that sends a first event' }, code), copy),
    el('p', { class: 'muted' }, 'OpenTelemetry, Langfuse and LiteLLM users only change an address: ',
      el('a', { href: '/api-docs' }, 'see the API'), '.'));
}
