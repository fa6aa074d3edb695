/** Elements from a few words: h("p.hint", {id: "a"}, "text", child). */

/**
 * Make an element.
 *
 * @param {string} kind name and classes, as in "button.primary".
 * @param {object} properties attributes; functions named on... listen; null and false are left out.
 * @param {...(Node|string|number|null|false|Array)} children what is in it.
 */
export function h(kind, properties = {}, ...children) {
  const [name, ...classes] = kind.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    // What a user has changed follows the property, not the attribute.
    else if (key === "value" || key === "checked") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

/** Put children into an element; null and false are nothing. */
export function append(element, children) {
  for (const child of [children].flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

/** Put these children in the place of what is there. */
export function fill(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

/** Have an element hold these children in this order; those that stay are not touched. */
export function arrange(element, children) {
  const wanted = new Set(children);
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
  let at = element.firstElementChild;
  for (const child of children) {
    if (child === at) at = at.nextElementSibling;
    else element.insertBefore(child, at);
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** Make an element of SVG: svg("circle", {r: 3}). */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
