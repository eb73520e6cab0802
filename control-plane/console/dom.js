/**
 * Builds pages. Text from outside becomes text nodes: nothing in the console parses HTML.
 */

const present = (child) => child !== null && child !== undefined && child !== false;

/**
 * Creates an element. `on…` attributes are listeners; null and false attributes and children are
 * omitted.
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (present(value)) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter(present));
  return element;
}

/** The same for SVG elements. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.flat().filter(present));
  return element;
}

/**
 * Replaces the contents of `parent`. A link or field keeps the focus if the new contents contain it
 * too.
 */
export function replace(parent, ...children) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  parent.replaceChildren(...children.flat().filter(present));
  if (focused === null || focused.isConnected) return;
  const same = [...parent.querySelectorAll('a, button, input, select, [tabindex]')].find(
    (element) =>
      element.tagName === focused.tagName &&
      element.id === focused.id &&
      element.getAttribute('href') === focused.getAttribute('href') &&
      element.textContent === focused.textContent,
  );
  same?.focus({ preventScroll: true });
}
