// Shows a "Copy" button beside what it copies; without it people select and copy by hand.
for (const button of document.querySelectorAll('[data-copy]')) {
  // Browsers give pages without https no clipboard.
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = 'Copied';
  });
}
