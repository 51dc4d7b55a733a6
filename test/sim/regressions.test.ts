import t from 'tap';
import { Crew } from './crew.ts';
import { readPlan } from './plan-text.ts';

t.setTimeout(120_000);

/**
 * What runs of 100,000 seeds found and is mended: what it was, and the plan to which its seed was shrunk where it broke a promise. Every
 * change since moves what is left to chance, so most of these plans do not meet any more what they met. Those of 14210 (with another
 * chance than its own), 83487, 12430, 62074 and 66964 do: they break their promises where what mended them is taken away.
 */
const mended: Readonly<Record<string, string>> = {
  'what was set for two nodes together stayed set, for the transaction that ended one of them had an unknown outcome': `{"seed":"22094","coordinators":2,"nodes":4,"troubleMs":175888.2913319394,
    "faults": [
      {"atMs":0,"on":{"action":"slots.ended","nth":1},"kind":"etcd loses calls","share":0.08252860552631319,"forMs":94092.83664310351},
      {"atMs":36.49806649191305,"on":{"action":"slots.ended","nth":1},"kind":"node reboots","who":"its own","forMs":8555.6437487714},
      {"atMs":0,"on":{"action":"slots.grant","nth":2},"kind":"watches break"}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3],"budget":3,"onFailure":{"action":"abort","tolerated":0}}
    ]}`,
  'a rollout that was paused stood still while etcd was held, and did not say so': `{"seed":"14210, 2","coordinators":2,"nodes":3,"troubleMs":380783,
    "faults": [
      {"atMs":185292,"kind":"etcd has no majority","forMs":58525},
      {"atMs":40,"on":{"action":"slots.grant","nth":2},"kind":"node is slow","who":"its own","from":"its own","forMs":9022},
      {"atMs":69075,"kind":"etcd is restored","afterMs":46361,"forMs":54665,"isBumped":false}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2],"budget":3,"onFailure":{"action":"pause","tolerated":0}},
      {"atMs":0,"on":{"action":"slots.grant","nth":2},"kind":"thaw"},
      {"atMs":161265,"kind":"pause","rollout":0},
      {"atMs":325,"on":{"action":"slots.ended","nth":1},"kind":"resume","rollout":"its own"}
    ]}`,
  'a node that was left to an operator before its slot was made anew seemed to move': `{"seed":"46180","coordinators":2,"nodes":5,"troubleMs":401592,
    "faults": [
      {"atMs":126856,"kind":"node falls ill","who":0,"forMs":71715},
      {"atMs":24079,"kind":"node is cut off","who":2,"from":1,"forMs":36982},
      {"atMs":32,"on":{"action":"slots.grant","nth":1},"kind":"etcd is restored","afterMs":13811,"forMs":54820,"isBumped":true},
      {"atMs":7419,"on":{"action":"slots.grant","nth":1},"kind":"agent dies","who":"its own","forMs":119808}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3,4],"budget":2,"onFailure":{"action":"pause","tolerated":0}},
      {"atMs":400,"on":{"action":"slots.free","nth":1},"kind":"cordon","node":"its own"},
      {"atMs":16,"on":{"action":"slots.grant","nth":1},"kind":"uncordon","node":"its own"}
    ]}`,
  'a slot was made anew for an operation that had ended, by the late hello of an agent that had died': `{"seed":"84523","coordinators":2,"nodes":6,"troubleMs":220452,
    "faults": [
      {"atMs":905,"on":{"action":"slots.begin","nth":3},"kind":"coordinator loses etcd","who":"its own","forMs":148324},
      {"atMs":165313,"kind":"coordinator loses etcd","who":1,"forMs":162764},
      {"atMs":56399,"kind":"node falls ill","who":1,"forMs":297055},
      {"atMs":190410,"kind":"coordinator hangs","who":1,"forMs":62860},
      {"atMs":48,"on":{"action":"slots.begin","nth":3},"kind":"node reboots","who":"its own","forMs":5767},
      {"atMs":97,"on":{"action":"slots.grant","nth":4},"kind":"etcd is restored","afterMs":3521,"forMs":55054,"isBumped":true},
      {"atMs":3153,"on":{"action":"slots.grant","nth":4},"kind":"agent dies","who":"its own","forMs":192465}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3,4,5],"budget":2,"onFailure":{"action":"continue","tolerated":2}}
    ]}`,
  'a node that had left an earlier operation to an operator seemed to move': `{"seed":"83487","coordinators":3,"nodes":3,"troubleMs":320862,
    "faults": [
      {"atMs":0,"on":{"action":"slots.begin","nth":1},"kind":"node falls ill","who":"its own","forMs":55794}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2],"budget":2,"canary":{"nodes":[],"count":1,"soakMs":16822,"needsApproval":false},"onFailure":{"action":"abort","tolerated":0}},
      {"atMs":199883,"kind":"roll out","goal":"reboot","release":1,"nodes":[0,2],"budget":2,"canary":{"nodes":[],"count":2,"soakMs":38064,"needsApproval":true},"onFailure":{"action":"abort","tolerated":0}},
      {"atMs":91964,"kind":"re-enrol","node":0,"isForced":true}
    ]}`,
  'the simulated operator tried no enrolment again whose answer was lost': `{"seed":"5717","coordinators":3,"nodes":5,"troubleMs":184469.6314819157,
    "faults": [
      {"atMs":45424.91116599602,"kind":"etcd loses calls","share":0.11482169131748379,"forMs":169146.95314364508},
      {"atMs":106718.04287464973,"kind":"watches break"},
      {"atMs":128718.64009643583,"kind":"etcd has no majority","forMs":10306.92177657038},
      {"atMs":85580.46651743232,"kind":"node reboots","who":3,"forMs":15740.700094494969}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"restart","release":0,"nodes":[0,1,2,3,4],"budget":1,"onFailure":{"action":"pause","tolerated":0}},
      {"atMs":68350.41371979559,"kind":"roll out","goal":"release","release":1,"nodes":[0,3],"budget":1,"canary":{"nodes":[],"count":2,"soakMs":22356,"needsApproval":false},"onFailure":{"action":"pause","tolerated":0}},
      {"atMs":47816.66687388752,"kind":"re-enrol","node":3,"isForced":true},
      {"atMs":99369.80804616449,"kind":"pause","rollout":0},
      {"atMs":52692.727011176525,"kind":"remove","node":3},
      {"atMs":45315.769130247085,"kind":"replace","node":1},
      {"atMs":68478.00646320003,"kind":"cordon","node":4}
    ]}`,
  'the simulated operator did not go on with a removal whose answer was lost': `{"seed":"52382","coordinators":2,"nodes":5,"troubleMs":331641.2095259875,
    "faults": [
      {"atMs":94706.99876159486,"kind":"coordinator is cut off","who":0,"forMs":81376.62408174947},
      {"atMs":253407.65475373567,"kind":"etcd loses calls","share":0.1139390485547483,"forMs":51274.19861359522},
      {"atMs":258936.59230954276,"kind":"a lease ends early"}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3,4],"budget":1,"onFailure":{"action":"continue","tolerated":2}},
      {"atMs":43296.2507758177,"kind":"roll out","goal":"release","release":1,"nodes":[0,2,4],"budget":1,"onFailure":{"action":"pause","tolerated":0}},
      {"atMs":111978.17000548572,"kind":"cordon","node":1},
      {"atMs":193634.4333093912,"kind":"re-enrol","node":1,"isForced":true},
      {"atMs":0,"on":{"action":"slots.begin","nth":1},"kind":"thaw"},
      {"atMs":57524.34839903536,"kind":"re-enrol","node":0,"isForced":true}
    ]}`,
  'the simulated operator took a machine that had not joined for one with an agent': `{"seed":"80988","coordinators":2,"nodes":3,"troubleMs":319224,
    "faults": [
      {"atMs":220141,"kind":"etcd loses calls","share":0.27,"forMs":156508}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2],"budget":1,"canary":{"nodes":[],"count":1,"soakMs":31738,"needsApproval":false},"onFailure":{"action":"pause","tolerated":0}},
      {"atMs":169792,"kind":"replace","node":0}
    ]}`,
  'the simulated operator took the refusal of an enrolment that was done already for the end of it': `{"seed":"12430","coordinators":2,"nodes":6,"troubleMs":363463.6004967615,
    "faults": [
      {"atMs":24.22636871924624,"on":{"action":"slots.grant","nth":4},"kind":"coordinator dies","who":"its own","forMs":630.5208537727594}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3,4,5],"budget":1,"onFailure":{"action":"continue","tolerated":2}},
      {"atMs":0,"on":{"action":"slots.grant","nth":4},"kind":"re-enrol","node":1,"isForced":false}
    ]}`,
  'a machine that was removed, to join again, never did, for whoever removed it had given up waiting for an answer': `{"seed":"62074","coordinators":3,"nodes":6,"troubleMs":276778.93166430295,
    "faults": [
      {"atMs":30.71393370628357,"on":{"action":"slots.ended","nth":2},"kind":"watches break"},
      {"atMs":16.569019644521177,"on":{"action":"slots.free","nth":2},"kind":"coordinator hangs","who":0,"forMs":2937.305980641395},
      {"atMs":826.1231370270252,"on":{"action":"slots.ended","nth":2},"kind":"agent hangs","who":0,"forMs":46006.12950371578},
      {"atMs":120370.77059397292,"kind":"etcd loses calls","share":0.16206667080055923,"forMs":97443.41443991289},
      {"atMs":49.41962433513254,"on":{"action":"slots.ended","nth":2},"kind":"coordinator loses etcd","who":1,"forMs":56682.16310068965},
      {"atMs":67.37907151691616,"on":{"action":"slots.grant","nth":3},"kind":"agent hangs","who":"its own","forMs":26228.228175081313},
      {"atMs":14609.065025579184,"on":{"action":"slots.grant","nth":3},"kind":"etcd elects a leader","forMs":3263.8433085987344}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3,4,5],"budget":2,"canary":{"nodes":[],"count":2,"soakMs":17005,"needsApproval":false},"onFailure":{"action":"abort","tolerated":0}},
      {"atMs":97158.25017000582,"kind":"re-enrol","node":0,"isForced":true},
      {"atMs":103007.91407533076,"kind":"budget","nodes":1},
      {"atMs":143043.24202857295,"kind":"re-enrol","node":5,"isForced":true}
    ]}`,
  'an agent that hung when all healed stayed behind with what it had missed': `{"seed":"66964","coordinators":3,"nodes":6,"troubleMs":142863.84743638337,
    "faults": [
      {"atMs":51160.59666763181,"kind":"coordinator dies","who":0,"forMs":2232.7764296904206},
      {"atMs":464.3363275099546,"on":{"action":"slots.ended","nth":1},"kind":"agent hangs","who":"its own","forMs":147847.16045716777},
      {"atMs":21208.41041461778,"kind":"etcd loses calls","share":0.3560879428172484,"forMs":101502.04921141267},
      {"atMs":54999.68897689984,"kind":"node is cut off","who":3,"from":1,"forMs":12143.272120226175}
    ],
    "wishes": [
      {"atMs":15000,"kind":"roll out","goal":"release","release":0,"nodes":[0,1,2,3,4,5],"budget":1,"onFailure":{"action":"abort","tolerated":0}}
    ]}`,
};

void t.test('what a seed has broken, and was mended, breaks nothing any more', async (t) => {
  await using crew = new Crew();
  await Promise.all(
    Object.entries(mended).map(async ([was, text]) => {
      const { broken, begun } = await crew.run(readPlan(text));
      t.equal(broken, undefined, was);
      t.ok(begun > 0, `slots were begun: ${begun}`);
    }),
  );
});
