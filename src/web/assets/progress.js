// Keeps what is marked on a page true while something goes on; nobody's place or focus is lost. Without it the page reloads.
const main = document.getElementById('main');
const everyMs = 3_000;

/** How to find again what has the focus, when it is inside a part that is put in its place anew. */
function place(part) {
  const at = document.activeElement;
  if (!part.contains(at) || at === part) return null;
  const href = at.getAttribute('href');
  return href === null ? at.tagName : `a[href="${CSS.escape(href)}"]`;
}

function put(part, fresh) {
  if (part.isEqualNode(fresh)) return;
  const focused = place(part);
  for (const { name, value } of fresh.attributes) part.setAttribute(name, value);
  for (const { name } of [...part.attributes]) if (!fresh.hasAttribute(name)) part.removeAttribute(name);
  part.replaceChildren(...fresh.childNodes);
  if (focused) (part.querySelector(focused) ?? document.getElementById('heading')).focus({ preventScroll: true });
}

const going = () => main.querySelector('[data-going]') !== null;

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  for (const part of main.querySelectorAll('[data-fresh]')) {
    const fresh = page.getElementById(part.id);
    if (fresh) put(part, fresh);
  }
  document.title = page.title;
  // Read out once, at the end: each step would be too much to listen to.
  if (!going()) main.querySelector('[data-said]').textContent = document.getElementById('heading').textContent;
}

async function goOn() {
  // The connection may be back the next time.
  if (!document.hidden) await renew().catch(() => undefined);
  if (going()) setTimeout(goOn, everyMs);
}
setTimeout(goOn, everyMs);
