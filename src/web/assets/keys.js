// The keyboard, for those who like it: everything it does is a link or a button, too.
const help = document.getElementById('keys');
const opener = document.querySelector('[data-keys]');
opener.hidden = false;
opener.addEventListener('click', () => help.showModal());

const typing = (at) => at.closest('input, select, textarea, [contenteditable]') !== null;
const rows = () => [...document.querySelectorAll('#main [data-row]')].filter((row) => row.checkVisibility());

function move(by) {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
  all[next]?.focus();
}

const go = (path) => location.assign(path);
const keys = {
  '/'() {
    const field = document.querySelector('#main [type=search]');
    if (field) field.select();
    else go('/flows?find');
  },
  n: () => go('/flows/new'),
  j: () => move(1),
  k: () => move(-1),
  '?': () => help.showModal(),
};
const places = { f: '/flows', t: '/tasks' };

// What floats over the page goes away as people know it: by Escape, and by a press beside it.
const floating = () => document.querySelectorAll('details.menu[open], details.orgs[open]');
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.isComposing || help.open) return;
  for (const open of floating()) {
    if (open.contains(document.activeElement)) open.querySelector('summary').focus();
    open.open = false;
  }
});
document.addEventListener('click', ({ target }) => {
  for (const open of floating()) if (!open.contains(target)) open.open = false;
});

let going = 0;
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open || typing(event.target)) return;
  const place = Date.now() - going < 1_500 ? places[event.key] : undefined;
  going = event.key === 'g' ? Date.now() : 0;
  const act = place ? () => go(place) : keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
