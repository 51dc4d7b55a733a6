import { changesFiles, type NodeAction } from '../common/node-action.ts';
import type { Manifest } from '../common/upd/manifest.ts';
import type { InstallableNode } from '../common/upd/requirements.ts';
import type { TrustedRoot } from '../common/upd/root.ts';
import type { Failpoints } from './failpoints.ts';
import type { PackageOwners } from './files/package-owners.ts';
import type { Staging } from './files/staging.ts';
import type { Handover } from './handover.ts';
import type { Journal } from './journal.ts';
import { replayOperations, type OperationState } from './operation-state.ts';
import type { Migrations } from './m2/migration/ports.ts';
import type { BootClock, Contact, Machine, OperationObserver, PackageOrigin, Services, SlotKeeper, Tasks, Units } from './ports.ts';
import type { Back } from './retained/back.ts';
import type { SlotGuard, SlotPatience } from './slot-guard.ts';
import type { StateDirectory } from './state-directory.ts';
import type { CarriedRoot } from './steps/newest-root.ts';
import type { ProvenContents } from './steps/proven-contents.ts';
import { UvsError } from '../common/errors.ts';

/** What the node side of an update needs from the machine and from whoever starts it. */
export interface NodePorts {
  readonly clock: BootClock;
  readonly services: Services;
  readonly units: Units;
  readonly machine: Machine;
  readonly tasks: Tasks;
  readonly handover: Handover;
  readonly contact: Contact;
  /** Undefined where the managed root has no SSD of its own: a sandbox. */
  readonly migrations: Migrations | undefined;
  /** Resolves once no look at what the cluster declares is under way (agent/declared/loop.ts); none begins while an operation is midway. */
  readonly looksOver: () => Promise<void>;
  readonly observer: OperationObserver;
  readonly failpoints: Failpoints;
  /** What the machine is, asked anew for each package. */
  facts(): Promise<Omit<InstallableNode, 'installed'>>;
}

/** The places and rules of a node. */
export interface NodeSetup {
  /** Real path of the root that releases are written below. */
  readonly root: string;
  /** State directory, made if missing. */
  readonly statePath: string;
  /** Shown to tasks as UVS_NODE_NAME; UVS_NODE would name the runtime of our own programs. */
  readonly nodeName: string;
  /** The newest root file that the node was given; one that comes while a package waits counts for it too. Recovery goes on where it throws NOT_FOUND. */
  readonly trustedRoot: () => Promise<TrustedRoot>;
  /** Units that may be restarted here, or stopped for a while, beside Ceph's own. */
  readonly restartable?: readonly string[];
  /** Whether the originals of a release that is done are retained, so that it can be taken back; true unless told. */
  readonly retainsPrevious?: boolean;
  readonly bounds?: Partial<OperationBounds>;
}

/** How long, and how much, an operation takes at the most. */
export interface OperationBounds {
  /** Plain bytes staged between two syncs; what a crash may cost to fetch again. */
  readonly markEveryBytes: number;
  /** How long a broken connection is tried again while fetching. */
  readonly fetchPatienceMs: number;
  readonly fetchRetryMs: number;
  /** How long a unit that was restarted may need to be seen running: systemd starts one that dies at once a few times over. */
  readonly runningMs: number;
  /** How long a node that was not found healthy waits before it asks again. */
  readonly judgeAgainMs: number;
  /** How long a machine may take from the word to reboot to the end of this agent. */
  readonly rebootMs: number;
  /** How long an agent that a release brings may take to confirm that it goes on. */
  readonly handoverMs: number;
  /** How long an operation that has begun waits for a look at what the cluster declares, which takes seconds: one of a minute hangs. */
  readonly looksMs: number;
  readonly slots: SlotPatience;
}

/** Where a package comes from and who keeps the slots; only while an operation goes forward. */
export interface OperationRequest {
  readonly operation: string;
  /** sha256 of the package file, hex; '' where it was not computed. */
  readonly packageDigest: string;
  /** Manifest that the coordinator assigned; any other is refused. */
  readonly manifestHash?: string;
  readonly origin: PackageOrigin;
  /** A restart, a reboot or a migration in the place of a release; then there is no package. */
  readonly action?: NodeAction;
  /** Goes back where it is not found healthy for so long; undefined: a coordinator's operator decides. */
  readonly rollBackAfterMs?: number;
  /** Aborted when the agent is told to end, which is what a reboot begins with: the operation stays open then. */
  readonly stopping?: AbortSignal;
  /** Undefined: without a slot, on the operator's word. */
  readonly slots: SlotKeeper | undefined;
  /** With that word: why. */
  readonly noSlotReason?: string;
}

