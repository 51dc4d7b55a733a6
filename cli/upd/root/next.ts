import type { Command } from 'commander';
import { UvsError } from '../../../common/errors.ts';
import { encodeRoot, type Root } from '../../../common/upd/root.ts';
import { writeNewFile } from '../../new-files.ts';
import { readPublicKey } from '../files.ts';
import { printResult, wholeNumber, type Output } from '../output.ts';
import { nextRoot, roleNames, type ForRole, type RoleName } from './changes.ts';
import { demandsOf, describeDemands } from './demands.ts';
import { describeChanges, rootJson } from './describe.ts';
import { checkedProducts, checkedRoot } from './init.ts';
import { describeLostSlack } from './slack.ts';
import { encodeTrustFile, followTrustFile, newestLink, readTrustFile, type TrustFile } from './trust-file.ts';

interface NextOptions {
  readonly out: string;
  readonly addKey?: readonly string[];
  readonly removeKey?: readonly string[];
  readonly revoke?: readonly string[];
  readonly threshold?: readonly string[];
  readonly addProduct?: readonly string[];
  readonly removeProduct?: readonly string[];
  readonly removeSite?: true;
  readonly json?: true;
}

/** `upd root next`: drafts the version that follows, which people then sign. */
export function addRootNext(root: Command, output: Output): void {
  root
    .command('next')
    .description('draft the next root file; it counts once enough root keys of the old and of the new version have signed it')
    .argument('<from>', 'the newest root file, or the chain that ends with it')
    .requiredOption('-o, --out <file>', 'the chain to write: all versions so far, and the new one without signatures')
    .option('--add-key <role=pub...>', 'a public key for a role: root, vendor or site')
    .option('--remove-key <role=key...>', 'a key that one role has no more: its .pub file or the first digits of its id')
    .option('--revoke <key...>', 'keys that no role has any more')
    .option('--threshold <role=n...>', 'how many keys of a role must sign')
    .option('--add-product <role=name...>', 'a product that the keys of a role may sign')
    .option('--remove-product <role=name...>', 'one that they may sign no more')
    .option('--remove-site', 'no site keys any more')
    .option('--json', 'print JSON')
    .action(async (from: string, options: NextOptions) => {
      const before = await readTrustFile(from);
      followTrustFile(before);
      const { root: old } = newestLink(before).trusted;
      const after = checkedRoot(nextRoot(old, await readChanges(old, options)));
      const file: TrustFile = [...before, { signed: { bytes: encodeRoot(after.root), signatures: [] }, trusted: after }];
      await writeNewFile(options.out, encodeTrustFile(file), 0o644);
      const demands = demandsOf(file);
      printResult(output, options.json === true, { chain: options.out, ...rootJson(after), demands }, [
        `Root file  ${options.out}, version ${after.root.version}, which is not signed yet`,
        `sha256     ${after.sha256}`,
        'Changes',
        ...describeChanges(old, after.root),
        'Signatures',
        ...describeDemands(demands),
        `Each of them signs it: upd root sign ${options.out} --root THE-ROOT-FILE-THEY-TRUST --key NAME.key (whose key is which: upd keyid *.pub)`,
      ]);
      const slack = describeLostSlack(old.root, after.root.root);
      if (slack !== undefined) output.err.write(`upd: version ${after.root.version} can spare no root key: ${slack}\n`);
    });
}

async function readChanges(before: Root, options: NextOptions): Promise<Parameters<typeof nextRoot>[1]> {
  const { addKey = [], removeKey = [], revoke = [], threshold = [], addProduct = [], removeProduct = [], removeSite = false } = options;
  const addProducts = addProduct.map((text) => forRole('--add-product', text));
  checkedProducts(
    '--add-product',
    addProducts.map(({ value }) => value),
  );
  return {
    addKeys: await Promise.all(
      addKey.map(async (text) => {
        const { role, value } = forRole('--add-key', text);
        return { role, value: await readPublicKey(value) };
      }),
    ),
    removeKeys: await Promise.all(
      removeKey.map(async (text) => {
        const { role, value } = forRole('--remove-key', text);
        return { role, value: await keyIdFrom(before, value) };
      }),
    ),
    revoke: await Promise.all(revoke.map((text) => keyIdFrom(before, text))),
    thresholds: threshold.map((text) => {
      const { role, value } = forRole('--threshold', text);
      return { role, value: wholeNumber(value, '--threshold') };
    }),
    addProducts,
    removeProducts: removeProduct.map((text) => forRole('--remove-product', text)),
    withoutSite: removeSite,
  };
}

function forRole(option: string, text: string): ForRole<string> {
  const at = text.indexOf('=');
  const role = roleNames.find((name): name is RoleName => name === text.slice(0, at));
  const value = text.slice(at + 1);
  if (at > 0 && role !== undefined && value !== '') return { role, value };
  throw new UvsError('INVALID_ARGUMENT', `${option} takes ROLE=VALUE, not "${text}".`, { hint: 'A role is root, vendor or site.' });
}

/** Finds a key that the root file has by its file or the first digits of its id; who is lost has left no file. @throws UvsError INVALID_ARGUMENT, NOT_FOUND */
async function keyIdFrom(before: Root, text: string): Promise<string> {
  if (!/^[0-9a-f]{8,64}$/.test(text)) return (await readPublicKey(text)).keyId;
  const known = new Set(roleNames.flatMap((role) => before[role]?.keys.map(({ keyId }) => keyId) ?? []));
  const [found, second] = [...known].filter((keyId) => keyId.startsWith(text));
  if (found !== undefined && second === undefined) return found;
  throw new UvsError(
    'INVALID_ARGUMENT',
    `${found === undefined ? 'No key' : 'More than one key'} of version ${before.version} begins with ${text}.`,
    {
      hint: 'See "upd root show" for the keys of each role.',
    },
  );
}
