// Original file: proto/uvs/v1/cluster.proto

import type { Event as _uvs_v1_Event, Event__Output as _uvs_v1_Event__Output } from '../../uvs/v1/Event.ts';

export interface ListEventsResponse {
  'events'?: (_uvs_v1_Event)[];
  'nextPageToken'?: (string);
}

export interface ListEventsResponse__Output {
  'events': (_uvs_v1_Event__Output)[];
  'nextPageToken': (string);
}