/** All that the steps of one operation share. */
export interface OperationContext {
  readonly operation: string;
  readonly setup: NodeSetup;
  readonly bounds: OperationBounds;
  readonly ports: NodePorts;
  readonly state: StateDirectory;
  readonly journal: Journal;
  readonly staging: Staging;
  /** Undefined in recovery. */
  readonly request: OperationRequest | undefined;
  readonly say: (message: string, percent?: number) => void;
  /** A line for the operation's output. */
  readonly tell: (line: string) => void;
  /** Last whole lines of that output. */
  readonly outputTail: () => Promise<string>;
  /** Aborts when the slot is taken back, with the refusal as its reason. */
  readonly revocation: AbortSignal;
  /** Contents that this process has read back from the device. */
  readonly proven: ProvenContents;
  /** Whose the node's paths are, as far as the distribution knows. */
  readonly packageOwners: PackageOwners;
  /** Units that this process has started for the operation. */
  readonly startedHere: Set<string>;
  guard: SlotGuard | undefined;
  /** Somebody at the console brings it to its end as it can be without any coordinator: `uvs-agent recover`. */
  isGivenUp: boolean;
  /** Set once the package was accepted. */
  head: ({ readonly manifest: Manifest; readonly manifestBytes: Uint8Array; readonly signatures: Uint8Array } & CarriedRoot) | undefined;
  /** What is retained of the release that is taken back, once it was looked for. */
  back: Back | undefined;
}

/** The operation as the journal has it now. */
export function stateOf(context: OperationContext): OperationState {
  const found = replayOperations(context.journal.records).get(context.operation);
  if (found === undefined) throw new UvsError('INTERNAL', `operation ${context.operation} is not in the journal`);
  return found;
}

export function manifestOf(context: OperationContext): Manifest {
  if (context.head === undefined) throw new UvsError('INTERNAL', `operation ${context.operation} has no accepted package`);
  return context.head.manifest;
}

/**
 * Stands before every disturbing act: returns when it may be done at once. Acts that restore service do not ask.
 * @throws UvsError TOKEN_INVALID for a no or a slot that was taken back; UNREACHABLE or DEADLINE_EXCEEDED where nobody can be asked
 */
export function mayDisturb(context: OperationContext, signal: AbortSignal): Promise<void> {
  return ask(context, (guard) => guard.mayDisturb(AbortSignal.any([signal, context.revocation])));
}

/** Stands between the record of a disturbing act and the act: what mayDisturb said may have grown old meanwhile. @throws as mayDisturb */
export function mayStillDisturb(context: OperationContext, signal: AbortSignal): Promise<void> {
  return ask(context, (guard) => guard.mayStillDisturb(AbortSignal.any([signal, context.revocation])));
}

async function ask(context: OperationContext, question: (guard: SlotGuard) => Promise<void>): Promise<void> {
  demandUnrevoked(context);
  const { guard } = context;
  if (guard !== undefined) await question(guard);
  else if (stateOf(context).needsSlot) throw unasked(context);
  // it may have been taken back while the answer was on its way
  demandUnrevoked(context);
}

/** Whoever gives an operation up by hand is to be read of as that: the cluster was there, and was not asked. */
function unasked(context: OperationContext): UvsError {
  if (!context.isGivenUp) return new UvsError('UNREACHABLE', 'no coordinator can be asked whether the slot still holds');
  const how = changesFiles(stateOf(context).action) ? 'it was taken back by' : 'it was given up by';
  return new UvsError('CANCELLED', `${how} \`uvs-agent recover\` at the console, which asks no coordinator whether the slot still holds`);
}

/** @throws UvsError TOKEN_INVALID where the slot was taken back */
export function demandUnrevoked(context: OperationContext): void {
  const { revokedReason } = stateOf(context);
  if (revokedReason !== undefined) throw revoked(revokedReason);
}

export function revoked(reason: string): UvsError {
  return new UvsError('TOKEN_INVALID', `the slot was taken back: ${reason}`);
}
