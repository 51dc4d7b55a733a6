import { PackageOwners } from './files/package-owners.ts';
import { Staging } from './files/staging.ts';
import type { Journal } from './journal.ts';
import { isBeforeSlot, isOver } from './operation-machine.ts';
import {
  stateOf,
  type OperationBounds,
  type NodePorts,
  type NodeSetup,
  type OperationContext,
  type OperationRequest,
} from './operation-context.ts';
import { OutputFile } from './output-store.ts';
import { defaultSlotPatience, SlotGuard } from './slot-guard.ts';
import type { StateDirectory } from './state-directory.ts';
import { loadHead } from './steps/head.ts';
import { ProvenContents } from './steps/proven-contents.ts';

export const defaultBounds: OperationBounds = {
  markEveryBytes: 64 * 1024 * 1024,
  fetchPatienceMs: 600_000,
  fetchRetryMs: 500,
  runningMs: 60_000,
  judgeAgainMs: 3_000,
  rebootMs: 600_000,
  handoverMs: 120_000,
  looksMs: 60_000,
  slots: defaultSlotPatience,
};

/** Makes the context of an operation that is in the journal. */
export async function contextFor(parts: {
  readonly operation: string;
  readonly setup: NodeSetup;
  readonly bounds: OperationBounds;
  readonly ports: NodePorts;
  readonly state: StateDirectory;
  readonly journal: Journal;
  readonly request: OperationRequest | undefined;
  readonly revocation: AbortSignal;
}): Promise<OperationContext & AsyncDisposable> {
  const { operation, ports, state, request, bounds } = parts;
  await using stack = new AsyncDisposableStack();
  const output = stack.use(await OutputFile.open(state.outputPath, operation));
  const staging = stack.use(new Staging(parts.setup.root, operation));
  const phase = phaseOf(() => stateOf(context).phase, parts.journal);
  const tell = (line: string): void => {
    const now = phase();
    // An error may bring several lines; each of them is to say where it belongs.
    for (const one of line.split('\n')) output.write(now, one);
    ports.observer.output(operation, now, line);
  };
  const context: OperationContext = {
    ...parts,
    staging,
    tell,
    outputTail: () => output.tail(),
    say: (message, percent = -1) => {
      // how far the fetching is would fill the output
      if (percent < 0) tell(message);
      ports.observer.progress(operation, phase(), message, percent);
    },
    proven: new ProvenContents(),
    packageOwners: new PackageOwners(parts.setup.root),
    guard: undefined,
    isGivenUp: false,
    head: undefined,
    startedHere: new Set(),
    back: undefined,
  };
  const now = stateOf(context);
  const isStaged = now.phase !== 'fetching' && !isOver(now.phase);
  if (isStaged && now.action === undefined && now.accepted !== undefined) await loadHead(context, now.accepted.headHash);
  if (request?.slots !== undefined && now.token !== undefined && !isBeforeSlot(now.phase)) {
    const { clock } = ports;
    context.guard = new SlotGuard({ keeper: request.slots, operation, token: now.token, clock, patience: bounds.slots, isDisturbed: true });
  }
  const owned = stack.move();
  return Object.assign(context, { [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() });
}

/** The phase as the journal has it, looked up only when there is a new record: a task may print millions of lines. */
function phaseOf(find: () => string, journal: Journal): () => string {
  let known: { readonly records: unknown; readonly count: number; readonly phase: string } | undefined;
  return () => {
    const { records } = journal;
    if (known?.records !== records || known.count !== records.length) known = { records, count: records.length, phase: find() };
    return known.phase;
  };
}
