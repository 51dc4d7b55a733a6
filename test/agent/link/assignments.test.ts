import t from 'tap';
import { Assignments } from '../../../agent/link/assignments.ts';
import type { OpenOperation, OperationRunner } from '../../../agent/link/operations.ts';
import type { Ended } from '../../../agent/ports.ts';
import { UvsError } from '../../../common/errors.ts';
import { createLogger } from '../../../common/log.ts';
import { eventually } from '../../support/eventually.ts';
import { ScriptedSlots } from '../../support/scripted-slots.ts';

const full = new UvsError('NO_SPACE', 'the disk was full while writing releases/1', { hint: 'Free space on it.' });

/** A node whose disk is full for as long as it has a failure. */
function scene() {
  const waiting: string[] = [];
  const ended: string[] = [];
  const open: OpenOperation[] = [];
  const node = { failure: full as UvsError | undefined, tries: 0 };
  const runOperation: OperationRunner['runOperation'] = ({ operation }, signal) => {
    node.tries += 1;
    if (node.failure !== undefined && !signal.aborted) return Promise.reject(node.failure);
    return Promise.resolve(endOf(operation, signal.aborted ? 'never-acted' : 'installed'));
  };
  const assignments = new Assignments({
    runner: {
      runOperation,
      openOperations: () => Promise.resolve(open),
      acknowledge: () => Promise.resolve(),
      revoke: () => Promise.resolve(),
      endedOperations: () => Promise.resolve([]),
      readOutput: () => {
        throw new Error('nobody asks for it');
      },
    },
    slots: new ScriptedSlots(),
    originOf: () => {
      throw new Error('nothing is fetched');
    },
    onWaiting: (operation, message) => waiting.push(`${operation}: ${message}`),
    onEnded: ({ operation, outcome }) => ended.push(`${operation}: ${outcome}`),
    onHandedOver: () => undefined,
    random: () => 0,
    log: createLogger('test', { level: 'error', isJournal: false, write: () => undefined }),
  });
  return { assignments, waiting, ended, open, node };
}

const endOf = (operation: string, outcome: Ended['outcome']): Ended => ({
  operation,
  token: undefined,
  isLocal: false,
  outcome,
  message: '',
  outputTail: '',
});

void t.test('what a full disk keeps from its end is tried again until there is space, and each time the reason is told', async (t) => {
  const { assignments, waiting, ended, node } = scene();
  assignments.takeUp('op-1');
  await eventually('several tries', () => waiting.length === 3);
  for (const told of waiting)
    t.match(told, /^op-1: NO_SPACE: the disk was full while writing releases\/1 \(Free space on it\.\); tried again in \d+ s$/u);
  assignments.takeUp('op-1');
  node.failure = undefined;
  await eventually('its end', () => ended.length > 0);
  t.strictSame(ended, ['op-1: installed']);
  await assignments.stop();
});

void t.test('meanwhile others have their turn, and those that it was in the way of go on after it', async (t) => {
  const { assignments, waiting, ended, node } = scene();
  node.failure = new UvsError('BUSY', 'operation op-1 is still open on this node');
  assignments.takeUp('op-2');
  await eventually('its turn', () => waiting.length === 1);
  node.failure = full;
  assignments.takeUp('op-1');
  await eventually('a failure', () => waiting.length === 2);
  node.failure = undefined;
  await eventually('both ends', () => ended.length === 2);
  t.strictSame(ended, ['op-1: installed', 'op-2: installed']);
  await assignments.stop();
});

void t.test('an end that was recorded and could not be settled is told by the next try, and holds nothing up', async (t) => {
  const { assignments, waiting, ended, open, node } = scene();
  assignments.takeUp('op-1');
  await eventually('a failure', () => waiting.length === 1);
  open.push({ operation: 'op-1', phase: 'done', token: undefined, ended: endOf('op-1', 'installed'), isInterrupted: false });
  await eventually('its end', () => ended.length === 1);
  t.equal(node.tries, 1);
  t.strictSame(ended, ['op-1: installed']);
  await assignments.stop();
});

void t.test('one that waits to be tried again is withdrawn at once', async (t) => {
  const { assignments, waiting, ended } = scene();
  assignments.takeUp('op-1');
  await eventually('tries that are far between', () => waiting.length === 4);
  assignments.cancel('op-1', 'a test');
  await eventually('its end', () => ended.length === 1);
  t.strictSame(ended, ['op-1: never-acted']);
  await assignments.stop();
});

void t.test('an agent that stops leaves nothing that would try again, or keep it from ending', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const { assignments, waiting } = scene();
  const before = timers();
  assignments.takeUp('op-1');
  await eventually('a failure', () => waiting.length === 1);
  t.equal(timers(), before + 1, 'it would be tried again');
  await assignments.stop();
  t.equal(timers(), before);
});
