import { el, icon, setText } from './dom.js';
import { filterBar } from './components/filters.js';
import { freshnessBadge } from './components/freshness.js';
import { periodPicker } from './components/period-picker.js';
import { Poller } from './live.js';
import { isLive, parameters, readState } from './state.js';
import { isDark, onSystemTheme, toggleTheme } from './theme.js';

/** What is around every page: navigation, period and filters, freshness, and failures. */
export function createShell(page, pages, { onSignOut, onUnauthorized }) {
  let state = readState();
  const badge = freshnessBadge();
  const banner = errorBanner(() => poller.restart());
  const period = periodPicker(navigate);
  const filters = filterBar(navigate);
  const view = page.create({ navigate });
  const links = pages.map((each) => el('a', {
    href: each.path, 'aria-current': each === page ? 'page' : null,
  }, each.title));

  async function refresh(signal) {
    const asked = state;
    const freshness = await view.refresh(asked, signal);
    if (!signal.aborted) {
      badge.freshness(freshness);
    }
  }

  const poller = new Poller(refresh, () => isLive(state), (status) => {
    if (status.problem?.unauthorized) {
      onUnauthorized(status.problem);
      return;
    }
    badge.status(status);
    banner.update(status);
    main.setAttribute('aria-busy', 'false');
  });

  function navigate(next) {
    const address = `${location.pathname}?${parameters(next)}`;
    if (address !== location.pathname + location.search) {
      history.pushState(null, '', address);
    }
    apply(next);
  }

  function apply(next) {
    state = next;
    period.update(state);
    filters.update(state);
    links.forEach((link, i) => link.setAttribute('href', `${pages[i].path}?${parameters(state)}`));
    main.setAttribute('aria-busy', 'true');
    poller.restart();
  }

  const main = el('main', { id: 'content', tabindex: '-1' }, banner.element, view.element);
  const popState = () => apply(readState());
  window.addEventListener('popstate', popState);
  const element = el('div', { class: 'shell' },
    el('header', { class: 'top' },
      el('a', { class: 'brand', href: '/' }, el('img', { src: '/ui/icon.svg', alt: '', width: 26, height: 26 }), 'TokenLedger'),
      el('nav', { 'aria-label': 'Pages' }, links,
        el('a', { href: '/api-docs' }, 'API'), el('a', { href: '/help/' }, 'Help')),
      badge.element,
      el('div', { class: 'tools' }, themeButton(),
        el('button', { type: 'button', class: 'tool', title: 'Forget the key', 'aria-label': 'Sign out', on: { click: onSignOut } }, icon('leave')))),
    el('div', { class: 'toolbar' }, period.element, filters.element, filters.chips),
    main);
  document.title = `${page.title} · TokenLedger`;
  return {
    element,
    start: () => apply(state),
    stop: () => {
      poller.stop();
      window.removeEventListener('popstate', popState);
    },
  };
}

function themeButton() {
  const button = el('button', { type: 'button', class: 'tool' });
  const show = () => {
    button.replaceChildren(icon(isDark() ? 'sun' : 'moon'));
    const label = isDark() ? 'Light colours' : 'Dark colours';
    button.title = label;
    button.setAttribute('aria-label', label);
  };
  button.addEventListener('click', () => {
    toggleTheme();
    show();
  });
  onSystemTheme(show);
  show();
  return button;
}

function errorBanner(onRetry) {
  const title = el('strong');
  const detail = el('span', { class: 'problem-detail' });
  const code = el('code', { class: 'problem-code' });
  const hint = el('span');
  const element = el('div', { class: 'notice error', role: 'alert', hidden: true }, icon('warning'),
    el('p', {}, title, ' ', detail, ' ', code, hint),
    el('button', { type: 'button', on: { click: onRetry } }, 'Retry now'));
  return {
    element,
    update({ problem, state }) {
      if (problem) {
        setText(title, `${problem.title}.`);
        setText(detail, problem.message);
        setText(code, problem.code);
        setText(hint, state === 'stopped'
          ? ' Refreshing has stopped; change the period or the filters, or retry.'
          : ' The numbers below are from the last answer; the page keeps trying, with growing pauses.');
      }
      element.hidden = !problem;
    },
  };
}
