// Original file: proto/uvs/v1/node.proto

import type { WayBack as _uvs_v1_WayBack, WayBack__Output as _uvs_v1_WayBack__Output } from '../../uvs/v1/WayBack.ts';

export interface NodeWaysBack {
  'releases'?: (_uvs_v1_WayBack)[];
  'why'?: (string);
}

export interface NodeWaysBack__Output {
  'releases': (_uvs_v1_WayBack__Output)[];
  'why': (string);
}
