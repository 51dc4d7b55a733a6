import type { Outcome } from '../common/outcome.ts';
import type { SlotToken } from '../common/slot-token.ts';
import type { PackageSource } from '../common/upd/source.ts';

/** Milliseconds since boot, suspend included (CLOCK_BOOTTIME); no wall clock decides anything. */
export interface BootClock {
  nowMs(): number;
}

/** Where the bytes and the content key of a package come from. */
export interface PackageOrigin {
  /** @param tell takes a line for the operation's output about what went wrong and was got over. */
  open(signal: AbortSignal, tell: (line: string) => void): Promise<PackageSource>;
  /** @param recipients the age file in the package's header. */
  contentKey(recipients: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

/** The right to be out of service, asked of whoever keeps the slots. */
export interface SlotKeeper {
  /** Resolves once the operation's slot is granted; waits as long as the coordinator wants, which has the deadline. */
  awaitGrant(operation: string, signal: AbortSignal): Promise<SlotToken>;
  begin(operation: string, token: SlotToken, signal: AbortSignal): Promise<SlotAnswer>;
  /** Asked before each further disturbing act. */
  confirm(operation: string, token: SlotToken, signal: AbortSignal): Promise<SlotAnswer>;
  /** Asked with the release in place: is the node as it should be? @throws UvsError where nobody answers */
  judge(operation: string, token: SlotToken, signal: AbortSignal): Promise<HealthVerdict>;
}

/** What a coordinator finds of a node that has begun: the node itself and the storage around it. */
export interface HealthVerdict {
  /** Undecided: nobody could judge. */
  readonly verdict: 'healthy' | 'unhealthy' | 'undecided';
  readonly reason: string;
}

/** Whether this agent is heard by a coordinator. */
export interface Contact {
  /** Whether its session is open. */
  isThere(): boolean;
  /** Resolves once it is; rejects with the signal's reason. */
  await(signal: AbortSignal): Promise<void>;
}

export interface SlotAnswer {
  readonly isYes: boolean;
  readonly reason: string;
}

/** Hears of everything that an operation does, as it happens. */
export interface OperationObserver {
  /** @param percent 0 to 100, or -1 where unknown. */
  progress(operation: string, phase: string, message: string, percent: number): void;
  /** One line of output of a task or of the agent itself. */
  output(operation: string, phase: string, line: string): void;
}

/** How an operation ended, as journalled and reported. */
export interface Ended {
  readonly operation: string;
  readonly token: SlotToken | undefined;
  /** Done from the node's console without a slot. */
  readonly isLocal: boolean;
  /** Of a local one: why its operator went without a slot. */
  readonly noSlotReason?: string;
  readonly outcome: Outcome;
  /** Reason code and sentence, e.g. "TASK_FAILED: post task migrate exited 3". */
  readonly message: string;
  readonly outputTail: string;
}

/** The service manager. Units that do not exist here are left alone and named in the output. */
export interface Services {
  /** Whether a service manager runs at all; without one, stop and start do nothing and say so. */
  isAvailable(): Promise<boolean>;
  /** Has it read anew what it makes its units of; without that it starts a unit as it was. */
  reload(signal: AbortSignal): Promise<void>;
  /** The unit that this very program runs in; undefined: in none. */
  ownUnit(): string | undefined;
  /** Units that run, and that stop when it is stopped; in the order in which they could be stopped one by one. */
  stopsWith(unit: string, signal: AbortSignal): Promise<readonly string[]>;
  stop(unit: string, signal: AbortSignal): Promise<void>;
  /** Also one that has been started too often of late; does nothing about one that runs. */
  start(unit: string, signal: AbortSignal): Promise<void>;
  /** The same, and one that runs is stopped first. */
  startAnew(unit: string, signal: AbortSignal): Promise<void>;
  /** Whether it runs or is on its way to, also again after a failure: whether it has to be stopped. */
  isActive(unit: string, signal: AbortSignal): Promise<boolean>;
  /** Whether it runs: one that is started over and over does not. */
  isRunning(unit: string, signal: AbortSignal): Promise<boolean>;
  /** How often it has died and was started again by the manager, since somebody has started it. */
  deaths(unit: string, signal: AbortSignal): Promise<number>;
}

/** A unit as the service manager has it now. */
export interface UnitState {
  readonly unit: string;
  /** Whether it runs: one that is started over and over does not. */
  readonly isRunning: boolean;
  /** Whether it is meant to run: it does, is about to, or has failed. */
  readonly isWanted: boolean;
  /** Another text with each start. */
  readonly start: string;
  /** Its main process; 0 or undefined where it has none. */
  readonly mainPid?: number;
}

/** Restarting, and seeing that it has happened. */
export interface Units {
  /** Units that are loaded and match a pattern of systemctl(1). */
  matching(pattern: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Units that go down and up with a target. */
  partsOf(target: string, signal: AbortSignal): Promise<readonly string[]>;
  state(unit: string, signal: AbortSignal): Promise<UnitState>;
  /** Lets a unit that was started too often be started again; disturbs nothing. */
  forgive(unit: string, signal: AbortSignal): Promise<void>;
  /** Brings up what is down, and leaves alone what runs by then; resolves when it is started. @throws UvsError SERVICE_FAILED */
  start(unit: string, signal: AbortSignal): Promise<void>;
  /** Tells the service manager at once; resolves when it calls the unit started. @throws UvsError SERVICE_FAILED */
  restart(unit: string, signal: AbortSignal): Promise<void>;
}

/** The machine as a whole. */
export interface Machine {
  /** Random for each boot. */
  bootId(): Promise<string>;
  /** Why this agent can't have it rebooted; undefined: it can. */
  readonly cannotReboot: string | undefined;
  /** Writes what is in memory to the disks, which may take minutes and disturbs nothing. @throws UvsError */
  sync(): Promise<void>;
  /** Asks at once for an orderly reboot; resolves when that is under way. @throws UvsError */
  reboot(signal: AbortSignal): Promise<void>;
}

export interface TaskRun {
  readonly operation: string;
  /** Real path of the agent's state directory. */
  readonly stateDirectory: string;
  /** Among the package's tasks. */
  readonly index: number;
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
}

export interface TaskResult {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly isTimedOut: boolean;
  /** It wanted more memory than a task may have, and was ended for it. */
  readonly isOutOfMemory: boolean;
}

/** Names a task on a node: the operation and its place among the package's tasks. */
export type TaskId = Pick<TaskRun, 'operation' | 'index'>;

/** Whose tasks are meant: several agents may run on one machine, each with a root of its own, and their operations may have the same id. */
export interface TaskOwner {
  readonly operation: string;
  /** Real path of the agent's state directory, as tasks are told it. */
  readonly stateDirectory: string;
}

/** Runs a package's tasks, each within the limits of the node and with an end that leaves none of its processes. */
export interface Tasks {
  /** How much memory a task may have in all, in words; undefined where that is not limited. */
  readonly memoryLimit?: string;
  /** Resolves when nothing of it runs any more. @throws UvsError TASK_FAILED where it could not be started, or not be ended */
  run(task: TaskRun, onLine: (line: string) => void, signal: AbortSignal): Promise<TaskResult>;
  /** Whether a task that an earlier agent has started runs on, or has left its result. */
  canReattach(task: TaskId): Promise<boolean>;
  /** Goes on with such a task as `run` does; undefined where nobody knows what it came to. */
  reattach(task: TaskRun, onLine: (line: string) => void, signal: AbortSignal): Promise<TaskResult | undefined>;
  /** Removes what is kept of a task whose end is recorded. */
  forget(task: TaskId): Promise<void>;
  /** Ends what tasks of an operation left running when an earlier agent died. Returns how many processes that were, or units. */
  endLeftovers(owner: TaskOwner): Promise<number>;
}
