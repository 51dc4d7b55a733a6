import type { CallContext, Handlers } from '../../common/rpc/handlers.ts';
import type { PlanRolloutResponse } from '../../proto/gen/uvs/v1/PlanRolloutResponse.ts';
import type { RolloutServiceHandlers } from '../../proto/gen/uvs/v1/RolloutService.ts';
import type { WatchRolloutResponse } from '../../proto/gen/uvs/v1/WatchRolloutResponse.ts';
import type { PackageTrust } from '../blobs/package-trust.ts';
import type { Core } from '../core.ts';
import type { Plan } from '../rollout-view.ts';
import type { RolloutSpec } from '../domain.ts';
import { demandWork } from '../plan.ts';
import { demandReason, rolloutMessage, rolloutSummary, specFrom, stepMessage } from './convert/rollout.ts';
import { paginate } from './page.ts';
import type { FeedItem, RolloutFeeds, SnapshotTurn } from './rollout-feeds.ts';
import { pageSize, reasonIfAny, requestId, requireName, requireReason } from './validate.ts';
import type { Views } from './views.ts';

/** Brings releases to sets of nodes. */
export function rolloutService(
  handlers: Handlers,
  core: { readonly packages: Pick<Core['packages'], 'find'>; readonly rollouts: Core['rollouts'] },
  { feeds, trust }: { readonly feeds: RolloutFeeds; readonly trust: Pick<PackageTrust, 'demand' | 'taskLimitMs'> },
  views: Views,
): RolloutServiceHandlers {
  /** The spec with the package's digest in the place of whatever names it. */
  const resolved = async (spec: RolloutSpec): Promise<RolloutSpec> => {
    if (spec.goal.kind !== 'release') return spec;
    const { digest } = await core.packages.find(spec.goal.package);
    // a key may have been revoked since the upload: every node would refuse it
    await trust.demand(digest);
    return { ...spec, goal: { kind: 'release', package: digest } };
  };
  return {
    PlanRollout: handlers.unary(async (request, context) => {
      const wish = specFrom(request.spec);
      return await views.plan(context, async () => {
        const spec = await resolved(wish);
        const taskLimitMs = spec.goal.kind === 'release' ? await trust.taskLimitMs(spec.goal.package) : undefined;
        return planMessage(await core.rollouts.plan(spec), taskLimitMs ?? 0);
      });
    }),
    CreateRollout: handlers.unary(async (request, context) => {
      const id = requestId(request.requestId);
      const wish = specFrom(request.spec);
      demandReason(wish);
      const spec = await resolved(wish);
      if (request.validateOnly) {
        demandWork((await views.plan(context, () => core.rollouts.plan(spec))).steps);
        return { rollout: null };
      }
      return { rollout: rolloutMessage(await core.rollouts.create(spec, { identity: context.peer.name }, id)) };
    }),
    ListRollouts: handlers.unary(async (request, context) => {
      const size = pageSize(request.pageSize, 100);
      return await views.read(context, async () => {
        const { items, nextPageToken } = paginate(await core.rollouts.ids(), (id) => id, size, request.pageToken);
        return { rollouts: (await core.rollouts.summaries(items)).map(rolloutSummary), nextPageToken };
      });
    }),
    GetRollout: handlers.unary(async (request, context) => {
      const id = requireName(request.name, 'rollouts');
      return await views.read(context, async () => ({ rollout: rolloutMessage(await core.rollouts.get(id)) }));
    }),
    WatchRollout: handlers.serverStream((request, context) => {
      const snapshots: SnapshotTurn = (make) => views.read(context, make);
      const id = requireName(request.name, 'rollouts');
      return views.stream(context, () => watch(feeds, id, request.resumeToken, context, snapshots));
    }),
    PauseRollout: handlers.unary(async (request, { peer }) => {
      const id = requireName(request.name, 'rollouts');
      const reason = requireReason(request.reason);
      return { rollout: rolloutSummary(await core.rollouts.pause(id, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    ResumeRollout: handlers.unary(async (request, { peer }) => {
      const id = requireName(request.name, 'rollouts');
      const reason = reasonIfAny(request.reason);
      return { rollout: rolloutSummary(await core.rollouts.resume(id, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    ApproveRollout: handlers.unary(async (request, { peer }) => {
      const id = requireName(request.name, 'rollouts');
      const reason = requireReason(request.reason);
      return { rollout: rolloutSummary(await core.rollouts.approve(id, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
    AbortRollout: handlers.unary(async (request, { peer }) => {
      const id = requireName(request.name, 'rollouts');
      const reason = requireReason(request.reason);
      return { rollout: rolloutSummary(await core.rollouts.abort(id, reason, { identity: peer.name }, requestId(request.requestId))) };
    }),
  };
}

async function* watch(
  feeds: RolloutFeeds,
  id: string,
  resumeToken: string,
  { signal }: CallContext,
  snapshots: SnapshotTurn,
): AsyncGenerator<WatchRolloutResponse> {
  for await (const item of feeds.watch(id, resumeToken, signal, snapshots)) yield watchMessage(item);
}

function watchMessage({ change, token }: FeedItem): WatchRolloutResponse {
  switch (change.kind) {
    case 'snapshot':
      return { snapshot: rolloutMessage(change.rollout), resumeToken: token };
    case 'rollout':
      return { rollout: rolloutSummary(change.rollout), resumeToken: token };
    case 'step':
      return { step: stepMessage(change.step), resumeToken: token };
  }
}

function planMessage(plan: Plan, taskLimitMs: number): PlanRolloutResponse {
  return {
    steps: plan.steps.map((step, index) => ({
      nodeUid: step.node.uid,
      hostname: step.node.hostname,
      roles: [...step.node.roles],
      fromVersion: step.fromVersion,
      toVersion: step.toVersion,
      skipReason: step.skipReason ?? '',
      hasRelease: step.isInstalled,
      isCanary: index < plan.canaries,
    })),
    blockers: plan.blockers.map((blocker) => ({ kind: blocker.kind, message: blocker.message })),
    gatesAsked: plan.gatesAsked,
    fetchBytes: String(plan.fetchBytes),
    serveBytesPerSecond: String(plan.serveBytesPerSecond ?? 0),
    stagingSeconds: Math.ceil((plan.stagingMs ?? 0) / 1000),
    paceOfRelease: plan.isPaceOfRelease,
    taskLimitSeconds: Math.ceil(taskLimitMs / 1000),
    waves: plan.waves.map(({ name, nodes, atOnce, soakMs, needsApproval, expectedMs }) => ({
      name,
      nodes,
      atOnce,
      soakSeconds: Math.round(soakMs / 1000),
      needsApproval,
      expectedSeconds: expectedMs === undefined ? 0 : Math.max(1, Math.round(expectedMs / 1000)),
    })),
  };
}
