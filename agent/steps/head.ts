import { join } from 'node:path';
import * as v from 'valibot';
import { parseManifest } from '../../common/upd/manifest-parse.ts';
import type { OpenedPackage } from '../../common/upd/open.ts';
import { parseRoot } from '../../common/upd/root.ts';
import { writeFileDurably } from '../files/sync.ts';
import type { OperationContext } from '../operation-context.ts';
import { makeOperationDirectory } from '../state-directory.ts';
import { hashOfText, readRecorded } from './recorded-file.ts';

const FILE_NAME = 'head.json';
const schema = v.strictObject({
  manifest: v.string(),
  signatures: v.string(),
  root: v.string(),
  /** An earlier agent did not keep it. */
  rootChain: v.optional(v.string()),
});

/** Stores what recovery and the check before "begun" need of a verified package. Returns the hash that the journal records. */
export async function storeHead(context: OperationContext, pkg: OpenedPackage): Promise<string> {
  await makeOperationDirectory(context.state, context.operation);
  const text = JSON.stringify({
    manifest: base64(pkg.manifestBytes),
    signatures: base64(pkg.signatures),
    root: base64(pkg.root.bytes),
    rootChain: base64(pkg.rootChain),
  });
  await writeFileDurably(join(context.state.operationPath(context.operation), FILE_NAME), text);
  return hashOfText(text);
}

/** Reads it back. @throws UvsError JOURNAL_CORRUPT */
export async function loadHead(context: OperationContext, headHash: string): Promise<void> {
  const path = join(context.state.operationPath(context.operation), FILE_NAME);
  const head = v.parse(schema, JSON.parse(await readRecorded(path, headHash)));
  const manifestBytes = Buffer.from(head.manifest, 'base64');
  context.head = {
    manifest: parseManifest(manifestBytes),
    manifestBytes,
    signatures: Buffer.from(head.signatures, 'base64'),
    root: parseRoot(Buffer.from(head.root, 'base64')),
    rootChain: head.rootChain === undefined ? undefined : Buffer.from(head.rootChain, 'base64'),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
