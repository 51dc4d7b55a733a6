// Original file: proto/uvs/v1/node.proto

import type { InstalledRelease as _uvs_v1_InstalledRelease, InstalledRelease__Output as _uvs_v1_InstalledRelease__Output } from '../../uvs/v1/InstalledRelease.ts';
import type { NodeDaemons as _uvs_v1_NodeDaemons, NodeDaemons__Output as _uvs_v1_NodeDaemons__Output } from '../../uvs/v1/NodeDaemons.ts';
import type { NodeWaysBack as _uvs_v1_NodeWaysBack, NodeWaysBack__Output as _uvs_v1_NodeWaysBack__Output } from '../../uvs/v1/NodeWaysBack.ts';
import type { NodeM2 as _uvs_v1_NodeM2, NodeM2__Output as _uvs_v1_NodeM2__Output } from '../../uvs/v1/NodeM2.ts';
import type { Long } from '@grpc/proto-loader';

export interface NodeFacts {
  'distroId'?: (string);
  'distroVersion'?: (string);
  'arch'?: (string);
  'board'?: (string);
  'agentVersion'?: (string);
  'uvsVersion'?: (string);
  'cephVersion'?: (string);
  'kernelVersion'?: (string);
  'diskFreeBytes'?: (number | string | Long);
  'diskTotalBytes'?: (number | string | Long);
  'bootId'?: (string);
  'installed'?: (_uvs_v1_InstalledRelease)[];
  'daemons'?: (_uvs_v1_NodeDaemons | null);
  'waysBack'?: (_uvs_v1_NodeWaysBack | null);
  'mixture'?: (string);
  'mixedReleases'?: (string)[];
  'm2'?: (_uvs_v1_NodeM2 | null);
}

export interface NodeFacts__Output {
  'distroId': (string);
  'distroVersion': (string);
  'arch': (string);
  'board': (string);
  'agentVersion': (string);
  'uvsVersion': (string);
  'cephVersion': (string);
  'kernelVersion': (string);
  'diskFreeBytes': (string);
  'diskTotalBytes': (string);
  'bootId': (string);
  'installed': (_uvs_v1_InstalledRelease__Output)[];
  'daemons': (_uvs_v1_NodeDaemons__Output | null);
  'waysBack': (_uvs_v1_NodeWaysBack__Output | null);
  'mixture': (string);
  'mixedReleases': (string)[];
  'm2': (_uvs_v1_NodeM2__Output | null);
}
