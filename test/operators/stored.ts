/** What Temporal gives to one who has no key: bytes as they are stored, as text that can be searched. */
import { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
const { DescribeWorkflowExecutionResponse, ListWorkflowExecutionsResponse } = proto.temporal.api.workflowservice.v1;

/** Histories, descriptions and the list of all workflows of a namespace that a query finds; all there are without one. */
export async function storedIn(place: { temporalAddress: string; namespace: string }, query = ''): Promise<string> {
  const { namespace } = place;
  const connection = await Connection.connect({ address: place.temporalAddress });
  const service = connection.workflowService;
  const texts: string[] = [];
  try {
    const listed = await service.listWorkflowExecutions({ namespace, query, pageSize: 1_000 });
    texts.push(bytesOf(ListWorkflowExecutionsResponse.encode(listed).finish()));
    for (const { execution } of listed.executions) {
      for (let nextPageToken: Uint8Array | null | undefined; ; ) {
        const page = await service.getWorkflowExecutionHistory({ namespace, execution, nextPageToken });
        if (page.history) texts.push(bytesOf(History.encode(page.history).finish()));
        nextPageToken = page.nextPageToken;
        if (!nextPageToken?.length) break;
      }
      const described = await service.describeWorkflowExecution({ namespace, execution });
      texts.push(bytesOf(DescribeWorkflowExecutionResponse.encode(described).finish()));
    }
  } finally {
    await connection.close();
  }
  return texts.join('\n');
}

const bytesOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
