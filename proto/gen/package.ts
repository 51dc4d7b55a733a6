import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from './google/protobuf/Timestamp.ts';
import type { CheckPackageRootRequest as _uvs_v1_CheckPackageRootRequest, CheckPackageRootRequest__Output as _uvs_v1_CheckPackageRootRequest__Output } from './uvs/v1/CheckPackageRootRequest.ts';
import type { CheckPackageRootResponse as _uvs_v1_CheckPackageRootResponse, CheckPackageRootResponse__Output as _uvs_v1_CheckPackageRootResponse__Output } from './uvs/v1/CheckPackageRootResponse.ts';
import type { CreateUploadRequest as _uvs_v1_CreateUploadRequest, CreateUploadRequest__Output as _uvs_v1_CreateUploadRequest__Output } from './uvs/v1/CreateUploadRequest.ts';
import type { CreateUploadResponse as _uvs_v1_CreateUploadResponse, CreateUploadResponse__Output as _uvs_v1_CreateUploadResponse__Output } from './uvs/v1/CreateUploadResponse.ts';
import type { DeletePackageRequest as _uvs_v1_DeletePackageRequest, DeletePackageRequest__Output as _uvs_v1_DeletePackageRequest__Output } from './uvs/v1/DeletePackageRequest.ts';
import type { DeletePackageResponse as _uvs_v1_DeletePackageResponse, DeletePackageResponse__Output as _uvs_v1_DeletePackageResponse__Output } from './uvs/v1/DeletePackageResponse.ts';
import type { GetPackageRequest as _uvs_v1_GetPackageRequest, GetPackageRequest__Output as _uvs_v1_GetPackageRequest__Output } from './uvs/v1/GetPackageRequest.ts';
import type { GetPackageResponse as _uvs_v1_GetPackageResponse, GetPackageResponse__Output as _uvs_v1_GetPackageResponse__Output } from './uvs/v1/GetPackageResponse.ts';
import type { GetPackageRootRequest as _uvs_v1_GetPackageRootRequest, GetPackageRootRequest__Output as _uvs_v1_GetPackageRootRequest__Output } from './uvs/v1/GetPackageRootRequest.ts';
import type { GetPackageRootResponse as _uvs_v1_GetPackageRootResponse, GetPackageRootResponse__Output as _uvs_v1_GetPackageRootResponse__Output } from './uvs/v1/GetPackageRootResponse.ts';
import type { ListPackagesRequest as _uvs_v1_ListPackagesRequest, ListPackagesRequest__Output as _uvs_v1_ListPackagesRequest__Output } from './uvs/v1/ListPackagesRequest.ts';
import type { ListPackagesResponse as _uvs_v1_ListPackagesResponse, ListPackagesResponse__Output as _uvs_v1_ListPackagesResponse__Output } from './uvs/v1/ListPackagesResponse.ts';
import type { Package as _uvs_v1_Package, Package__Output as _uvs_v1_Package__Output } from './uvs/v1/Package.ts';
import type { PackageComponent as _uvs_v1_PackageComponent, PackageComponent__Output as _uvs_v1_PackageComponent__Output } from './uvs/v1/PackageComponent.ts';
import type { PackageRoot as _uvs_v1_PackageRoot, PackageRoot__Output as _uvs_v1_PackageRoot__Output } from './uvs/v1/PackageRoot.ts';
import type { PackageServiceClient as _uvs_v1_PackageServiceClient, PackageServiceDefinition as _uvs_v1_PackageServiceDefinition } from './uvs/v1/PackageService.ts';
import type { PackageSigner as _uvs_v1_PackageSigner, PackageSigner__Output as _uvs_v1_PackageSigner__Output } from './uvs/v1/PackageSigner.ts';
import type { PackageSigning as _uvs_v1_PackageSigning, PackageSigning__Output as _uvs_v1_PackageSigning__Output } from './uvs/v1/PackageSigning.ts';
import type { PackageTarget as _uvs_v1_PackageTarget, PackageTarget__Output as _uvs_v1_PackageTarget__Output } from './uvs/v1/PackageTarget.ts';
import type { RaisePackageRootRequest as _uvs_v1_RaisePackageRootRequest, RaisePackageRootRequest__Output as _uvs_v1_RaisePackageRootRequest__Output } from './uvs/v1/RaisePackageRootRequest.ts';
import type { RaisePackageRootResponse as _uvs_v1_RaisePackageRootResponse, RaisePackageRootResponse__Output as _uvs_v1_RaisePackageRootResponse__Output } from './uvs/v1/RaisePackageRootResponse.ts';
import type { RootLosses as _uvs_v1_RootLosses, RootLosses__Output as _uvs_v1_RootLosses__Output } from './uvs/v1/RootLosses.ts';
import type { StoppedRollout as _uvs_v1_StoppedRollout, StoppedRollout__Output as _uvs_v1_StoppedRollout__Output } from './uvs/v1/StoppedRollout.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  google: {
    protobuf: {
      Timestamp: MessageTypeDefinition<_google_protobuf_Timestamp, _google_protobuf_Timestamp__Output>
    }
  }
  uvs: {
    v1: {
      CheckPackageRootRequest: MessageTypeDefinition<_uvs_v1_CheckPackageRootRequest, _uvs_v1_CheckPackageRootRequest__Output>
      CheckPackageRootResponse: MessageTypeDefinition<_uvs_v1_CheckPackageRootResponse, _uvs_v1_CheckPackageRootResponse__Output>
      CreateUploadRequest: MessageTypeDefinition<_uvs_v1_CreateUploadRequest, _uvs_v1_CreateUploadRequest__Output>
      CreateUploadResponse: MessageTypeDefinition<_uvs_v1_CreateUploadResponse, _uvs_v1_CreateUploadResponse__Output>
      DeletePackageRequest: MessageTypeDefinition<_uvs_v1_DeletePackageRequest, _uvs_v1_DeletePackageRequest__Output>
      DeletePackageResponse: MessageTypeDefinition<_uvs_v1_DeletePackageResponse, _uvs_v1_DeletePackageResponse__Output>
      GetPackageRequest: MessageTypeDefinition<_uvs_v1_GetPackageRequest, _uvs_v1_GetPackageRequest__Output>
      GetPackageResponse: MessageTypeDefinition<_uvs_v1_GetPackageResponse, _uvs_v1_GetPackageResponse__Output>
      GetPackageRootRequest: MessageTypeDefinition<_uvs_v1_GetPackageRootRequest, _uvs_v1_GetPackageRootRequest__Output>
      GetPackageRootResponse: MessageTypeDefinition<_uvs_v1_GetPackageRootResponse, _uvs_v1_GetPackageRootResponse__Output>
      ListPackagesRequest: MessageTypeDefinition<_uvs_v1_ListPackagesRequest, _uvs_v1_ListPackagesRequest__Output>
      ListPackagesResponse: MessageTypeDefinition<_uvs_v1_ListPackagesResponse, _uvs_v1_ListPackagesResponse__Output>
      Package: MessageTypeDefinition<_uvs_v1_Package, _uvs_v1_Package__Output>
      PackageComponent: MessageTypeDefinition<_uvs_v1_PackageComponent, _uvs_v1_PackageComponent__Output>
      PackageRoot: MessageTypeDefinition<_uvs_v1_PackageRoot, _uvs_v1_PackageRoot__Output>
      PackageService: SubtypeConstructor<typeof grpc.Client, _uvs_v1_PackageServiceClient> & { service: _uvs_v1_PackageServiceDefinition }
      PackageSigner: MessageTypeDefinition<_uvs_v1_PackageSigner, _uvs_v1_PackageSigner__Output>
      PackageSigning: MessageTypeDefinition<_uvs_v1_PackageSigning, _uvs_v1_PackageSigning__Output>
      PackageTarget: MessageTypeDefinition<_uvs_v1_PackageTarget, _uvs_v1_PackageTarget__Output>
      PackageTrust: EnumTypeDefinition
      RaisePackageRootRequest: MessageTypeDefinition<_uvs_v1_RaisePackageRootRequest, _uvs_v1_RaisePackageRootRequest__Output>
      RaisePackageRootResponse: MessageTypeDefinition<_uvs_v1_RaisePackageRootResponse, _uvs_v1_RaisePackageRootResponse__Output>
      RootLosses: MessageTypeDefinition<_uvs_v1_RootLosses, _uvs_v1_RootLosses__Output>
      StoppedRollout: MessageTypeDefinition<_uvs_v1_StoppedRollout, _uvs_v1_StoppedRollout__Output>
    }
  }
}

