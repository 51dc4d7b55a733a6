import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UvsError } from '../../common/errors.ts';
import { openFileSource, type FileSource } from '../../common/upd/file-source.ts';
import { unwrapContentKey } from '../../common/upd/recipients.ts';
import type { Ended, PackageOrigin, SlotKeeper } from '../ports.ts';
import { reasonOf } from '../operation-end.ts';
import { Runner } from '../runner.ts';
import { consolePorts, consoleSetup, describeEnd, type ConsoleNode } from './console.ts';

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
  await using source = await openFileSource(options.file);
  const setup = await consoleSetup(node);
  await using runner = await Runner.open(setup, consolePorts(node), 'uvs-agent apply');
  for (const ended of await runner.recover({ abandon: false })) node.print(describeEnd(ended));
  const request = {
    operation: newOperationId(),
    packageDigest: '',
    origin: fileOrigin(source, options.identityFile),
    slots: options.slots,
    ...reasonOf(options.noSlotReason),
  };
  const ended = await runner.runOperation(request, signal);
  // of a cluster's node it stays in the journal until the daemon has told the coordinator
  if (options.slots === undefined && !node.hasJoined) await runner.acknowledge(ended.operation);
  if (ended.outcome === 'installed') node.print(describeEnd(ended));
  return ended;
}

/** Time-ordered and random; times only sort. */
export function newOperationId(): string {
  return `op-${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
}

function fileOrigin(source: FileSource, identityFile: string | undefined): PackageOrigin {
  return {
    open: () => Promise.resolve(source),
    contentKey: async (recipients) => {
      if (identityFile === undefined) {
        throw new UvsError('KEY_MISSING', `${source.path} is encrypted`, {
          hint: 'Name the age identity it was encrypted for with --identity.',
        });
      }
      return await unwrapContentKey(recipients, await readIdentity(identityFile));
    },
  };
}

/** @throws UvsError NOT_FOUND, KEY_MISSING */
async function readIdentity(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new UvsError('NOT_FOUND', `the identity file ${path} cannot be read`, { cause, hint: 'Check the path given with --identity.' });
  }
  const identity = text.split('\n').find((line) => line.startsWith('AGE-SECRET-KEY-1'));
  if (identity === undefined) {
    throw new UvsError('KEY_MISSING', `${path} holds no age identity (a line AGE-SECRET-KEY-1…)`, {
      hint: 'Name the file with the private half of the recipient that the package was built for.',
    });
  }
  return identity.trim();
}
