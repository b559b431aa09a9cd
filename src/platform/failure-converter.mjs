// With payload keys, the words of failures are encrypted too: they may quote an address or what somebody wrote.
// Loaded by its path, into the workflows' sandbox as well; plain JavaScript, since Temporal's SDK requires it by itself.
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
