import { lstat, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { agentLayout, isVersionName, PACKAGED_PREFIX } from '../../common/agent-layout.ts';
import { toUvsError, UvsError } from '../../common/errors.ts';
import { safeLine } from '../../common/safe-text.ts';
import { DiskFile } from '../files/disk-file.ts';
import { isErrno } from '../files/errno.ts';
import { removeTree, rename, syncDirectory, unlinkIfThere } from '../files/disk.ts';
import { writeFileDurably } from '../files/sync.ts';
import { standings, type Handover, type HandoverPlan, type HandoverState, type Standing } from '../handover.ts';
import { readLinkIfThere } from '../files/reading.ts';
import { readTextIfThere } from '../files/reading.ts';

/** Longest reason that is kept, in characters. */
const REASON_CHARS = 1_000;
/** Beside the standing, written by the launcher: why it failed, how often the new one was started (one line each), and what keeps two launchers apart. */
const REASON = 'handover.reason';
const STARTS = 'handover.starts';
const LOCK = 'handover.lock';
/** What the count begins with, in place of a line's beginning: room on the disk that its lines are written to also once the disk is full. */
const STARTS_RESERVE = 'Starts of the new agent, one line each: '.padEnd(512);

export interface HandoverPlaces {
  /** Real path of the root. */
  readonly root: string;
  /** State directory. */
  readonly statePath: string;
  /** As the launcher sets it: UVS_AGENT_VERSION, UVS_AGENT_LAUNCHER. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Keeps a handover in the files that the launcher goes by; their format is specified in docs/journal.md. */
export function handoverFiles({ root, statePath, env }: HandoverPlaces): Handover {
  const pathOf = (standing: Standing): string => join(statePath, `handover.${standing}`);
  const running = env['UVS_AGENT_VERSION'];
  const launcher = env['UVS_AGENT_LAUNCHER'];
  const isLaunched = running !== undefined && isVersionName(running) && launcher !== undefined;
  const state = async (): Promise<HandoverState | undefined> => {
    for (const standing of standings) {
      const text = await readTextIfThere(pathOf(standing));
      if (text !== undefined)
        return { ...parse(text, pathOf(standing)), standing, reason: ((await readTextIfThere(join(statePath, REASON))) ?? '').trim() };
    }
    return undefined;
  };
  const removeAll = async (): Promise<void> => {
    // the standing last: the launcher goes by it
    const names = [REASON, STARTS, ...standings.map((standing) => basename(pathOf(standing)))];
    for (const name of names) await unlinkIfThere(join(statePath, name));
    await syncDirectory(statePath);
  };
  return {
    running: isLaunched ? running : undefined,
    launcher: isLaunched ? launcher : undefined,
    state,
    prepare: async (plan) => {
      await removeAll();
      // what the launcher could not make on a full disk
      await writeFileDurably(join(statePath, STARTS), STARTS_RESERVE);
      await (await DiskFile.open(join(statePath, LOCK), 'a', 0o600)).close();
      await writeFileDurably(pathOf('prepared'), format(plan));
    },
    move: async (from, to, reason) => {
      if (reason !== undefined) await noteReason(join(statePath, REASON), reason);
      if (to === 'confirmed') await countAnew(join(statePath, STARTS));
      try {
        await rename(pathOf(from), pathOf(to));
      } catch (cause) {
        if (!isErrno(cause, 'ENOENT')) throw cause;
        throw new UvsError('CONFLICT', `the handover is not "${from}" any more`, { cause });
      }
      await syncDirectory(statePath);
    },
    forget: async (operation) => {
      if ((await state())?.operation === operation) await removeAll();
    },
    sweep: (kept) => sweep(root, kept),
  };
}

/** Leaves word why an agent that is on trial ends; its launcher adds it to what it says. Never rejects. */
export async function leaveReason({ statePath, env }: Omit<HandoverPlaces, 'root'>, reason: string): Promise<void> {
  if (env['UVS_AGENT_TRIAL'] === undefined) return;
  try {
    await writeFileDurably(join(statePath, REASON), `${safeLine(reason).slice(0, REASON_CHARS)}\n`);
  } catch {
    // it is said on standard error as well
  }
}

/** For people: on a full disk it is left out, as the launcher does, for the rename that follows needs no room. */
async function noteReason(path: string, reason: string): Promise<void> {
  try {
    await writeFileDurably(path, `${reason.slice(0, REASON_CHARS)}\n`);
  } catch (error) {
    if (toUvsError(error).reason !== 'NO_SPACE') throw error;
  }
}

/** Keeps the room that the count has taken. */
async function countAnew(path: string): Promise<void> {
  try {
    await using file = await DiskFile.open(path, 'r+');
    await file.truncate(STARTS_RESERVE.length);
    await file.sync();
  } catch (error) {
    // of an agent that reserves nothing, before its launcher has counted
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

async function sweep(root: string, kept: readonly string[]): Promise<readonly string[]> {
  const versions = join(root, agentLayout.versions);
  const named = [agentLayout.pointer, agentLayout.packaged].map((link) => readLinkIfThere(join(root, link)));
  const keptVersions = new Set([...kept, ...named]);
  const swept = await removeOthers(versions, keptVersions);
  const runtimes = await namesIn(versions);
  const keptRuntimes = new Set(runtimes.map((version) => basename(readLinkIfThere(join(versions, version, 'runtime')) ?? '')));
  return [...swept, ...(await removeOthers(join(root, agentLayout.runtimes), keptRuntimes))];
}

async function removeOthers(directory: string, kept: ReadonlySet<string | undefined>): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const name of await namesIn(directory)) {
    const path = join(directory, name);
    if (kept.has(name) || name.startsWith(PACKAGED_PREFIX) || !isVersionName(name) || !(await lstat(path)).isDirectory()) continue;
    await removeTree(path);
    removed.push(path);
  }
  return removed;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch(() => []);
}

function format({ operation, from, to, seconds }: HandoverPlan): string {
  return `operation ${operation}\nfrom ${from}\nto ${to}\nseconds ${seconds}\n`;
}

/** @throws UvsError JOURNAL_CORRUPT */
function parse(text: string, path: string): HandoverPlan {
  const [, operation, from, to, seconds] = /^operation ([a-z0-9-]{1,40})\nfrom (\S+)\nto (\S+)\nseconds ([0-9]{1,5})\n$/u.exec(text) ?? [];
  if (operation === undefined || from === undefined || to === undefined || !isVersionName(from) || !isVersionName(to)) {
    throw new UvsError('JOURNAL_CORRUPT', `${path} is damaged`, {
      hint: 'It says which agent runs while one replaces another: see docs/journal.md, then remove it once the node is in order.',
    });
  }
  return { operation, from, to, seconds: Number(seconds) };
}
