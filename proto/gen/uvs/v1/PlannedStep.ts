// Original file: proto/uvs/v1/rollout.proto


export interface PlannedStep {
  'nodeUid'?: (string);
  'hostname'?: (string);
  'roles'?: (string)[];
  'fromVersion'?: (string);
  'toVersion'?: (string);
  'skipReason'?: (string);
  'hasRelease'?: (boolean);
  'isCanary'?: (boolean);
}

export interface PlannedStep__Output {
  'nodeUid': (string);
  'hostname': (string);
  'roles': (string)[];
  'fromVersion': (string);
  'toVersion': (string);
  'skipReason': (string);
  'hasRelease': (boolean);
  'isCanary': (boolean);
}
