/**
 * Building the page. Everything that comes from data enters through text nodes and attributes, never as
 * markup: names of agents and models are written by strangers.
 */

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element. `on` holds listeners; other properties are attributes, left out when null or false. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) {
        node.addEventListener(event, listener);
      }
    } else {
      setAttribute(node, name, value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Sets, or for null and false removes. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) {
      node.removeAttribute(name);
    }
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text) {
    node.setAttribute(name, text);
  }
}

/** Leaves the node alone when the text is the same, so that selections survive a refresh. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
    return true;
  }
  return false;
}

/** Makes the children those of the items, keeping the nodes of keys that stay, and with them the focus. */
export function reconcile(parent, items, keyOf, create, update) {
  const existing = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let position = parent.firstElementChild;
  for (const item of items) {
    const key = String(keyOf(item));
    let node = existing.get(key);
    if (!node) {
      node = create(item);
      node.dataset.key = key;
    }
    existing.delete(key);
    update(node, item);
    if (node === position) {
      position = node.nextElementSibling;
    } else {
      parent.insertBefore(node, position);
    }
  }
  existing.forEach((node) => node.remove());
}

let ids = 0;

/** An id that no other element has. */
export function uniqueId(prefix) {
  ids += 1;
  return `${prefix}-${ids}`;
}

const ICONS = {
  sun: ['M12 4V2', 'M12 22v-2', 'M4 12H2', 'M22 12h-2', 'm5.6 5.6-1.4-1.4', 'm19.8 19.8-1.4-1.4',
    'm18.4 5.6 1.4-1.4', 'm4.2 19.8 1.4-1.4', 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8'],
  moon: ['M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z'],
  chevron: ['m6 9 6 6 6-6'],
  close: ['M6 6l12 12', 'M18 6 6 18'],
  leave: ['M14 4h5v16h-5', 'M10 8l-4 4 4 4', 'M6 12h9'],
  warning: ['M12 3.5 2.5 20h19Z', 'M12 10v4.5', 'M12 17.2v.3'],
  copy: ['M9 9h10v11H9Z', 'M5 15V4h10'],
};

/** A drawing beside a text or a label; hidden from screen readers. */
export function icon(name) {
  return svg('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' },
    ICONS[name].map((d) => svg('path', { d })));
}
