import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { makeProgram } from '../../../cli/uvsctl/program.ts';
import { UvsError } from '../../../common/errors.ts';
import { TestAuthority } from '../../support/authority.ts';
import { startFakeCoordinator, type Caller } from '../../support/fake-coordinator.ts';
import { closedPort } from '../../support/grpc-server.ts';
import { makeOperator } from '../../support/uvsctl.ts';

const authority = await TestAuthority.create();

function demandOperator({ identity }: Caller): void {
  if (/^(operator|admin)\//.test(identity)) return;
  throw new UvsError('PERMISSION_DENIED', `${identity} may not call Freeze`, { hint: 'It takes operator or admin.' });
}

await t.test('the coordinators that cannot be reached are named', async (t) => {
  const addresses = [`127.0.0.1:${await closedPort()}`, `127.0.0.1:${await closedPort()}`];
  await using operator = await makeOperator(await authority.issue('operator/olga', addresses));
  const { code, out, err } = await operator.run(['status']);
  t.equal(code, 10);
  t.equal(out, '');
  for (const address of addresses) t.match(err, address);
  t.match(err, /\n.*uvs-coordinator credential --dir \S+ --name NAME/, 'and what to do is on a line of its own, also where others may run');
  const asJson = await operator.run(['status', '--json']);
  t.match(JSON.parse(asJson.err), { error: { reason: 'UNREACHABLE', message: /cannot be reached/, hint: /./ } });
});

await t.test('a wrong role names the identity and what is needed', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.ClusterService': {
      Freeze: (_request, caller) => {
        demandOperator(caller);
        return { cluster: { name: 'test' } };
      },
    },
  });
  await using viewer = await makeOperator(await authority.issue('viewer/vera', [coordinator.address]));
  t.match(await viewer.run(['freeze', '--reason', 'storm']), {
    code: 9,
    err: 'uvsctl: viewer/vera may not call Freeze [PERMISSION_DENIED]\nIt takes operator or admin.\n',
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  t.match(await operator.run(['freeze', '--reason', 'storm']), { code: 0, out: 'The cluster is frozen' });
});

await t.test('a withdrawn certificate is said to be withdrawn, and whose it is', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': {
      ListNodes: () => {
        throw new UvsError('CERTIFICATE_WITHDRAWN', "this caller's certificate was withdrawn");
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const { code, err } = await operator.run(['nodes', 'list']);
  t.equal(code, 9);
  t.match(err, 'withdrawn');
  t.match(err, 'operator/olga');
});

