// Original file: proto/uvs/v1/package.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CheckPackageRootRequest as _uvs_v1_CheckPackageRootRequest, CheckPackageRootRequest__Output as _uvs_v1_CheckPackageRootRequest__Output } from '../../uvs/v1/CheckPackageRootRequest.ts';
import type { CheckPackageRootResponse as _uvs_v1_CheckPackageRootResponse, CheckPackageRootResponse__Output as _uvs_v1_CheckPackageRootResponse__Output } from '../../uvs/v1/CheckPackageRootResponse.ts';
import type { CreateUploadRequest as _uvs_v1_CreateUploadRequest, CreateUploadRequest__Output as _uvs_v1_CreateUploadRequest__Output } from '../../uvs/v1/CreateUploadRequest.ts';
import type { CreateUploadResponse as _uvs_v1_CreateUploadResponse, CreateUploadResponse__Output as _uvs_v1_CreateUploadResponse__Output } from '../../uvs/v1/CreateUploadResponse.ts';
import type { DeletePackageRequest as _uvs_v1_DeletePackageRequest, DeletePackageRequest__Output as _uvs_v1_DeletePackageRequest__Output } from '../../uvs/v1/DeletePackageRequest.ts';
import type { DeletePackageResponse as _uvs_v1_DeletePackageResponse, DeletePackageResponse__Output as _uvs_v1_DeletePackageResponse__Output } from '../../uvs/v1/DeletePackageResponse.ts';
import type { GetPackageRequest as _uvs_v1_GetPackageRequest, GetPackageRequest__Output as _uvs_v1_GetPackageRequest__Output } from '../../uvs/v1/GetPackageRequest.ts';
import type { GetPackageResponse as _uvs_v1_GetPackageResponse, GetPackageResponse__Output as _uvs_v1_GetPackageResponse__Output } from '../../uvs/v1/GetPackageResponse.ts';
import type { GetPackageRootRequest as _uvs_v1_GetPackageRootRequest, GetPackageRootRequest__Output as _uvs_v1_GetPackageRootRequest__Output } from '../../uvs/v1/GetPackageRootRequest.ts';
import type { GetPackageRootResponse as _uvs_v1_GetPackageRootResponse, GetPackageRootResponse__Output as _uvs_v1_GetPackageRootResponse__Output } from '../../uvs/v1/GetPackageRootResponse.ts';
import type { ListPackagesRequest as _uvs_v1_ListPackagesRequest, ListPackagesRequest__Output as _uvs_v1_ListPackagesRequest__Output } from '../../uvs/v1/ListPackagesRequest.ts';
import type { ListPackagesResponse as _uvs_v1_ListPackagesResponse, ListPackagesResponse__Output as _uvs_v1_ListPackagesResponse__Output } from '../../uvs/v1/ListPackagesResponse.ts';
import type { RaisePackageRootRequest as _uvs_v1_RaisePackageRootRequest, RaisePackageRootRequest__Output as _uvs_v1_RaisePackageRootRequest__Output } from '../../uvs/v1/RaisePackageRootRequest.ts';
import type { RaisePackageRootResponse as _uvs_v1_RaisePackageRootResponse, RaisePackageRootResponse__Output as _uvs_v1_RaisePackageRootResponse__Output } from '../../uvs/v1/RaisePackageRootResponse.ts';

export interface PackageServiceClient extends grpc.Client {
  CheckPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  CheckPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  CheckPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  CheckPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  checkPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  checkPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  checkPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  checkPackageRoot(argument: _uvs_v1_CheckPackageRootRequest, callback: grpc.requestCallback<_uvs_v1_CheckPackageRootResponse__Output>): grpc.ClientUnaryCall;
  
