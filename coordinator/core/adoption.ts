import type { Nothing } from '../state/decision.ts';
import { unheardNodes } from '../hold.ts';
import type { Leading } from './leading.ts';

const NOTHING: Nothing<void> = { nothing: true, result: undefined };

/** Ends the waiting of an adoption once every enrolled node has told what it holds. */
export async function endAdoption({ ledger }: Leading): Promise<void> {
  await ledger.commit((mirror) => {
    const isOver = mirror.ledger.isAdopting && unheardNodes(mirror.ledger, mirror.nodes.values(), mirror.epoch).length === 0;
    if (!isOver) return NOTHING;
    return {
      changes: [],
      ledger: { isAdopting: false },
      audit: {
        actor: 'coordinator',
        action: 'cluster.adopted',
        resource: 'cluster',
        message: `${mirror.nodes.size} nodes have told what they hold`,
      },
      result: undefined,
    };
  });
}
