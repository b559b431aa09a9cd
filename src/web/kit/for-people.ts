/** A refusal as a page tells it: without the sentence that sends a model to its next tool. */
export const forPeople = (text: string): string =>
  text.replace(/(?:^| )[^.`]*`[a-z]+_[a-z_]+`[^.]*\./g, '').trim() || text;
