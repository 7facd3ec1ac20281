/**
 * The credentials of this browser. Today an API key; whatever comes later (a token of an identity provider,
 * say) changes this module and the sign-in form only. They are sent as a header, and never put in an address.
 */

const STORE_KEY = 'tokenledger.key';

export function credentials() {
  return sessionStorage.getItem(STORE_KEY) ?? localStorage.getItem(STORE_KEY);
}

/** Keeps the key for this tab, or with `remember` until it is forgotten. */
export function keep(key, remember) {
  forget();
  (remember ? localStorage : sessionStorage).setItem(STORE_KEY, key);
}

export function forget() {
  sessionStorage.removeItem(STORE_KEY);
  localStorage.removeItem(STORE_KEY);
}

export function authorize(headers, key = credentials()) {
  if (key) {
    headers.set('Authorization', `Bearer ${key}`);
  }
  return headers;
}
