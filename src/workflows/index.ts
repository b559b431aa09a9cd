/** What a worker runs. */
export { cleanupWorkflow } from './cleanup-workflow.ts';
export { flowWorkflow } from './flow-workflow.ts';
