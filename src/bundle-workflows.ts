/** A step of the image: makes the workflow code's bundles, so that a worker need not when it starts. */
import { failureConverterPath } from './platform/temporal-connection.ts';
import { workflowBundle } from './platform/workflow-bundle.ts';

for (const converter of [undefined, failureConverterPath]) {
  const bundle = await workflowBundle(converter);
  if (!('codePath' in bundle)) throw new Error('The bundles can not be written here.');
  console.log(bundle.codePath);
}
