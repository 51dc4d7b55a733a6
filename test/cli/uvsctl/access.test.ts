import { X509Certificate } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { readCredential } from '../../../common/credential.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator } from '../../support/fake-coordinator.ts';
import { makeOperator, type UvsctlResult } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

await t.test('an issued credential works, is readable by its owner only, and its key never left', async (t) => {
  const requests: Uint8Array[] = [];
  const callers: string[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.AccessService': {
      IssueCredential: async ({ user, role, certificateRequest }) => {
        requests.push(certificateRequest);
        const identity = `${role}/${user}`;
        return {
          credential: { name: 'credentials/1', identity },
          certificate: await authority.signRequest(identity, certificateRequest),
          authority: authority.certificate,
          coordinators: [coordinator.address],
        };
      },
    },
    'uvs.v1.NodeService': {
      ListNodes: (_request, { identity }) => {
        callers.push(identity);
        return {};
      },
    },
  });
  await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));
  const out = join(admin.directory, 'bob.json');
  const issued = await admin.run(['credentials', 'issue', 'bob', '--role', 'operator', '--out', out]);
  t.match(issued, { code: 0, out: `${out} is a credential for operator/bob.` });
  t.equal((await stat(out)).mode & 0o777, 0o600);
  t.match(await readCredential(out), { identity: 'operator/bob', cluster: 'test', coordinators: [coordinator.address] });
  t.match(await admin.run(['--credential', out, 'nodes', 'list']), { code: 0, err: 'No nodes' });
  t.same(callers, ['operator/bob']);

  t.match(await admin.run(['credentials', 'issue', 'eve', '--role', 'admin', '--out', out]), { code: 3, err: 'exists already' });
  t.match(await admin.run(['credentials', 'issue', 'eve', '--role', 'root', '--out', `${out}2`]), {
    code: 2,
    err: 'viewer, operator, admin',
  });
  t.equal(requests.length, 1, 'nothing was issued that could not be kept');
  t.same((await readdir(admin.directory)).sort(), ['bob.json', 'credential.json']);
});

await t.test('a join token is alone on standard output', async (t) => {
  const seen: unknown[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.EnrolmentService': {
      CreateJoinToken: (request) => {
        seen.push(request);
        return { token: 'eyJ2IjoxfQ', joinToken: { name: 'joinTokens/jt-1', usesLeft: request.uses, ttlSeconds: request.ttlSeconds } };
      },
      ListJoinTokens: () => ({ joinTokens: [{ name: 'joinTokens/jt-1', usesLeft: 8, ttlSeconds: '86100' }] }),
      RevokeJoinToken: (request) => {
        seen.push(request);
        return {};
      },
    },
  });
  await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));
  t.match(await admin.run(['join-tokens', 'create', '--uses', '8', '--ttl', '24h']), {
    code: 0,
    out: /^eyJ2IjoxfQ\n$/,
    err: /jt-1: 8 uses, ends in 1 d 0 h/,
  });
  t.match(seen[0], { uses: 8, ttlSeconds: '86400', requestId: /./ });
  t.match(await admin.run(['join-tokens', 'list']), { out: /jt-1 +8 +23 h 55 min/ });
  t.match(await admin.run(['join-tokens', 'revoke', 'jt-1']), { code: 0 });
  t.match(seen[1], { name: 'joinTokens/jt-1' });
});

await t.test('before a credential is withdrawn it is said whose it is, and whether it is one’s own', async (t) => {
  const credential = await authority.issue('admin/anna');
  const own = new X509Certificate(credential.certificate).serialNumber.toLowerCase();
  const withdrawn: string[] = [];
  const identityOf = (name: string): string => (name === `credentials/${own}` ? 'admin/anna' : 'operator/bob');
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.AccessService': {
      GetCredential: ({ name }) => ({ credential: { name, identity: identityOf(name) } }),
      WithdrawCredential: ({ name }) => {
        withdrawn.push(name);
        return { credential: { name, identity: identityOf(name), withdrawn: true } };
      },
    },
  });
  await using admin = await makeOperator({ ...credential, coordinators: [coordinator.address] });
  const withdraw = async (serial: string, answer: string): Promise<UvsctlResult> =>
    await admin.run(['credentials', 'withdraw', serial, '--reason', 'left'], { canAsk: true, answers: [answer] });
  const others = await withdraw('77', 'y');
  t.match(others.terminal.questions, ['Withdraw the credential 77 of operator/bob? This cannot be undone. [y/N] ']);
  t.match(others, { code: 0, out: 'The credential 77 (operator/bob) is withdrawn.\n' });
  const no = await withdraw(own, 'n');
  t.match(no.terminal.questions, [
    `Withdraw the credential ${own} of admin/anna, the one that you are using? This cannot be undone. [y/N] `,
  ]);
  t.equal(no.code, 11);
  t.match(await withdraw(`credentials/${own}`, 'y'), {
    code: 0,
    out: `The credential ${own} (admin/anna) is withdrawn; it was yours: use another from now on.\n`,
  });
  t.same(withdrawn, ['credentials/77', `credentials/${own}`]);
});

await t.test('a node’s credential is listed with the name of the node', async (t) => {
  const identity = 'node/4d3353fd-1111-4222-8333-444455556666';
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.AccessService': {
      ListCredentials: () => ({
        credentials: [
          { name: 'credentials/77', identity, hostname: 'demo154', withdrawn: true },
          { name: 'credentials/78', identity: 'operator/bob' },
        ],
      }),
      WithdrawCredential: ({ name }) => ({ credential: { name, identity, hostname: 'demo154', withdrawn: true } }),
    },
  });
  await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));
  t.match((await admin.run(['credentials', 'list'])).out, /77 +node\/4d3353fd-\S+ +demo154 +withdrawn.*\n78 +operator\/bob +- +valid/u);
  const { out } = await admin.run(['credentials', 'withdraw', '77', '--reason', 'burnt', '--yes']);
  t.match(out, `(${identity}, demo154) is withdrawn`);
});

await t.test('withdrawing a credential is asked for first', async (t) => {
  const seen: unknown[] = [];
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.AccessService': {
      ListCredentials: () => ({ credentials: [{ name: 'credentials/77', identity: 'operator/bob', withdrawn: true }] }),
      WithdrawCredential: (request) => {
        seen.push(request);
        return { credential: { name: request.name, identity: 'operator/bob', withdrawn: true } };
      },
    },
  });
  await using admin = await makeOperator(await authority.issue('admin/anna', [coordinator.address]));
  t.match(await admin.run(['credentials', 'withdraw', '77', '--reason', 'left']), { code: 2, err: '--yes' });
  t.match(await admin.run(['credentials', 'withdraw', '77', '--reason', 'left', '--yes']), { code: 0, out: 'operator/bob) is withdrawn' });
  t.match(seen, [{ name: 'credentials/77', reason: 'left' }]);
  t.match(await admin.run(['credentials', 'list']), { out: /77 +operator\/bob +- +withdrawn/ });
});
