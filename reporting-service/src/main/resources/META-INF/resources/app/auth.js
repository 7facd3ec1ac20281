// The one place that knows how a person is recognised. Sign-in with OIDC will come in here.
const NAME = "tokenledger.key";

export function key() {
  return sessionStorage.getItem(NAME) || localStorage.getItem(NAME);
}

export function keep(value, remember) {
  forget();
  (remember ? localStorage : sessionStorage).setItem(NAME, value);
}

export function forget() {
  sessionStorage.removeItem(NAME);
  localStorage.removeItem(NAME);
}
