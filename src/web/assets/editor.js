// Saves as one goes, opens steps without a new page, and puts in only what has changed. Without this script every
// button sends the form. One request at a time; what is typed meanwhile goes with the next.
const form = document.getElementById('editor');
const tags = {};
let dirty = false;
let running = null;
// Signed out, or open for too long: the next button sends the form itself, and the page that answers keeps all of it.
let outside = false;
let timer;

const part = (id) => document.getElementById(id);
const value = (name) => form.elements.namedItem(name);

function say(words) {
  const place = form.querySelector('[data-saved]');
  if (place) place.textContent = words;
}

/** What the panel has, by its controls: with the same ones, only what is wrong is written anew. */
const controls = (root) =>
  [...root.querySelectorAll('input, select, textarea, button')]
    .map(
      (c) => `${c.id} ${c.name} ${c.type} ${c.disabled} ${c.name === 'do' ? c.value : ''} ${c.options?.length ?? ''}`,
    )
    .join('\n');

function putPanel(html, open) {
  const fresh = document.createElement('div');
  fresh.innerHTML = html;
  const panel = part('panel');
  if (value('open').value === open && controls(fresh) === controls(panel)) {
    for (const wrong of fresh.querySelectorAll('.wrong')) {
      const here = panel.querySelector(`[id="${wrong.id}"]`);
      if (here && here.textContent !== wrong.textContent) here.textContent = wrong.textContent;
    }
    for (const control of fresh.querySelectorAll('[aria-describedby]')) {
      const here = panel.querySelector(`[id="${control.id}"]`);
      const invalid = control.getAttribute('aria-invalid');
      if (invalid) here?.setAttribute('aria-invalid', invalid);
      else here?.removeAttribute('aria-invalid');
    }
    return;
  }
  const opened = [...panel.querySelectorAll('details[open] > summary')].map((s) => s.textContent);
  panel.innerHTML = html;
  for (const summary of panel.querySelectorAll('details > summary')) {
    if (opened.includes(summary.textContent)) summary.parentElement.open = true;
  }
}

function mark(open) {
  for (const button of form.querySelectorAll('[data-open]')) {
    if (button.tagName !== 'BUTTON') continue;
    const current = button.dataset.open === open;
    if (current) button.setAttribute('aria-current', 'true');
    else button.removeAttribute('aria-current');
    if (button.classList.contains('node')) button.classList.toggle('selected', current);
  }
}

function show(open) {
  // Within their frames: the page itself stays where it is.
  for (const button of form.querySelectorAll('button[aria-current]')) {
    const frame = button.closest('.scrolls, .graph');
    const [at, around] = [button.getBoundingClientRect(), frame.getBoundingClientRect()];
    if (at.top < around.top || at.bottom > around.bottom)
      frame.scrollTop += at.top - around.top - (around.height - at.height) / 2;
    if (at.left < around.left || at.right > around.right)
      frame.scrollLeft += at.left - around.left - (around.width - at.width) / 2;
  }
  const url = new URL(location.href);
  url.search = open === '' ? '' : `?step=${encodeURIComponent(open)}`;
  url.hash = '';
  history.replaceState(null, '', url);
}

function put({ revision, open, clash, parts }) {
  const focused = document.activeElement;
  const keep = focused && form.contains(focused) ? focused.id || focused.dataset.open : null;
  const scrolls = [...form.querySelectorAll('.scrolls, .graph')].map((s) => [s.className, s.scrollTop, s.scrollLeft]);
  const moved = value('open').value !== open;
  for (const { id, tag, html } of parts) {
    if (id === 'panel') putPanel(html, open);
    else if (id === 'steps' && document.activeElement?.id === 'new-title' && value('new_title').value !== '') continue;
    else part(id).innerHTML = html;
    tags[id] = tag;
  }
  for (const [name, top, left] of scrolls) {
    const again = form.querySelector(`.${name.split(' ').at(-1)}`);
    if (again) [again.scrollTop, again.scrollLeft] = [top, left];
  }
  value('revision').value = revision;
  for (const other of document.querySelectorAll('[data-revision]')) other.value = revision;
  value('open').value = open;
  mark(open);
  if (moved) show(open);
  if (keep !== null && !form.contains(document.activeElement)) {
    (document.getElementById(keep) ?? form.querySelector(`[data-open="${CSS.escape(keep)}"]`))?.focus();
  }
  if (!clash) return;
  clearTimeout(timer);
  part('told').scrollIntoView({ block: 'nearest' });
}

