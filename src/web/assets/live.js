// Keeps an open page true: on news it fetches itself again and shows what is new. Without this script one reloads.
const main = document.getElementById('main');
let typed = false;
let waiting;

main.addEventListener('input', () => {
  typed = true;
});
const graph = () => main.querySelector('.graph.sideways');
graph()?.querySelector('.node.selected')?.scrollIntoView({ block: 'nearest', inline: 'center' });

// A form that only narrows a list sends itself; its button is for those without this script.
function wire() {
  for (const form of main.querySelectorAll('[data-sends-itself]')) {
    form.querySelector('[type=submit]').hidden = true;
    form.addEventListener('change', (event) => event.target.matches('select') && form.requestSubmit());
    form.addEventListener('submit', () => {
      for (const field of form.elements) field.disabled = field.value === '';
    });
  }
}
wire();

const states = () => new Map([...main.querySelectorAll('[data-task]')].map((n) => [n.dataset.task, n.dataset.state]));

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
  if (!fresh) return;
  const before = states();
  const { scrollLeft = 0, scrollTop = 0 } = graph() ?? {};
  const at = main.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  main.replaceChildren(...fresh.childNodes);
  graph()?.scrollTo(scrollLeft, scrollTop);
  if (at) main.querySelector(`[href="${CSS.escape(at)}"]`)?.focus({ preventScroll: true });
  for (const [task, state] of states()) {
    if (before.has(task) && before.get(task) !== state) {
      main.querySelector(`[data-task="${CSS.escape(task)}"]`).classList.add('moved');
    }
  }
  wire();
  tell();
}

function offer() {
  if (main.querySelector('.news')) return;
  const button = document.createElement('button');
  button.className = 'button news';
  button.textContent = 'Something changed here. Show it';
  button.addEventListener('click', () => {
    typed = false;
    renew();
  });
  main.prepend(button);
}

// What someone is typing, or a list that is open, is never taken away.
const busy = () =>
  typed || main.querySelector('details[open]') || main.contains(document.activeElement?.closest('form'));

let lost = false;
function tell() {
  const line = main.querySelector('[data-live]');
  if (!line) return;
  line.hidden = false;
  line.classList.toggle('lost', lost);
  if (lost) line.textContent = 'Not live: the connection is lost and tried again. Reload to see what is new.';
}

const here = location.pathname.split('/')[2];
const news = new EventSource('/live');
news.addEventListener('open', () => {
  const wasLost = lost;
  lost = false;
  if (wasLost && !busy()) renew();
  else tell();
});
news.addEventListener('error', () => {
  lost = true;
  tell();
});
news.addEventListener('message', ({ data }) => {
  if (here && data !== here) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => (busy() ? offer() : renew()), 150);
});
