import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UvsError } from '../../common/errors.ts';
import type { CreateRolloutRequest__Output } from '../../proto/gen/uvs/v1/CreateRolloutRequest.ts';
import type { PlanRolloutResponse } from '../../proto/gen/uvs/v1/PlanRolloutResponse.ts';
import type { WatchRolloutResponse } from '../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import type { TestAuthority } from './authority.ts';
import { startFakeCoordinator, type FakeCoordinator } from './fake-coordinator.ts';
import { goodEvents, sampleRollout } from './fake-rollout.ts';
import { FakeUploads } from './fake-uploads.ts';
import { assemblePackage, makeTrust, sampleManifest, zstdFrame } from './upd.ts';
import { makeOperator, type Operator } from './uvsctl.ts';

const content = randomBytes(3_000_000);
const segment = zstdFrame(content);
/** Of a package file of some 3 MB. */
export const packageBytes = assemblePackage(
  { ...sampleManifest([segment], [content]), spaceBytes: 8_000_000 },
  [segment],
  [makeTrust().key],
);
const goodPlan: PlanRolloutResponse = {
  steps: [
    { nodeUid: 'uid-1', hostname: 'demo1', roles: ['mon', 'mgr'], fromVersion: '2.14-16.20200317', toVersion: '2.14.17' },
    { nodeUid: 'uid-2', hostname: 'demo2', roles: ['osd'], fromVersion: '2.14-16.20200317', toVersion: '2.14.17' },
    {
      nodeUid: 'uid-3',
      hostname: 'demo3',
      roles: ['osd'],
      fromVersion: '2.14.17',
      toVersion: '2.14.17',
      skipReason: 'has it already',
      hasRelease: true,
    },
  ],
  blockers: [{ kind: 'gate/ceph', message: 'osd.2 is down' }],
  fetchBytes: '180000000',
};

export interface Scene extends AsyncDisposable {
  readonly uploads: FakeUploads;
  readonly created: CreateRolloutRequest__Output[];
  /** What the coordinator answers in place of a plan or a rollout. */
  readonly refusals: { plan?: UvsError; create?: UvsError };
  readonly operator: Operator;
  readonly package: string;
}

/** A coordinator on which a push can be tried, an operator, and a package file. */
export async function setScene(
  authority: TestAuthority,
  events: WatchRolloutResponse[] = goodEvents(2),
  plan: PlanRolloutResponse = goodPlan,
): Promise<Scene> {
  const uploads = new FakeUploads();
  const created: CreateRolloutRequest__Output[] = [];
  const refusals: Scene['refusals'] = {};
  const coordinator: FakeCoordinator = await startFakeCoordinator(
    authority,
    {
      'uvs.v1.PackageService': uploads.handlers,
      'uvs.v1.NodeService': {
        ListNodes: ({ selector }) => {
          if (selector?.roles.includes('osx') === true) throw new UvsError('NOT_FOUND', 'no node has the role osx');
          return {};
        },
      },
      'uvs.v1.RolloutService': {
        PlanRollout: () => {
          if (refusals.plan !== undefined) throw refusals.plan;
          return plan;
        },
        CreateRollout: (request) => {
          if (refusals.create !== undefined) throw refusals.create;
          created.push(request);
          return { rollout: sampleRollout(2) };
        },
        WatchRollout: async function* () {
          yield* events;
        },
      },
    },
    { http: uploads.http },
  );
  uploads.httpsAddress = coordinator.httpsAddress;
  const operator = await makeOperator(await authority.issue('operator/olga', [coordinator.address]));
  const path = join(operator.directory, 'release.upd');
  await writeFile(path, packageBytes);
  return {
    uploads,
    created,
    refusals,
    operator,
    package: path,
    [Symbol.asyncDispose]: async () => {
      await operator[Symbol.asyncDispose]();
      await coordinator[Symbol.asyncDispose]();
    },
  };
}
