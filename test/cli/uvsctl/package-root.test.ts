import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { generateSigningKey } from '../../../common/upd/keys.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator, type FakeHandlers } from '../../support/fake-coordinator.ts';
import { chainOf, linkOf } from '../../support/root-chain.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();
const key = generateSigningKey();
const stoppedRollouts = [{ rollout: 'rollouts/ro-1', package: 'packages/a', product: 'uvs', version: '2.14.17', reason: 'KEY_UNKNOWN' }];

async function scene(service: NonNullable<FakeHandlers['uvs.v1.PackageService']>) {
  const raised: string[] = [];
  const coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.PackageService': {
      RaisePackageRoot: ({ reason }) => {
        raised.push(reason);
        return { packageRoot: { version: 2 }, stoppedRollouts };
      },
      ...service,
    },
  });
  const operator = await makeOperator({ ...(await authority.issue('operator/olga')), coordinators: [coordinator.address] });
  const path = join(operator.directory, 'root-2.json');
  await writeFile(path, chainOf(linkOf(2, { root: [key], vendor: [key] }, [key])));
  return {
    raised,
    show: (args: readonly string[]) => operator.run(['package-root', 'show', ...args]),
    update: (args: readonly string[], answers: readonly string[] = []) =>
      operator.run(['package-root', 'update', path, '--reason', 'stolen', ...args], { canAsk: answers.length > 0, answers: [...answers] }),
    [Symbol.asyncDispose]: async () => {
      await operator[Symbol.asyncDispose]();
      await coordinator[Symbol.asyncDispose]();
    },
  };
}

void t.test('a root file that stops rollouts counts only once somebody said yes, and names them before and after', async (t) => {
  await using s = await scene({ CheckPackageRoot: () => ({ version: 2, stoppedRollouts }) });
  t.match(await s.update([]), { code: 2, err: /does not take what these rollouts bring: ro-1 \(uvs 2\.14\.17, KEY_UNKNOWN\)\./ });
  t.match(await s.update([], ['n']), {
    code: 11,
    terminal: { questions: [/the next one fails, and its rollout pauses, .*What has begun goes on to its end/] },
  });
  t.same(s.raised, []);
  t.match(await s.update([], ['y']), {
    code: 0,
    out: /version 2 counts from now on\..*ro-1 \(uvs 2\.14\.17, KEY_UNKNOWN\); nodes that have begun come to their end: abort those with nodes left\./,
  });
  t.match(await s.update(['--yes']), { code: 0, out: /ro-1/ });
  t.equal(s.raised.length, 2);
});

void t.test('nobody is asked where no rollout is stopped, nor where the coordinator can not tell', async (t) => {
  await using none = await scene({ CheckPackageRoot: () => ({ version: 2, stoppedRollouts: [] }) });
  t.match(await none.update([]), { code: 0 });
  await using old = await scene({});
  t.match(await old.update([]), { code: 0 });
});

void t.test('what a root file costs beside rollouts is told before and after, without a question', async (t) => {
  const losses = { packages: 3, nodesLosingWayBack: 1, nodesUnknown: 2 };
  await using s = await scene({
    CheckPackageRoot: () => ({ version: 2, stoppedRollouts: [], losses }),
    RaisePackageRoot: () => ({ packageRoot: { version: 2 }, stoppedRollouts: [], losses }),
  });
  const told =
    /3 packages here count no more, for nobody vouches for them .*\. 1 node loses its way back: .*\. Of 2 nodes it is not known whether they lose their way back/s;
  t.match(await s.update([]), { code: 0, err: new RegExp(`With root file version 2: ${told.source}`, 's'), out: told });
  await using nothing = await scene({
    CheckPackageRoot: () => ({ version: 2, stoppedRollouts: [], losses: {} }),
    RaisePackageRoot: () => ({ packageRoot: { version: 2 }, stoppedRollouts: [], losses: {} }),
  });
  const { code, out, err } = await nothing.update([]);
  t.equal(code, 0, err);
  t.notMatch(`${out}${err}`, /vouches|way back/);
  await using old = await scene({ CheckPackageRoot: () => ({ version: 2, stoppedRollouts: [] }) });
  t.match(await old.update([]), { code: 0, err: /does not tell which packages and ways back this costs/ });
});

void t.test('the keys of each role are shown, and how many of them must sign', async (t) => {
  const [ann, bob] = [generateSigningKey(), generateSigningKey()];
  const link = linkOf(2, { root: [key], vendor: [ann, bob], threshold: 1 }, [key]);
  await using s = await scene({ GetPackageRoot: () => ({ packageRoot: { version: 2, rootChain: chainOf(link), nodesBehind: [] } }) });
  const { code, out } = await s.show([]);
  t.equal(code, 0);
  t.match(out, new RegExp(`^Root +1 of 1 key must sign the next root file\\nRoot key +${key.keyId}$`, 'm'));
  t.match(out, new RegExp(`^Vendor +1 of 2 keys must sign releases of uvs\\nVendor key +${ann.keyId}\\nVendor key +${bob.keyId}$`, 'm'));
  const shown: unknown = JSON.parse((await s.show(['--json'])).out);
  t.match(shown, { roles: { root: { threshold: 1, keyIds: [key.keyId] }, vendor: { keyIds: [ann.keyId, bob.keyId], products: ['uvs'] } } });
});

void t.test('a root file that counts already is told as such, and one node as one', async (t) => {
  const raise = (before: number) => ({
    CheckPackageRoot: () => ({ version: 2, stoppedRollouts: [] }),
    GetPackageRoot: () => ({ packageRoot: { version: before } }),
    RaisePackageRoot: () => ({ packageRoot: { version: 2, nodesBehind: ['demo1'] } }),
  });
  await using again = await scene(raise(2));
  t.match(await again.update([]), { code: 0, out: /version 2 counts already\. 1 node is being told;/ });
  await using anew = await scene(raise(1));
  t.match(await anew.update([]), { code: 0, out: /version 2 counts from now on\. 1 node is being told;/ });
});
