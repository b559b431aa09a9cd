/** What the keyboard does, shown by `?`. The keys themselves are in assets/keys.js. */

const keys: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/'], 'Search'],
  [['g', 'f'], 'Go to flows'],
  [['g', 't'], 'Go to my tasks'],
  [['n'], 'New flow'],
  [['j'], 'Next in the list'],
  [['k'], 'One back in the list'],
  [['Enter'], 'Open it'],
  [['?'], 'This help'],
  [['Esc'], 'Close'],
];

export const KeysHelp = () => (
  <dialog id="keys" class="card sheet" aria-labelledby="keys-title">
    <h2 id="keys-title">By keyboard</h2>
    <dl class="keys">
      {keys.map(([pressed, does]) => (
        <div>
          <dt>
            {pressed.map((k) => (
              <kbd>{k}</kbd>
            ))}
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
    <form method="dialog">
      <button type="submit" class="button">
        Close
      </button>
    </form>
  </dialog>
);
