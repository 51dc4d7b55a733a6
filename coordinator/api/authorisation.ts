import { UvsError } from '../../common/errors.ts';
import type { Peer } from '../../common/rpc/peer.ts';
import type { MethodName, ServiceName } from '../../common/rpc/services.ts';
import type { IdentityKind } from '../../common/tls.ts';

const viewing = ['viewer', 'operator', 'admin'] as const;
const operating = ['operator', 'admin'] as const;
const administering = ['admin'] as const;
const joining = ['joining'] as const;
const node = ['node'] as const;

/** Every method of our own services, derived from the proto files: a method that the table lacks does not compile. */
type OwnMethod = { [S in ServiceName]: `/${S}/${MethodName<S>}` }[ServiceName];

type ForeignMethod =
  | '/grpc.health.v1.Health/Check'
  | '/grpc.health.v1.Health/List'
  | '/grpc.health.v1.Health/Watch'
  | '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'
  | '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo';

/** The one table of who may call what; what it does not name is refused. */
export const allowedKinds = {
  '/uvs.v1.ClusterService/GetCluster': viewing,
  '/uvs.v1.ClusterService/ListCoordinators': viewing,
  '/uvs.v1.ClusterService/RemoveCoordinator': administering,
  '/uvs.v1.ClusterService/Freeze': operating,
  '/uvs.v1.ClusterService/Thaw': operating,
  '/uvs.v1.ClusterService/SetBudget': administering,
  '/uvs.v1.ClusterService/UnsetBudget': administering,
  '/uvs.v1.ClusterService/AdoptCluster': administering,
  '/uvs.v1.EventService/ListEvents': viewing,
  '/uvs.v1.LimitService/ListLimits': viewing,
  '/uvs.v1.LimitService/ListNodeLimits': viewing,
  '/uvs.v1.LimitService/PreviewLimits': viewing,
  '/uvs.v1.LimitService/SetLimits': operating,
  '/uvs.v1.LimitService/UnsetLimits': operating,
  '/uvs.v1.NodeService/ListNodes': viewing,
  '/uvs.v1.NodeService/GetNode': viewing,
  '/uvs.v1.NodeService/CordonNode': operating,
  '/uvs.v1.NodeService/UncordonNode': operating,
  '/uvs.v1.NodeService/AcceptRoles': administering,
  '/uvs.v1.NodeService/LabelNode': operating,
  '/uvs.v1.NodeService/RemoveNode': administering,
  '/uvs.v1.NodeService/WriteOffNode': administering,
  '/uvs.v1.EnrolmentService/CreateJoinToken': administering,
  '/uvs.v1.EnrolmentService/ListJoinTokens': administering,
  '/uvs.v1.EnrolmentService/RevokeJoinToken': administering,
  '/uvs.v1.EnrolmentService/Enrol': joining,
  '/uvs.v1.AccessService/IssueCredential': administering,
  '/uvs.v1.AccessService/ListCredentials': administering,
  '/uvs.v1.AccessService/GetCredential': administering,
  '/uvs.v1.AccessService/WithdrawCredential': administering,
  '/uvs.v1.PackageService/CreateUpload': operating,
  '/uvs.v1.PackageService/ListPackages': viewing,
  '/uvs.v1.PackageService/GetPackage': viewing,
  '/uvs.v1.PackageService/DeletePackage': operating,
  '/uvs.v1.PackageService/GetPackageRoot': viewing,
  '/uvs.v1.PackageService/CheckPackageRoot': viewing,
  '/uvs.v1.PackageService/RaisePackageRoot': operating,
  '/uvs.v1.RolloutService/PlanRollout': viewing,
  '/uvs.v1.RolloutService/CreateRollout': operating,
  '/uvs.v1.RolloutService/ListRollouts': viewing,
  '/uvs.v1.RolloutService/GetRollout': viewing,
  '/uvs.v1.RolloutService/WatchRollout': viewing,
  '/uvs.v1.RolloutService/PauseRollout': operating,
  '/uvs.v1.RolloutService/ResumeRollout': operating,
  '/uvs.v1.RolloutService/ApproveRollout': operating,
  '/uvs.v1.RolloutService/AbortRollout': operating,
  '/uvs.v1.SettingService/ListSettings': viewing,
  '/uvs.v1.SettingService/ListNodeSettings': viewing,
  '/uvs.v1.SettingService/PreviewSettings': viewing,
  '/uvs.v1.SettingService/SetSettings': operating,
  '/uvs.v1.SettingService/UnsetSettings': operating,
  '/uvs.v1.SlotService/ListSlots': viewing,
  '/uvs.v1.SlotService/GetSlot': viewing,
  '/uvs.v1.SlotService/ReleaseSlot': operating,
  '/uvs.v1.GateService/ListGates': viewing,
  '/uvs.v1.GateService/EvaluateGates': operating,
  '/uvs.v1.OperationService/ListOperations': viewing,
  '/uvs.v1.OperationService/GetOperation': viewing,
  '/uvs.v1.OperationService/ReadOutput': viewing,
  '/uvs.agent.v1.AgentService/Session': node,
  '/uvs.agent.v1.AgentService/Begin': node,
  '/uvs.agent.v1.AgentService/ConfirmToken': node,
  '/uvs.agent.v1.AgentService/JudgeHealth': node,
  '/uvs.agent.v1.AgentService/ReportEnded': node,
  '/uvs.agent.v1.AgentService/GetPackageKey': node,
  '/grpc.health.v1.Health/Check': viewing,
  '/grpc.health.v1.Health/List': viewing,
  '/grpc.health.v1.Health/Watch': viewing,
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo': viewing,
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': viewing,
} as const satisfies Record<OwnMethod | ForeignMethod, readonly IdentityKind[]>;

/** The same for the HTTPS listener of package bytes. */
export const allowedOverHttps = {
  'read a package': ['node', 'coordinator', 'operator', 'admin'],
  'upload a package': operating,
  'replicate a package': ['coordinator'],
} as const satisfies Record<string, readonly IdentityKind[]>;

export type HttpsAct = keyof typeof allowedOverHttps;

const byMethod: ReadonlyMap<string, readonly IdentityKind[]> = new Map(Object.entries(allowedKinds));

/** @throws UvsError PERMISSION_DENIED unless the table lets the peer call the method */
export function authorise(method: string, peer: Peer): void {
  demand(`call ${method}`, byMethod.get(method) ?? [], peer);
}

/** @throws UvsError PERMISSION_DENIED */
export function authoriseHttps(act: HttpsAct, peer: Peer): void {
  demand(act, allowedOverHttps[act], peer);
}

/** Refuses to start with a method that the table does not know. @throws UvsError INTERNAL */
export function demandComplete(methods: readonly string[]): void {
  const missing = methods.filter((method) => !byMethod.has(method));
  if (missing.length > 0) throw new UvsError('INTERNAL', `the authorisation table lacks ${missing.join(', ')}`);
}

function demand(what: string, kinds: readonly IdentityKind[], peer: Peer): void {
  if (kinds.includes(peer.identity.kind)) return;
  throw new UvsError('PERMISSION_DENIED', `${peer.name} may not ${what}`, {
    hint: kinds.length === 0 ? 'Nobody may.' : `It takes ${kinds.join(' or ')}.`,
    details: { identity: peer.name },
  });
}
