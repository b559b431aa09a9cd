// Keeps an open page true: on news it fetches itself again and shows what is new. Without this script one reloads.
const main = document.getElementById('main');
let typed = false;
let waiting;

main.addEventListener('input', () => {
  typed = true;
});
main.querySelector('.graph.sideways .node.selected')?.scrollIntoView({ block: 'nearest', inline: 'center' });

async function renew() {
  const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
  if (!fresh) return;
  const graph = main.querySelector('.graph.sideways');
  const left = graph?.scrollLeft ?? 0;
  main.replaceChildren(...fresh.childNodes);
  const again = main.querySelector('.graph.sideways');
  if (again) again.scrollLeft = left;
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

const here = location.pathname.split('/')[2];
new EventSource('/live').addEventListener('message', ({ data }) => {
  if (here && data !== here) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => (busy() ? offer() : renew()), 150);
});
