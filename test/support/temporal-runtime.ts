/** Imported by whatever runs workers in tests: what Temporal's core logs, said once a process, before any of it runs. */
import { DefaultLogger, Runtime } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
