import type { MethodDefinition } from '@grpc/proto-loader';
import { UvsError } from '../errors.ts';
import type { AgentServiceDefinition } from '../../proto/gen/uvs/agent/v1/AgentService.ts';
import type { Calls } from '../../proto/load-calls.ts';
import type { AccessServiceDefinition } from '../../proto/gen/uvs/v1/AccessService.ts';
import type { ClusterServiceDefinition } from '../../proto/gen/uvs/v1/ClusterService.ts';
import type { EnrolmentServiceDefinition } from '../../proto/gen/uvs/v1/EnrolmentService.ts';
import type { EventServiceDefinition } from '../../proto/gen/uvs/v1/EventService.ts';
import type { GateServiceDefinition } from '../../proto/gen/uvs/v1/GateService.ts';
import type { LimitServiceDefinition } from '../../proto/gen/uvs/v1/LimitService.ts';
import type { NodeServiceDefinition } from '../../proto/gen/uvs/v1/NodeService.ts';
import type { OperationServiceDefinition } from '../../proto/gen/uvs/v1/OperationService.ts';
import type { PackageServiceDefinition } from '../../proto/gen/uvs/v1/PackageService.ts';
import type { RolloutServiceDefinition } from '../../proto/gen/uvs/v1/RolloutService.ts';
import type { SettingServiceDefinition } from '../../proto/gen/uvs/v1/SettingService.ts';
import type { SlotServiceDefinition } from '../../proto/gen/uvs/v1/SlotService.ts';

/** Every service by its full name, with the generated type of its definition. */
export interface Services {
  readonly 'uvs.v1.AccessService': AccessServiceDefinition;
  readonly 'uvs.v1.ClusterService': ClusterServiceDefinition;
  readonly 'uvs.v1.EnrolmentService': EnrolmentServiceDefinition;
  readonly 'uvs.v1.EventService': EventServiceDefinition;
  readonly 'uvs.v1.GateService': GateServiceDefinition;
  readonly 'uvs.v1.LimitService': LimitServiceDefinition;
  readonly 'uvs.v1.NodeService': NodeServiceDefinition;
  readonly 'uvs.v1.OperationService': OperationServiceDefinition;
  readonly 'uvs.v1.PackageService': PackageServiceDefinition;
  readonly 'uvs.v1.RolloutService': RolloutServiceDefinition;
  readonly 'uvs.v1.SettingService': SettingServiceDefinition;
  readonly 'uvs.v1.SlotService': SlotServiceDefinition;
  readonly 'uvs.agent.v1.AgentService': AgentServiceDefinition;
}

export type ServiceName = keyof Services;

/** Names of a service's methods; the index signature that grpc-js gives every definition is left out. */
export type MethodName<S extends ServiceName> = keyof {
  [M in keyof Services[S] as string extends M ? never : number extends M ? never : M]: true;
} &
  string;

export type RequestOf<S extends ServiceName, M extends MethodName<S>> =
  Services[S][M] extends MethodDefinition<infer Request, infer _Response, infer _RequestOut, infer _ResponseOut> ? Request : never;

export type ResponseOf<S extends ServiceName, M extends MethodName<S>> =
  Services[S][M] extends MethodDefinition<infer _Request, infer _Response, infer _RequestOut, infer ResponseOut> ? ResponseOut : never;

/** What the transport needs to know of a method. */
export interface Method<Request, Response> {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Finds a method in the loaded definitions. @throws UvsError INTERNAL where code and proto files disagree. */
export function methodOf<S extends ServiceName, M extends MethodName<S>>(
  definition: Calls,
  service: S,
  method: M,
): Method<RequestOf<S, M>, ResponseOf<S, M>> {
  const methods: Readonly<Record<string, unknown>> = { ...definition[service] };
  const found = methods[method];
  if (typeof found !== 'object' || found === null || !('path' in found)) {
    throw new UvsError('INTERNAL', `the proto files define no method ${service}.${method}`);
  }
  // The loaded definitions have no static types; the generated ones are made of the same files (`make proto`), and this is where they meet.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return found as unknown as Method<RequestOf<S, M>, ResponseOf<S, M>>;
}
