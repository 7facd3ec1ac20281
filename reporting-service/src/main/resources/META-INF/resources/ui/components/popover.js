import { el } from '../dom.js';

/** A panel that a button opens. Escape, a press outside, or focus leaving closes it. */
export function popover({ button, label, content, onOpen }) {
  const panel = el('div', { class: 'panel', role: 'dialog', 'aria-label': label, hidden: true }, content);
  const element = el('div', { class: 'popover' }, button, panel);
  button.setAttribute('aria-haspopup', 'dialog');
  button.setAttribute('aria-expanded', 'false');

  function open() {
    panel.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    panel.classList.remove('to-left');
    panel.classList.toggle('to-left', panel.getBoundingClientRect().right > document.documentElement.clientWidth);
    document.addEventListener('pointerdown', outside, true);
    onOpen();
  }

  function close() {
    panel.hidden = true;
    button.setAttribute('aria-expanded', 'false');
    document.removeEventListener('pointerdown', outside, true);
  }

  function outside(event) {
    if (!element.contains(event.target)) {
      close();
    }
  }

  button.addEventListener('click', () => (panel.hidden ? open() : close()));
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !panel.hidden) {
      event.stopPropagation();
      close();
      button.focus();
    }
  });
  element.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !element.contains(event.relatedTarget)) {
      close();
    }
  });
  return { element, button, close };
}
