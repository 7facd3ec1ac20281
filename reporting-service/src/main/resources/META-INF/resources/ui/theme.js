const STORE_KEY = 'tokenledger.theme';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === 'dark' : systemIsDark.matches;
}

/** Switches, and remembers only what differs from the system's preference. */
export function toggleTheme() {
  const next = isDark() ? 'light' : 'dark';
  if ((next === 'dark') === systemIsDark.matches) {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(STORE_KEY);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(STORE_KEY, next);
  }
}

export function onSystemTheme(listener) {
  systemIsDark.addEventListener('change', listener);
}
