import { ReflectionService } from '@grpc/reflection';
import type { PackageDefinition } from '@grpc/proto-loader';
import { HealthImplementation } from 'grpc-health-check';
import type { Handlers } from '../../common/rpc/handlers.ts';
import type { RpcServer } from '../../common/rpc/server.ts';
import type { Issuing } from '../access/issuing.ts';
import type { JoinTokens } from '../access/join-tokens.ts';
import type { AgentHub } from '../agents/hub.ts';
import type { Core } from '../core.ts';
import type { PackageRecord } from '../domain.ts';
import type { Clock } from '../ports.ts';
import { accessService } from './access-service.ts';
import type { PackageSigning } from '../blobs/package-signing.ts';
import type { PackageTrust } from '../blobs/package-trust.ts';
import { agentService, type PackageKeys } from './agent-service.ts';
import { demandComplete } from './authorisation.ts';
import { clusterService, type ClusterIdentity } from './cluster-service.ts';
import { enrolmentService } from './enrolment-service.ts';
import { eventService } from './event-service.ts';
import { gateService } from './gate-service.ts';
import { limitService } from './limit-service.ts';
import { nodeService } from './node-service.ts';
import { operationService } from './operation-service.ts';
import { packageService, type UploadPlace } from './package-service.ts';
import type { RolloutFeeds } from './rollout-feeds.ts';
import { rolloutService } from './rollout-service.ts';
import { settingService } from './setting-service.ts';
import { slotService } from './slot-service.ts';
import { Views } from './views.ts';

export interface ApiParts {
  readonly core: Core;
  readonly hub: AgentHub;
  readonly issuing: Issuing;
  readonly tokens: JoinTokens;
  readonly keys: PackageKeys;
  readonly trust: PackageTrust;
  readonly signing: (record: PackageRecord, signal: AbortSignal) => Promise<PackageSigning | undefined>;
  readonly uploads: UploadPlace;
  readonly feeds: RolloutFeeds;
  readonly identity: ClusterIdentity;
  readonly packageRoot: Uint8Array;
  readonly clock: Clock;
}

/** Puts all services on a server. @returns the health service. @throws UvsError INTERNAL where the authorisation table lacks a method */
export function registerApi(server: RpcServer, handlers: Handlers, definition: PackageDefinition, parts: ApiParts): HealthImplementation {
  const { core, hub, issuing, clock } = parts;
  const views = new Views();
  server.serve('uvs.v1.ClusterService', clusterService(handlers, core, parts.identity, views));
  server.serve('uvs.v1.EventService', eventService(handlers, core, views));
  server.serve('uvs.v1.NodeService', nodeService(handlers, core, hub, clock, views));
  server.serve(
    'uvs.v1.EnrolmentService',
    enrolmentService(handlers, { core, issuing, tokens: parts.tokens, packageRoot: parts.packageRoot, clock }),
  );
  server.serve('uvs.v1.AccessService', accessService(handlers, core, issuing));
  server.serve('uvs.v1.PackageService', packageService(handlers, parts, views));
  server.serve('uvs.v1.RolloutService', rolloutService(handlers, core, { feeds: parts.feeds, trust: parts.trust }, views));
  server.serve('uvs.v1.SlotService', slotService(handlers, core, views));
  server.serve('uvs.v1.GateService', gateService(handlers, core));
  server.serve('uvs.v1.LimitService', limitService(handlers, core, hub.declared, views));
  server.serve('uvs.v1.SettingService', settingService(handlers, core, hub.declared, views));
  server.serve('uvs.v1.OperationService', operationService(handlers, core, hub, views));
  server.serve('uvs.agent.v1.AgentService', agentService(handlers, core, hub, parts, clock));
  const health = new HealthImplementation({ '': 'NOT_SERVING' });
  health.addToServer(server);
  new ReflectionService(definition).addToServer(server);
  demandComplete(server.methods);
  return health;
}
