import type { ScenarioName } from './scenarios.ts';

/** Something that must never be, whatever happens; the text is what a story ends with. */
export const harms = {
  'two nodes at once': 'Both nodes are out of service on UVS’s account at the same time.',
  'out of service uncounted': 'A node is out of service on UVS’s account, and the ledger, which is open, holds no slot for it.',
  'begun while paused': 'A node began although the operator had paused before.',
  'by another token': 'A slot was begun, or ended, by a message that carried the token of another grant.',
  'begun against what is known': 'A node began while the other was down, though the leader knew, or nobody had ever heard that one.',
  'freed without proof': 'A begun slot was freed although its node had not ended with it, or was not in service again.',
} as const;

export type Harm = keyof typeof harms;

export interface Rule {
  /** As the design has it. */
  readonly says: string;
  /** What comes of it where it is left out. */
  readonly harm: Harm;
  /** Where that shows. */
  readonly scenario: ScenarioName;
}

/** The rules of the slot protocol, each of which the model can do without. */
export const rules = {
  'leader compared': {
    says: 'every transaction compares the leader’s key, which holds a random value per term',
    harm: 'begun against what is known',
    scenario: 'a pause, and a node that goes down by itself',
  },
  'terms end by themselves': {
    says: 'a leader that can’t renew its term stops by its own clock, before anybody could restore etcd under it',
    harm: 'two nodes at once',
    scenario: 'etcd restored from a backup',
  },
  'ledger compared': {
    says: 'every transaction compares the revision of the ledger that it was decided at, and puts the ledger',
    harm: 'begun while paused',
    scenario: 'a pause, and a node that goes down by itself',
  },
  'slot compared': {
    says: 'every transaction compares the slot that it was decided from',
    harm: 'by another token',
    scenario: 'turn by turn',
  },
  'new leader reads slots': {
    says: 'a new leader reads every slot before it decides anything',
    harm: 'two nodes at once',
    scenario: 'turn by turn',
  },
  'unheard counts as down': {
    says: 'a node that this leader has not heard counts as down',
    harm: 'begun against what is known',
    scenario: 'a pause, and a node that goes down by itself',
  },
  'begun removes lease': {
    says: 'begun takes the slot off its lease: no passing of time frees it',
    harm: 'two nodes at once',
    scenario: 'turn by turn',
  },
  'token at begin': {
    says: 'a begin must carry the token of the slot as it is now',
    harm: 'by another token',
    scenario: 'turn by turn',
  },
  'token at ended': {
    says: 'an end must carry the token of the slot as it is now',
    harm: 'two nodes at once',
    scenario: 'three leaders',
  },
  'token holds epoch': {
    says: 'a token is the cluster’s epoch and the revision: after a restore the same revisions come again',
    harm: 'by another token',
    scenario: 'etcd restored from a backup',
  },
  'token bound to node': {
    says: 'a token is good for the node only that it was granted to',
    harm: 'two nodes at once',
    scenario: 'a copied disk',
  },
  'begin checks again': {
    says: 'begin asks again what was true at the grant: budget, pause, who is down',
    harm: 'begun while paused',
    scenario: 'a pause, and a node that goes down by itself',
  },
  'yes good for 10 s': {
    says: 'a yes to begin is good for 10 s of the node’s clock from the asking',
    harm: 'two nodes at once',
    scenario: 'a release by an operator',
  },
  'answer to its question': {
    says: 'the 10 s count from the question that the yes answers: a yes to an earlier one is not taken',
    harm: 'two nodes at once',
    scenario: 'a release by an operator',
  },
  'confirm before more': {
    says: 'a node confirms its token before each further disturbing act',
    harm: 'two nodes at once',
    scenario: 'a release by an operator',
  },
  'ended before free': {
    says: 'a begun slot is freed only after its node has reported the end: health alone frees nothing',
    harm: 'two nodes at once',
    scenario: 'turn by turn',
  },
  'evidence after ended': {
    says: 'the evidence of health that frees a slot was asked for after the end, with a nonce',
    harm: 'two nodes at once',
    scenario: 'turn by turn',
  },
  'nothing after ended': {
    says: 'a node never acts again on a token that it has reported as ended',
    harm: 'two nodes at once',
    scenario: 'turn by turn',
  },
  'late yes ignored': {
    says: 'a node that gave its begin up ignores a yes that comes later',
    harm: 'two nodes at once',
    scenario: 'turn by turn',
  },
  'release revokes first': {
    says: 'an operator’s release frees nothing before the node has journalled that it refuses the token',
    harm: 'two nodes at once',
    scenario: 'a release by an operator',
  },
  'forced still counts': {
    says: 'a release by force puts the node into quarantine, where it counts until it answers or is written off',
    harm: 'two nodes at once',
    scenario: 'a release by an operator',
  },
  'restore is noticed': {
    says: 'a coordinator that finds etcd at another epoch, or without what was decided last as far as it knows, begins nothing until adopt',
    harm: 'begun while paused',
    scenario: 'a pause that a restored etcd has forgotten',
  },
  'adopt closes first': {
    says: 'adopt makes the new epoch at first, in which nothing begins, and only then asks the nodes what they have open',
    harm: 'out of service uncounted',
    scenario: 'etcd restored from a backup',
  },
  'adopt waits for all': {
    says: 'adopt waits until every node has reported its open token',
    harm: 'out of service uncounted',
    scenario: 'etcd restored from a backup',
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
