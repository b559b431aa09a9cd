/** Everything that is drawn for people becomes text here. */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

/**
 * Characters that turn the text after them, and what ends them: of before names were asked not to have them, one in a
 * name would turn the rest of its heading round, and one in a comment its line.
 */
const turning = /[\u202a-\u202e\u2066-\u2069]/g;

export const render = (node: VNode): string => renderToString(node).replace(turning, '');
