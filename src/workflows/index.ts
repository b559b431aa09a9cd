/** What a worker runs. */
export { cleanupWorkflow } from './cleanup-workflow.ts';
export { flowWorkflow } from './flow-workflow.ts';
export { handOverWorkflow } from './hand-over-workflow.ts';
export { importWorkflow } from './import-workflow.ts';
export { probeWorkflow } from './probe-workflow.ts';
export { webhookWorkflow } from './webhook-workflow.ts';