await t.test('an unknown role or node is the coordinator’s sentence and exit code 3', async (t) => {
  await using coordinator = await startFakeCoordinator(authority, {
    'uvs.v1.NodeService': {
      ListNodes: ({ selector }) => {
        throw new UvsError('NOT_FOUND', `no node has the role ${selector?.roles[0]}`, { hint: 'Known roles: mon, osd.' });
      },
      GetNode: ({ name }) => {
        throw new UvsError('NOT_FOUND', `there is no ${name}`);
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  t.match(await operator.run(['nodes', 'list', '--role', 'ods']), {
    code: 3,
    err: 'uvsctl: no node has the role ods [NOT_FOUND]\nKnown roles: mon, osd.\n',
  });
  t.match(await operator.run(['nodes', 'show', 'demo99']), { code: 3, err: 'nodes/demo99' });
});

await t.test('a cluster of another authority is refused before anything is said to it', async (t) => {
  const other = await TestAuthority.create();
  const calls: string[] = [];
  await using coordinator = await startFakeCoordinator(other, {
    'uvs.v1.NodeService': {
      ListNodes: () => {
        calls.push('ListNodes');
        return {};
      },
    },
  });
  await using operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const { code, err } = await operator.run(['nodes', 'list']);
  t.equal(code, 9, err);
  t.match(err, coordinator.address);
  t.same(calls, []);
});

await t.test('credential files that are missing, readable by others or malformed are named', async (t) => {
  await using operator = await makeOperator(await authority.issue('operator/olga'));
  const missing = join(operator.directory, 'missing.json');
  t.match(await operator.run(['status', '--credential', missing]), { code: 2, err: `there is no credential file ${missing}` });
  await chmod(operator.credentialPath, 0o644);
  t.match(await operator.run(['status']), { code: 2, err: 'chmod 600' });
  const broken = join(operator.directory, 'broken.json');
  await writeFile(broken, '{"key": "-----BEGIN PRIVATE KEY-----\nsecret', { mode: 0o600 });
  const { code, err } = await operator.run(['--credential', broken, 'status']);
  t.equal(code, 2);
  t.match(err, broken);
  t.notMatch(err, 'secret');
});

await t.test('a command that is typed without its group, or in another one, is answered with where it is', async (t) => {
  await using operator = await makeOperator(await authority.issue('operator/olga', ['127.0.0.1:1']));
  const meant: Readonly<Record<string, string>> = {
    'cordon demo151': 'nodes cordon',
    'uncordon demo151': 'nodes uncordon',
    'label demo151 rack=a': 'nodes label',
    'upload x.upd': 'packages upload',
    'logs op-1 --follow': 'operations logs',
    'watch ro-1': 'rollouts watch',
    'pause ro-1 --reason lunch': 'rollouts pause',
    'nodes pause ro-1': 'rollouts pause',
    'check demo151': 'gates check',
    'withdraw 01': 'credentials withdraw',
    'cordn demo151': 'nodes cordon',
  };
  for (const [typed, path] of Object.entries(meant)) {
    const { code, out, err } = await operator.run(typed.split(' '));
    t.equal(code, 2, typed);
    t.equal(out, '');
    const word = /nodes pause/.test(typed) ? 'pause' : typed.split(' ')[0];
    t.match(err, `uvsctl: unknown command '${word}' [INVALID_ARGUMENT]\nDid you mean \`uvsctl ${path}\`?\n`, err);
  }
  const { err } = await operator.run(['remove', 'x']);
  t.match(err, 'Did you mean one of `uvsctl nodes remove`, `uvsctl packages rm`, `uvsctl coordinators remove`?');
  t.match((await operator.run(['list'])).err, /`uvsctl nodes list`, `uvsctl packages list`, .*`uvsctl events list`\?/);
  t.notMatch((await operator.run(['frobnicate'])).err, 'Did you mean', 'nothing is like it');
});

await t.test('every command of a group is found without the group', async (t) => {
  await using operator = await makeOperator(await authority.issue('operator/olga', ['127.0.0.1:1']));
  for (const group of makeProgram(() => async () => undefined, '0').commands) {
    for (const command of group.commands) {
      t.match((await operator.run([command.name()])).err, `\`uvsctl ${group.name()} ${command.name()}\``);
    }
  }
});

await t.test('a wrong command line says so, with the nearest command, and sends nothing', async (t) => {
  await using operator = await makeOperator(await authority.issue('operator/olga', ['127.0.0.1:1']));
  t.match(await operator.run(['nodse']), { code: 2, err: /Did you mean `uvsctl nodes`\?/ });
  t.match(await operator.run(['nodes', 'cordn', 'demo1']), { code: 2, err: /Did you mean `uvsctl nodes cordon`\?/ });
  t.match(await operator.run(['nodes', 'list', '--rol', 'osd']), { code: 2, err: '--role' });
  t.match(await operator.run(['status', '--timeout', 'soon']), { code: 2, err: 'whole number' });
  t.match(await operator.run(['join-tokens', 'create', '--ttl', '1y']), { code: 2, err: '24h' });
  t.match(await operator.run(['freeze', '--reason', ' ']), { code: 2, err: 'not be empty' });
  t.match(await operator.run(['--help']), { code: 0, out: 'Exit codes' });
  t.match(await operator.run(['nodes', '--help']), { code: 0, out: 'uncordon' });
  t.match(await operator.run(['--version']), { code: 0, out: '0.0.0-test' });
});

await t.test('with --json a wrong command line is one line of JSON too, with what may have been meant', async (t) => {
  await using operator = await makeOperator(await authority.issue('operator/olga', ['127.0.0.1:1']));
  const wrong: readonly (readonly [typed: string, error: object])[] = [
    ['nodes list --rol osd --json', { message: "unknown option '--rol'", hint: 'Did you mean --role?' }],
    ['--timeout soon --json status', { message: /soon.*whole number/, hint: /--help/ }],
    ['cordon demo151 --json', { message: "unknown command 'cordon'", hint: 'Did you mean `uvsctl nodes cordon`?' }],
    ['nodes --json', { message: 'a command is missing', hint: /--help/ }],
    ['nodes cordon demo1 --json', { message: '--reason <text> is missing', hint: /^Add --reason <text>\. .*--help/ }],
  ];
  for (const [typed, error] of wrong) {
    const { code, out, err } = await operator.run(typed.split(' '));
    t.equal(code, 2, typed);
    t.equal(out, '');
    t.equal(err.trimEnd().split('\n').length, 1, err);
    t.match(JSON.parse(err), { error: { reason: 'INVALID_ARGUMENT', ...error } }, typed);
  }
  t.match(
    (await operator.run(['nodes', 'list', '--rol', 'osd', '--', '--json'])).err,
    /^uvsctl: unknown option '--rol' \[INVALID_ARGUMENT\]\nDid you mean --role\?/,
    'a word after -- is none of the options',
  );
});

await t.test('a wrong command line names the help of its own command', async (t) => {
  await using operator = await makeOperator(await authority.issue('operator/olga', ['127.0.0.1:1']));
  t.match((await operator.run(['push'])).err, '`uvsctl push --help` says how it is used.');
  t.match((await operator.run(['nodes', 'zzzzzz'])).err, '`uvsctl nodes --help` lists its commands.');
  t.match((await operator.run(['nodes', 'cordon'])).err, '`uvsctl nodes cordon --help`');
  t.match((await operator.run(['zzzzzz'])).err, '`uvsctl --help` lists the commands');
});
