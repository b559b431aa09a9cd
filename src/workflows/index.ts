/** What a worker runs. */
export { cleanupWorkflow } from './cleanup-workflow.ts';
export { flowWorkflow } from './flow-workflow.ts';
export { probeWorkflow } from './probe-workflow.ts';
