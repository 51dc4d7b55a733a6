import type { SlotState } from './domain.ts';

/** A slot's key is absent while it is free. */
export type SlotPlace = SlotState | 'free';

export const slotStates = ['granted', 'begun', 'revoked', 'quarantined', 'ended'] as const satisfies readonly SlotState[];
export const slotPlaces = ['free', ...slotStates] as const satisfies readonly SlotPlace[];

/** What can happen to a slot; the same names in code, tests and docs. */
export type SlotEvent =
  /** Budget, gates and rollout allow it. */
  | 'grant'
  /** Its agent is in the middle of an operation whose begin etcd has lost. */
  | 'rebuild'
  /** The lease of a grant ends. */
  | 'lapse'
  /** The agent reports that it did nothing with a grant. */
  | 'give-back'
  /** The agent asks just before its first disturbing act, and may. */
  | 'begin'
  /** The agent reports that it will never act on it again. */
  | 'end'
  /** Evidence of health that was asked for after the end. */
  | 'free'
  /** An operator takes it back. */
  | 'release'
  /** An operator takes it back from a node that is powered off. */
  | 'force'
  /** An operator removes by force a node that may have begun something of which etcd has nothing, or whose end was not proven yet. */
  | 'doubt'
  /** The node will never come back. */
  | 'write-off';

export const slotEvents = [
  'grant',
  'rebuild',
  'lapse',
  'give-back',
  'begin',
  'end',
  'free',
  'release',
  'force',
  'doubt',
  'write-off',
] as const satisfies readonly SlotEvent[];

/** Returns where an event leads, or undefined where it is not allowed. */
export function slotAfter(place: SlotPlace, event: SlotEvent): SlotPlace | undefined {
  switch (place) {
    case 'free':
      return event === 'grant' ? 'granted' : event === 'rebuild' ? 'begun' : event === 'doubt' ? 'quarantined' : undefined;
    case 'granted':
      return whileGranted(event);
    case 'begun':
      // no passing of time frees it, and no health alone
      return event === 'end' ? 'ended' : event === 'release' ? 'revoked' : event === 'force' ? 'quarantined' : undefined;
    case 'revoked':
      return event === 'end' ? 'ended' : event === 'release' ? 'revoked' : event === 'force' ? 'quarantined' : undefined;
    case 'quarantined':
      return event === 'end' ? 'ended' : event === 'write-off' ? 'free' : undefined;
    case 'ended':
      // its agent will never act on it: that is the acknowledgement which a release needs
      return event === 'free' || event === 'release' || event === 'force' ? 'free' : event === 'doubt' ? 'quarantined' : undefined;
    default:
      return place satisfies never;
  }
}

function whileGranted(event: SlotEvent): SlotPlace | undefined {
  switch (event) {
    case 'begin':
    // of an etcd that was put back to between the grant and the begin
    case 'rebuild':
      return 'begun';
    case 'doubt':
      return 'quarantined';
    // it claims to have acted without having begun: looked at like one that has
    case 'end':
      return 'ended';
    // without "begun" it can't act: whoever asks to begin from now on is refused
    case 'lapse':
    case 'give-back':
    case 'release':
    case 'force':
      return 'free';
    case 'grant':
    case 'free':
    case 'write-off':
      return undefined;
    default:
      return event satisfies never;
  }
}
