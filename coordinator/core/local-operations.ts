import type { Leading } from './leading.ts';
import type { EndedReport } from './slot-ended.ts';

type LocalReport = Pick<EndedReport, 'operation' | 'outcome' | 'message' | 'facts'> & { readonly reason: string };

/**
 * Writes into the audit log what was done to a node from its own console without a slot, on somebody's word there; once, however often it is
 * reported. While it went on and could be heard, the node counted as down (coordinator/node-status.ts).
 */
export async function noteLocalOperation({ requests }: Leading, uid: string, report: LocalReport): Promise<void> {
  const { operation, outcome, message, reason, facts } = report;
  const request = { actor: { identity: `node/${uid}` }, action: 'nodes.local-operation', content: { operation }, requestId: operation };
  await requests.perform(request, (mirror) => {
    const node = mirror.nodes.get(uid);
    return {
      changes: node === undefined ? [] : [{ of: 'node', record: { ...node, facts } }],
      audit: {
        resource: `nodes/${uid}`,
        message: `${node?.hostname ?? uid}: ${operation} from its console, without a slot${reason === '' ? '' : ` (${reason})`}: ${outcome}${message === '' ? '' : ` (${message.slice(0, 500)})`}`,
      },
      result: operation,
    };
  });
}
