// Original file: proto/uvs/v1/package.proto

import type { PackageComponent as _uvs_v1_PackageComponent, PackageComponent__Output as _uvs_v1_PackageComponent__Output } from '../../uvs/v1/PackageComponent.ts';
import type { PackageTarget as _uvs_v1_PackageTarget, PackageTarget__Output as _uvs_v1_PackageTarget__Output } from '../../uvs/v1/PackageTarget.ts';
import type { Timestamp as _google_protobuf_Timestamp, Timestamp__Output as _google_protobuf_Timestamp__Output } from '../../google/protobuf/Timestamp.ts';
import type { PackageTrust as _uvs_v1_PackageTrust, PackageTrust__Output as _uvs_v1_PackageTrust__Output } from '../../uvs/v1/PackageTrust.ts';
import type { Long } from '@grpc/proto-loader';

export interface Package {
  'name'?: (string);
  'digest'?: (string);
  'product'?: (string);
  'version'?: (string);
  'packageId'?: (string);
  'manifestHash'?: (string);
  'sizeBytes'?: (number | string | Long);
  'plainBytes'?: (number | string | Long);
  'files'?: (number);
  'partial'?: (boolean);
  'encrypted'?: (boolean);
  'components'?: (_uvs_v1_PackageComponent)[];
  'target'?: (_uvs_v1_PackageTarget | null);
  'holders'?: (string)[];
  'createTime'?: (_google_protobuf_Timestamp | null);
  'services'?: (string)[];
  'brings'?: ({[key: string]: string});
  'trust'?: (_uvs_v1_PackageTrust);
  'refusal'?: (string);
  'privileged'?: (string)[];
  'privilegedCount'?: (number);
}

export interface Package__Output {
  'name': (string);
  'digest': (string);
  'product': (string);
  'version': (string);
  'packageId': (string);
  'manifestHash': (string);
  'sizeBytes': (string);
  'plainBytes': (string);
  'files': (number);
  'partial': (boolean);
  'encrypted': (boolean);
  'components': (_uvs_v1_PackageComponent__Output)[];
  'target': (_uvs_v1_PackageTarget__Output | null);
  'holders': (string)[];
  'createTime': (_google_protobuf_Timestamp__Output | null);
  'services': (string)[];
  'brings': ({[key: string]: string});
  'trust': (_uvs_v1_PackageTrust__Output);
  'refusal': (string);
  'privileged': (string)[];
  'privilegedCount': (number);
}
