import t from 'tap';
import { methodOf, type ServiceName } from '../../../common/rpc/services.ts';
import { apiFiles } from '../../../proto/files.ts';
import { loadCalls } from '../../../proto/load-calls.ts';
import { loadDefinition } from '../../../proto/load.ts';

const definition = loadDefinition();
const calls = loadCalls([...apiFiles, 'uvs/agent/v1/agent.proto']);
const agentCalls = loadCalls(['uvs/agent/v1/agent.proto']);

void t.test('a caller knows the methods that a server knows, by the same paths', (t) => {
  const methods = (of: Readonly<Record<string, object>>, names: readonly string[]): string[] =>
    names.flatMap((name) =>
      Object.values(of[name] ?? {}).map(({ path, requestStream, responseStream }) => `${path} ${requestStream} ${responseStream}`),
    );
  const services = Object.keys(definition).filter((name) => name.endsWith('Service'));
  t.equal(services.length, 13);
  t.strictSame(Object.keys(calls).toSorted(), services.toSorted());
  t.strictSame(methods(calls, services), methods(definition, services));
  t.notOk('uvs.v1.AccessService' in agentCalls, 'one file brings only what it imports');
  t.end();
});

void t.test('messages have the same bytes and look the same', (t) => {
  const service = 'uvs.agent.v1.AgentService' satisfies ServiceName;
  const hello = {
    uid: 'u1',
    addresses: ['10.0.0.1'],
    withdrawalsCounter: '9007199254740993',
    openOperations: [{ operation: 'o1', phase: 'staged', token: { clusterEpoch: 'e', createRevision: '9223372036854775807' } }],
    endedOperations: [{ operation: 'o0', outcome: 'OUTCOME_INSTALLED' as const, token: null }],
  };
  const [theirs, ours] = [definition, agentCalls].map((of) => methodOf(of, service, 'Session'));
  t.strictSame(ours?.requestSerialize({ hello }), theirs?.requestSerialize({ hello }));

  const answers = [
    { welcome: { heartbeatIntervalMs: 5000, epoch: 'e', coordinators: ['a:1', 'b:2'] } },
    { grant: { operation: 'o1', token: { clusterEpoch: 'e', createRevision: '9007199254740993' } } },
    { packageRoot: { rootChain: Buffer.from('chain') } },
    { withdrawals: { counter: '3', fingerprints: [] } },
    {},
  ];
  const bytes = Object.values(definition[service] ?? {}).find(({ path }) => path.endsWith('/Session')).responseSerialize;
  for (const answer of answers) {
    const sent = bytes(answer);
    t.strictSame(ours?.responseDeserialize(sent), theirs?.responseDeserialize(sent), Object.keys(answer).join());
  }
  t.end();
});
