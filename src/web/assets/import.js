// Reads a chosen file into the field beside it; without this script one pastes.
const chooser = document.getElementById('file-chooser');
if (chooser) {
  chooser.closest('[data-file-chooser]').hidden = false;
  chooser.addEventListener('change', async () => {
    const [file] = chooser.files;
    if (file) document.getElementById('file').value = await file.text();
  });
}
