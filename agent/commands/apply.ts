import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import { newId } from '../../common/new-id.ts';
import { openFileSource, type FileSource } from '../../common/upd/file-source.ts';
import { parseIdentities } from '../../common/upd/identities.ts';
import { unwrapContentKey } from '../../common/upd/recipients.ts';
import type { Ended, PackageOrigin, SlotKeeper } from '../ports.ts';
import { reasonOf } from '../operation-end.ts';
import { HandedOver } from '../handover.ts';
import { Runner } from '../runner.ts';
import { closeLocal, consolePorts, consoleSetup, describeEnd, recoverFirst, type ConsoleNode } from './console.ts';
import { watchSuccessor } from './take-over.ts';

export interface ApplyOptions {
  /** The package. */
  readonly file: string;
  /** Age identity file for an encrypted package. */
  readonly identityFile?: string;
  /** A coordinator's slots; undefined where none can be reached. */
  readonly slots?: SlotKeeper;
  /** The operator's word that the node may be out of service now, and why; kept in the node's history and told to the cluster. */
  readonly noSlotReason?: string;
}

/**
 * `uvs-agent apply FILE`: brings a package onto this node from its own console.
 * @param signal withdraws it as long as it has not begun
 * @throws UvsError NOT_ALLOWED_NOW without a slot, BUSY, NEEDS_OPERATOR, NOT_FOUND; a release that fails is an outcome, not an error, and is not printed
 */
export async function apply(node: ConsoleNode, options: ApplyOptions, signal: AbortSignal): Promise<Ended> {
  if (options.slots === undefined && options.noSlotReason === undefined) {
    throw new UvsError('NOT_ALLOWED_NOW', 'no coordinator was asked whether this node may be out of service', {
      hint: 'If you know that it may be, say so with --no-slot --reason "…"; that is written down.',
    });
  }
  const operation = newId('op', Date.now(), randomUUID());
  try {
    return await bring(node, options, operation, signal);
  } catch (error) {
    if (error instanceof HandedOver) return await watchSuccessor(node, operation, 'take-over');
    throw error;
  }
}

async function bring(node: ConsoleNode, options: ApplyOptions, operation: string, signal: AbortSignal): Promise<Ended> {
  await using source = await openFileSource(options.file);
  const setup = await consoleSetup(node);
  await using runner = await Runner.open(setup, consolePorts(node), 'uvs-agent apply');
  for (const ended of await recoverFirst(node, runner)) await closeLocal(node, runner, ended);
  const request = {
    operation,
    packageDigest: '',
    origin: fileOrigin(source, options.identityFile),
    slots: options.slots,
    ...reasonOf(options.noSlotReason),
  };
  const ended = await runner.runOperation(request, signal);
  await closeLocal(node, runner, ended);
  if (ended.outcome === 'installed') node.print(describeEnd(ended));
  return ended;
}

function fileOrigin(source: FileSource, identityFile: string | undefined): PackageOrigin {
  return {
    open: () => Promise.resolve(source),
    contentKey: async (recipients) => {
      if (identityFile === undefined) {
        throw new UvsError('KEY_MISSING', `${source.path} is encrypted`, {
          hint: 'Name the age identity that it was encrypted for with --identity, or have it exported for this node: uvs-agent identity, upd export.',
        });
      }
      return await unwrapContentKey(recipients, ...(await readIdentities(identityFile)));
    },
  };
}

/** @throws UvsError NOT_FOUND, INVALID_ARGUMENT (no identity, readable by others) */
async function readIdentities(path: string): Promise<readonly string[]> {
  let text: string;
  let mode: number;
  try {
    ({ mode } = await stat(path));
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UvsError('NOT_FOUND', `the identity file ${path} cannot be read`, { cause, hint: 'Check the path given with --identity.' });
  }
  if (text.includes('BEGIN AGE ENCRYPTED FILE')) {
    throw new UvsError('INVALID_ARGUMENT', `${path} is encrypted with a passphrase`, {
      hint: `Open it first: (umask 077; age -d ${path} > FILE), and name that file; remove it afterwards.`,
    });
  }
  const identities = parseIdentities(text, path);
  if ((mode & 0o077) === 0) return identities;
  throw new UvsError('INVALID_ARGUMENT', `${path} is a secret and can be read by others`, { hint: `Run: chmod 600 ${path}` });
}
