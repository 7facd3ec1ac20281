import { authorize } from './auth.js';

/** An answer that says what went wrong, or that there was no answer. */
export class ApiProblem extends Error {
  constructor(status, code, title, detail, retryAfterSeconds) {
    super(detail);
    this.status = status;
    this.code = code;
    this.title = title;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether asking the same thing again may help. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get unauthorized() {
    return this.status === 401 || this.status === 403;
  }
}

/** Longer than any question of a page may take. */
const TIMEOUT_MILLIS = 15_000;

export function get(path, parameters, options) {
  const query = parameters ? `?${parameters}` : '';
  return call(`${path}${query}`, { method: 'GET' }, options);
}

export function post(path, body, options) {
  const request = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  };
  return call(path, request, options);
}

/** The values of a dimension that pickers offer. */
export async function dimensionValues(dimension, prefix, limit, signal) {
  const parameters = new URLSearchParams({ limit: String(limit) });
  if (prefix) {
    parameters.set('prefix', prefix);
  }
  const path = `/v1/analytics/dimensions/${encodeURIComponent(dimension)}/values`;
  return (await get(path, parameters, { signal })).values;
}

async function call(url, request, { signal, key } = {}) {
  const headers = authorize(new Headers(request.headers), key);
  headers.set('Accept', 'application/json, application/problem+json');
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MILLIS);
  const giveUp = () => timeout.abort();
  signal?.addEventListener('abort', giveUp);
  try {
    const response = await fetch(url, {
      ...request, headers, signal: timeout.signal, cache: 'no-store', credentials: 'same-origin',
    });
    if (!response.ok) {
      throw await problem(response);
    }
    return await response.json();
  } catch (error) {
    if (error instanceof ApiProblem || signal?.aborted) {
      throw error;
    }
    throw timeout.signal.aborted
      ? new ApiProblem(0, 'timeout', 'No answer in time', `The server did not answer within ${TIMEOUT_MILLIS / 1000} seconds.`)
      : new ApiProblem(0, 'unreachable', 'The server cannot be reached', 'The connection failed. Is TokenLedger running, and this device online?');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

async function problem(response) {
  const retryAfter = Number(response.headers.get('Retry-After'));
  let body = {};
  try {
    body = await response.json();
  } catch (notJson) {
    // A proxy's page, perhaps; the status has to do.
  }
  return new ApiProblem(
    response.status,
    body.code ?? `http_${response.status}`,
    body.title ?? 'The request failed',
    body.detail ?? `The server answered ${response.status}.`,
    retryAfter > 0 ? retryAfter : null,
  );
}