/** Sends the form as if this button was pressed, then puts in what the answer changes. */
async function send(action) {
  clearTimeout(timer);
  while (running) await running;
  const body = new URLSearchParams(new FormData(form));
  body.set('do', action);
  body.set('parts', '1');
  for (const [id, tag] of Object.entries(tags)) body.set(`tag.${id}`, tag);
  // The title of a new step is sent with its own button alone.
  const adds = action === 'add';
  if (!adds) body.delete('new_title');
  dirty = false;
  // What is said meanwhile is no state that the server knows of.
  body.delete('tag.state');
  say('saving');
  running = post(body);
  const answer = await running;
  running = null;
  if (answer.trouble) {
    dirty = true;
    say(`not saved: ${answer.trouble}`);
    return null;
  }
  if (answer.to) {
    location.assign(answer.to);
    return answer;
  }
  if (adds && !answer.clash) value('new_title').value = '';
  put(answer);
  if (dirty && !answer.clash) later();
  return answer;
}

async function post(body) {
  try {
    const reply = await fetch(form.action, { method: 'POST', body, signal: AbortSignal.timeout(20_000) });
    if (reply.headers.get('content-type')?.includes('json')) return await reply.json();
    outside = reply.status === 401 || reply.status === 403;
    if (reply.status === 401) return { trouble: 'you are signed out. Press Save to sign in and go on' };
    if (reply.status === 403) return { trouble: 'this page was open for long. Press Save to go on' };
    return { trouble: 'Booflow failed to answer. It is tried again with your next change' };
  } catch {
    return { trouble: 'the connection failed. It is tried again with your next change' };
  }
}

const later = (ms = 700) => {
  clearTimeout(timer);
  timer = setTimeout(() => send('save'), ms);
};

form.addEventListener('input', ({ target }) => {
  // What only a button takes is no change yet.
  if (target.name === 'new_title' || target.name === 'depend') return;
  dirty = true;
  later();
});
form.addEventListener('change', ({ target }) => {
  if (target.name === 'depend' && target.value !== '') send('depend');
  else if (target.matches('select, [type=radio], [type=checkbox]') && target.name !== 'depend') later(0);
});
form.addEventListener('submit', async (event) => {
  if (outside) {
    dirty = false;
    return;
  }
  event.preventDefault();
  let action = event.submitter?.value ?? 'save';
  if (document.activeElement?.id === 'new-title' && action === 'save') action = 'add';
  const answer = await send(action);
  if (!answer || answer.to || answer.clash) return;
  // Where one goes on: the new step's details, the new field, the step that was opened.
  if (action === 'field-add') [...form.querySelectorAll('.asks input')].findLast((i) => /label$/.test(i.id))?.focus();
  else if (/^(duplicate|undo)/.test(action)) form.querySelector('#f-title')?.focus();
  else if (action === 'add') part('new-title')?.focus();
  else if (action === 'remove') part('told').querySelector('.undo button')?.focus();
  else if (action === 'depend') part('f-depend')?.focus();
});
form.addEventListener('click', async (event) => {
  const link = event.target.closest('a[data-open]');
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  const id = link.hash.slice(1);
  // What is open already has the field.
  if (link.dataset.open !== value('open').value && !(await send(`open:${link.dataset.open}`))) return;
  const wrong = document.getElementById(id) ?? part('panel');
  const field = wrong.matches('input, select, textarea, button')
    ? wrong
    : wrong.querySelector('input, select, textarea, button');
  wrong.scrollIntoView({ block: 'center' });
  field?.focus();
});
addEventListener('beforeunload', (event) => {
  if (dirty) event.preventDefault();
});
show(value('open').value);
// Nothing is open in the graph yet: it begins where the flow begins, which is seldom at its left edge.
const begin = form.querySelector('.graph .node');
if (begin && !form.querySelector('.node[aria-current]')) {
  const frame = begin.closest('.graph');
  const [at, around] = [begin.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollLeft += at.left - around.left - (around.width - at.width) / 2;
}
