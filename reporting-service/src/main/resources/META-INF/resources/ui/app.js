import { credentials, forget } from './auth.js';
import { signIn } from './components/sign-in.js';
import { PAGES } from './pages/pages.js';
import { createShell } from './shell.js';

const root = document.getElementById('app');
let shell = null;

function askForKey(reason) {
  shell?.stop();
  shell = null;
  const form = signIn(reason, showPage);
  root.replaceChildren(form.element);
  form.focus();
}

function showPage() {
  const page = PAGES.find((each) => each.path === location.pathname) ?? PAGES[0];
  shell = createShell(page, PAGES, {
    onSignOut: () => {
      forget();
      askForKey(null);
    },
    onUnauthorized: (problem) => {
      forget();
      askForKey(`${problem.message} (${problem.code})`);
    },
  });
  root.replaceChildren(shell.element);
  shell.start();
}

if (credentials()) {
  showPage();
} else {
  askForKey(null);
}