  CreateUpload(argument: _uvs_v1_CreateUploadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  CreateUpload(argument: _uvs_v1_CreateUploadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  CreateUpload(argument: _uvs_v1_CreateUploadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  CreateUpload(argument: _uvs_v1_CreateUploadRequest, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  createUpload(argument: _uvs_v1_CreateUploadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  createUpload(argument: _uvs_v1_CreateUploadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  createUpload(argument: _uvs_v1_CreateUploadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  createUpload(argument: _uvs_v1_CreateUploadRequest, callback: grpc.requestCallback<_uvs_v1_CreateUploadResponse__Output>): grpc.ClientUnaryCall;
  
  DeletePackage(argument: _uvs_v1_DeletePackageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  DeletePackage(argument: _uvs_v1_DeletePackageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  DeletePackage(argument: _uvs_v1_DeletePackageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  DeletePackage(argument: _uvs_v1_DeletePackageRequest, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  deletePackage(argument: _uvs_v1_DeletePackageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  deletePackage(argument: _uvs_v1_DeletePackageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  deletePackage(argument: _uvs_v1_DeletePackageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  deletePackage(argument: _uvs_v1_DeletePackageRequest, callback: grpc.requestCallback<_uvs_v1_DeletePackageResponse__Output>): grpc.ClientUnaryCall;
  
  GetPackage(argument: _uvs_v1_GetPackageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  GetPackage(argument: _uvs_v1_GetPackageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  GetPackage(argument: _uvs_v1_GetPackageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  GetPackage(argument: _uvs_v1_GetPackageRequest, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  getPackage(argument: _uvs_v1_GetPackageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  getPackage(argument: _uvs_v1_GetPackageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  getPackage(argument: _uvs_v1_GetPackageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  getPackage(argument: _uvs_v1_GetPackageRequest, callback: grpc.requestCallback<_uvs_v1_GetPackageResponse__Output>): grpc.ClientUnaryCall;
  
  GetPackageRoot(argument: _uvs_v1_GetPackageRootRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  GetPackageRoot(argument: _uvs_v1_GetPackageRootRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  GetPackageRoot(argument: _uvs_v1_GetPackageRootRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  GetPackageRoot(argument: _uvs_v1_GetPackageRootRequest, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  getPackageRoot(argument: _uvs_v1_GetPackageRootRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  getPackageRoot(argument: _uvs_v1_GetPackageRootRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  getPackageRoot(argument: _uvs_v1_GetPackageRootRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  getPackageRoot(argument: _uvs_v1_GetPackageRootRequest, callback: grpc.requestCallback<_uvs_v1_GetPackageRootResponse__Output>): grpc.ClientUnaryCall;
  
  ListPackages(argument: _uvs_v1_ListPackagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  ListPackages(argument: _uvs_v1_ListPackagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  ListPackages(argument: _uvs_v1_ListPackagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  ListPackages(argument: _uvs_v1_ListPackagesRequest, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  listPackages(argument: _uvs_v1_ListPackagesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  listPackages(argument: _uvs_v1_ListPackagesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  listPackages(argument: _uvs_v1_ListPackagesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  listPackages(argument: _uvs_v1_ListPackagesRequest, callback: grpc.requestCallback<_uvs_v1_ListPackagesResponse__Output>): grpc.ClientUnaryCall;
  
  RaisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  RaisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  RaisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  RaisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  raisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  raisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  raisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  raisePackageRoot(argument: _uvs_v1_RaisePackageRootRequest, callback: grpc.requestCallback<_uvs_v1_RaisePackageRootResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface PackageServiceHandlers extends grpc.UntypedServiceImplementation {
  CheckPackageRoot: grpc.handleUnaryCall<_uvs_v1_CheckPackageRootRequest__Output, _uvs_v1_CheckPackageRootResponse>;
  
  CreateUpload: grpc.handleUnaryCall<_uvs_v1_CreateUploadRequest__Output, _uvs_v1_CreateUploadResponse>;
  
  DeletePackage: grpc.handleUnaryCall<_uvs_v1_DeletePackageRequest__Output, _uvs_v1_DeletePackageResponse>;
  
  GetPackage: grpc.handleUnaryCall<_uvs_v1_GetPackageRequest__Output, _uvs_v1_GetPackageResponse>;
  
  GetPackageRoot: grpc.handleUnaryCall<_uvs_v1_GetPackageRootRequest__Output, _uvs_v1_GetPackageRootResponse>;
  
  ListPackages: grpc.handleUnaryCall<_uvs_v1_ListPackagesRequest__Output, _uvs_v1_ListPackagesResponse>;
  
  RaisePackageRoot: grpc.handleUnaryCall<_uvs_v1_RaisePackageRootRequest__Output, _uvs_v1_RaisePackageRootResponse>;
  
}

export interface PackageServiceDefinition extends grpc.ServiceDefinition {
  CheckPackageRoot: MethodDefinition<_uvs_v1_CheckPackageRootRequest, _uvs_v1_CheckPackageRootResponse, _uvs_v1_CheckPackageRootRequest__Output, _uvs_v1_CheckPackageRootResponse__Output>
  CreateUpload: MethodDefinition<_uvs_v1_CreateUploadRequest, _uvs_v1_CreateUploadResponse, _uvs_v1_CreateUploadRequest__Output, _uvs_v1_CreateUploadResponse__Output>
  DeletePackage: MethodDefinition<_uvs_v1_DeletePackageRequest, _uvs_v1_DeletePackageResponse, _uvs_v1_DeletePackageRequest__Output, _uvs_v1_DeletePackageResponse__Output>
  GetPackage: MethodDefinition<_uvs_v1_GetPackageRequest, _uvs_v1_GetPackageResponse, _uvs_v1_GetPackageRequest__Output, _uvs_v1_GetPackageResponse__Output>
  GetPackageRoot: MethodDefinition<_uvs_v1_GetPackageRootRequest, _uvs_v1_GetPackageRootResponse, _uvs_v1_GetPackageRootRequest__Output, _uvs_v1_GetPackageRootResponse__Output>
  ListPackages: MethodDefinition<_uvs_v1_ListPackagesRequest, _uvs_v1_ListPackagesResponse, _uvs_v1_ListPackagesRequest__Output, _uvs_v1_ListPackagesResponse__Output>
  RaisePackageRoot: MethodDefinition<_uvs_v1_RaisePackageRootRequest, _uvs_v1_RaisePackageRootResponse, _uvs_v1_RaisePackageRootRequest__Output, _uvs_v1_RaisePackageRootResponse__Output>
}
