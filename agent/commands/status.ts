import { resolve } from 'node:path';
import { toUvsError, UvsError } from '../../common/errors.ts';
import type { WaysBack } from '../../common/facts.ts';
import { safeJson, safeLine } from '../../common/safe-text.ts';
import { mixedReleases, standingMixture } from '../accepted/mixture.ts';
import { readHistory, toldHistory, type HistoryEntry } from '../history.ts';
import { readInstalled, type Installed } from '../installed.ts';
import { Journal } from '../journal.ts';
import { isBeforeSlot, isOver } from '../operation-machine.ts';
import { replayOperations } from '../operation-state.ts';
import { serviceManagerAt } from '../os/service-manager.ts';
import { Vouching } from '../retained/vouching.ts';
import { waysBack } from '../retained/way-back.ts';
import { isStateDirectoryLocked, stateDirectoryAt, type StateDirectory } from '../state-directory.ts';
import { knownRoot } from './console-root.ts';
import { adviceOn } from './interrupted.ts';
import type { ConsoleNode } from './console.ts';

export interface NodeStatus {
  readonly installed: Pick<Installed, 'components' | 'versions'>;
  /** Why the files are not all those of what is installed; '': nothing is known of such. */
  readonly mixture: string;
  /** What it could go back to. */
  readonly waysBack: WaysBack;
  /** In the journal: running, interrupted, or ended and not reported yet. */
  readonly operations: readonly {
    readonly operation: string;
    readonly phase: string;
    readonly version: string;
    readonly message: string;
    /** It had begun, and no agent runs that could go on with it. */
    readonly isInterrupted: boolean;
    /** What is to be done about that, as a sentence; '': nothing. */
    readonly advice: string;
  }[];
  /** Why nothing is known of operations: the journal is damaged; '': it is not. */
  readonly damage: string;
  /** Latest last. */
  readonly history: readonly HistoryEntry[];
}

/** The node whose status is asked for; without a root file nothing is said of who vouches for what it could go back to. */
export type AskedNode = Pick<ConsoleNode, 'root' | 'statePath'> & Partial<Pick<ConsoleNode, 'rootFile' | 'hasJoined'>>;

/** `uvs-agent status`: reads what the node knows of itself, also while an agent works on it; takes no lock and changes nothing. */
export async function readStatus(node: AskedNode): Promise<NodeStatus> {
  return (await look(node)).found;
}

/** What is told all the same, and the error of a journal that is damaged. */
async function look(node: AskedNode): Promise<{ readonly found: NodeStatus; readonly damage: UvsError | undefined }> {
  const state = stateDirectoryAt(node.statePath);
  const installed = await readInstalled(state);
  const { components, versions } = installed;
  const root = resolve(node.root);
  const vouching = await vouchingOf(state, node.rootFile);
  const back = await waysBack(
    state,
    { components },
    { root, ...serviceManagerAt(root, undefined) },
    vouching,
    await mixedReleases(state, installed),
  );
  // before the journal: who ends in between leaves nothing open
  const isAlone = (await isStateDirectoryLocked(state)) === false;
  const read = await Journal.read(state.path).then(replayOperations, damageOf);
  const damage = read instanceof UvsError ? read : undefined;
  const operations = (read instanceof UvsError ? [] : [...read.values()]).map((open) => {
    const { operation, phase, accepted, ended, backReason } = open;
    const isInterrupted = isAlone && !isBeforeSlot(phase) && !isOver(phase);
    return {
      operation,
      phase,
      version: accepted?.version ?? '',
      message: ended?.message ?? backReason ?? '',
      isInterrupted,
      advice: isInterrupted ? adviceOn(open, { root, hasJoined: node.hasJoined === true }) : '',
    };
  });
  const found = {
    installed: { components, versions },
    mixture: await standingMixture(state, installed),
    waysBack: back,
    operations,
    damage: damage?.message ?? '',
    history: await readHistory(state),
  };
  return { found, damage };
}

function damageOf(thrown: unknown): UvsError {
  const error = toUvsError(thrown);
  if (error.reason === 'JOURNAL_CORRUPT') return error;
  throw error;
}

async function vouchingOf(state: StateDirectory, rootFile: string | undefined): Promise<Vouching | undefined> {
  if (rootFile === undefined) return undefined;
  const known = await knownRoot({ statePath: state.path, rootFile }).catch((error: unknown) => toUvsError(error));
  // a node that has not joined, and has nothing installed
  if (known === undefined) return undefined;
  return new Vouching(state, () => (known instanceof UvsError ? Promise.reject(known) : Promise.resolve(known)));
}

/** For people; all that is kept is in the JSON. */
const HISTORY_SHOWN = 5;

/** Prints it for people, or as one JSON document. @throws UvsError JOURNAL_CORRUPT once all else is printed */
export async function status(node: AskedNode & Pick<ConsoleNode, 'print'>, options: { readonly json: boolean }): Promise<void> {
  const { found, damage } = await look(node);
  if (options.json) node.print(safeJson(JSON.stringify(found, undefined, 2)));
  else printStatus(node, found);
  if (damage !== undefined) throw damage;
}

function printStatus(node: Pick<ConsoleNode, 'print'>, found: NodeStatus): void {
  const print = (line: string): void => node.print(safeLine(line).trimEnd());
  if (found.installed.components.length === 0) print('No release is installed.');
  for (const { component, version, releaseSeq } of found.installed.components) print(`${component} ${version} (release ${releaseSeq})`);
  if (found.mixture !== '') print(`Mixed: ${found.mixture}`);
  for (const { version, toVersion, sizeBytes, refusal } of found.waysBack.releases) {
    const retained = `${toVersion} is retained (${(sizeBytes / 1024 / 1024).toFixed(1)} MiB)`;
    print(refusal === '' ? `${version} can be taken back: ${retained}` : `${version} can't be taken back: ${refusal}; ${retained}`);
  }
  if (found.waysBack.why !== '') print(`No way back: ${found.waysBack.why}`);
  for (const { operation, phase, version, message, advice } of found.operations) {
    print(`${operation} ${version} ${phase} ${message}`);
    if (advice !== '') print(advice);
  }
  for (const { operation, version, outcome, hadSlot, noSlotReason, message, endedAt, alike } of toldHistory(found.history, HISTORY_SHOWN)) {
    const slot = hadSlot ? '' : ` (without a slot${noSlotReason === undefined ? '' : `, ${noSlotReason}`})`;
    print(
      `${endedAt} ${operation} ${version} ${outcome}${slot}${alike === 0 ? '' : ` (and ${alike} before it that did nothing)`}: ${message}`,
    );
  }
}
