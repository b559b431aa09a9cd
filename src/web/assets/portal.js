// Makes a client's form better: keeps what is typed, and sends a file as soon as it is chosen. Without it both are buttons.
const form = document.querySelector('form[data-draft]');
const saved = form.querySelector('[data-saved]');
let waiting;
let sent = false;

// Files go by themselves; everything else is text.
function typed() {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') body.append(name, value);
  return body;
}

async function keep() {
  clearTimeout(waiting);
  waiting = undefined;
  try {
    const answer = await fetch(form.dataset.draft, { method: 'POST', body: typed(), keepalive: true });
    saved.textContent = answer.ok
      ? 'Saved. You can go on later, on any device.'
      : 'Not saved yet. It is kept when you send it.';
  } catch {
    saved.textContent = 'Not saved: there is no connection. Please stay on this page.';
  }
}

if (form.querySelector('[name="save"]')) {
  form.addEventListener('input', (event) => {
    if (event.target.type === 'file') return;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 700);
  });
  addEventListener('pagehide', () => {
    if (waiting !== undefined && !sent) keep();
  });
}
// A second press while the first is on its way would only be told that it is done already.
form.addEventListener('submit', (event) => {
  if (sent) event.preventDefault();
  sent = true;
});
addEventListener('pageshow', () => {
  sent = false;
});

function send(file, key, onProgress) {
  const body = new FormData();
  body.append('csrf', form.elements.csrf.value);
  body.append('field', key);
  body.append(`file.${key}`, file);
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', form.dataset.files);
    request.upload.addEventListener('progress', onProgress);
    request.addEventListener('loadend', () => resolve(request.status === 200 ? request.responseText : null));
    request.send(body);
  });
}

form.addEventListener('change', async (event) => {
  const input = event.target;
  if (input.type !== 'file' || input.files.length === 0) return;
  const { key } = input.dataset;
  const bar = document.createElement('progress');
  bar.setAttribute('aria-label', 'Uploading');
  input.after(bar);
  let field = input.closest('.field');
  for (const file of [...input.files]) {
    saved.textContent = `Uploading ${file.name}`;
    const fresh = await send(file, key, (progress) => {
      bar.max = progress.total;
      bar.value = progress.loaded;
    });
    if (fresh === null) {
      bar.remove();
      saved.textContent = `${file.name} could not be uploaded now. It goes along when you send the form.`;
      return;
    }
    const holder = document.createElement('template');
    holder.innerHTML = fresh;
    const next = holder.content.firstElementChild;
    field.replaceWith(next);
    field = next;
  }
  saved.textContent = field.querySelector('.problem') ? 'One file was not taken.' : 'Uploaded and saved.';
  field.querySelector('input[type="file"]').focus();
});
