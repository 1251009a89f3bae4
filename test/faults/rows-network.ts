/** F1 to F37: network, vantages, endpoints. */
import type { FaultRow } from './rows.ts';

export const NETWORK_ROWS: readonly FaultRow[] = [
  {
    id: 'F1',
    title: 'probes get lost on the way from one vantage',
    asserts: ['S7'],
    markers: ['degraded'],
  },
  {
    id: 'F2',
    title: 'one vantage is cut off and sees everything down',
    asserts: ['S7', 'S9'],
    tests: [
      [
        'core/vote.test.ts',
        'F2: a vantage that alone sees everything of two services down is isolated',
      ],
      ['core/vote.test.ts', 'F2: isolation needs 80 % of all endpoints, exactly 80 % is enough'],
    ],
    markers: ['isolated-by-control-targets', 'isolated-by-the-80-percent-rule'],
    drills: ['vantage-isolated'],
  },
  {
    id: 'F3',
    title: 'a vantage looks and can not write its report',
    asserts: ['S8'],
    tests: [
      ['core/vote.test.ts', 'a malformed, stale or future report is silence, never an exception'],
    ],
    markers: ['quorum-lost'],
  },
  {
    id: 'F4',
    title: 'a vantage writes and can not look',
    asserts: ['S7'],
    markers: ['isolated-by-control-targets'],
  },
  {
    id: 'F5',
    title: 'fewer vantages than a quorum are cut from one endpoint',
    asserts: ['S7'],
    tests: [
      [
        'core/rule-verdict.test.ts',
        'F5: two of five vantages cut from one endpoint leave it up and degraded',
      ],
    ],
    markers: ['degraded'],
  },
  {
    id: 'F6',
    title: 'a quorum of vantages is cut from a live endpoint',
    asserts: ['S5', 'S6', 'L11'],
    markers: ['quorum-met-exactly'],
  },
  {
    id: 'F7',
    title: 'an endpoint is slow, not dead',
    asserts: ['S7'],
    tests: [['core/condition.test.ts', 'finds slowness, a body and a status']],
  },
  {
    id: 'F8',
    title: 'an endpoint fails now and then',
    asserts: ['S7', 'S10'],
    markers: ['degraded'],
    drills: ['gray-failure'],
  },
  {
    id: 'F9',
    title: 'failures never come often enough in a row',
    asserts: ['S10', 'L4'],
    drills: ['gray-failure'],
  },
  {
    id: 'F10',
    title: 'an endpoint falls again whenever its hold-down is over',
    asserts: ['S10'],
    tests: [
      ['core/fence-bounds.test.ts', 'F10: after a hundred relapses the fence is still readable'],
      [
        'core/rule-return.test.ts',
        'F10: a flapping endpoint waits twice as long after each relapse, up to 60 min',
      ],
    ],
    markers: ['hold-down-doubled', 'hold-down-at-its-cap'],
    drills: ['flapping'],
  },
  {
    id: 'F11',
    title: 'only IPv6 fails',
    asserts: ['S12'],
    tests: [
      ['core/observation.test.ts', 'F11 either family failing is a fail that names the family'],
    ],
    markers: ['only-ipv6-failing'],
  },
  {
    id: 'F12',
    title: 'only IPv4 fails, or a vantage has no IPv6',
    asserts: ['S7', 'S12'],
    tests: [
      [
        'contract/prober-vantage.test.ts',
        'F12 an address that can’t be connected to for lack of a route is skipped',
      ],
      [
        'core/observation.test.ts',
        'F12 a family without a route is left out while the other is looked at',
      ],
    ],
    markers: ['only-ipv6-failing'],
  },
  {
    id: 'F13',
    title: 'a body stalls after a good handshake',
    asserts: ['S16'],
    tests: [
      [
        'contract/prober-http.test.ts',
        'F13 a body that stalls after a good handshake is a timeout',
      ],
    ],
    drills: ['endpoint-hang'],
  },
  {
    id: 'F14',
    title: 'a body is reset, or shorter than announced',
    asserts: ['S16'],
    tests: [
      [
        'contract/prober-http.test.ts',
        'F14 a reset in the body is told apart from a body that is too short',
      ],
      ['contract/prober-http.test.ts', 'F14 a reset is no orderly end of a body without length'],
    ],
  },
  {
    id: 'F15',
    title: 'refused at once, or never answered',
    asserts: ['L1'],
    tests: [
      ['contract/prober-http.test.ts', 'F15 refused is told at once and apart from a timeout'],
      ['contract/prober-http.test.ts', 'F15 an open port is enough for TCP, and is left at once'],
      ['contract/prober-tls.test.ts', 'F15 a handshake that is never answered is a timeout'],
    ],
    drills: ['endpoint-hang'],
  },
  {
    id: 'F16',
    title: 'calls and reports are repeated, reordered, late',
    asserts: ['S1', 'S14'],
    tests: [
      ['core/verdict.test.ts', 'reports in any order, or delivered twice, give the same verdict'],
    ],
  },
  {
    id: 'F17',
    title: 'links close one by one and open in another order',
    asserts: ['L4'],
    drills: ['replication-partition'],
  },
  {
    id: 'F18',
    title: 'status 200 with an error page',
    asserts: ['S7'],
    tests: [
      [
        'contract/prober-http.test.ts',
        'F18 F19 what was said is told as it is: the judgement is not the prober’s',
      ],
      ['core/condition.test.ts', 'F18 200 with an error page fails by its body'],
    ],
  },
  {
    id: 'F19',
    title: 'status 200 with an empty body or another type',
    asserts: ['S7'],
    tests: [
      [
        'contract/prober-http.test.ts',
        'F18 F19 what was said is told as it is: the judgement is not the prober’s',
      ],
      ['core/condition.test.ts', 'F19 an empty body fails only if a body is expected'],
    ],
  },
  {
    id: 'F20',
    title: 'a status for every taste',
    asserts: ['S7'],
    tests: [
      ['contract/prober-http.test.ts', 'F20 status %i is a fact'],
      ['contract/prober-http.test.ts', 'F20 a redirect that the check names is the answer'],
      ['core/condition.test.ts', 'F20 %i is alive where nothing is set'],
      ['core/condition.test.ts', 'F20 %i fails where nothing is set'],
    ],
  },
  {
    id: 'F21',
    title: 'redirects in a loop, or too many',
    asserts: ['S16'],
    tests: [
      ['contract/prober-http.test.ts', 'F21 a redirect loop ends after 3 redirects'],
      [
        'contract/prober-http.test.ts',
        'F21 3 redirects are followed, each over a connection of its own',
      ],
    ],
  },
  {
    id: 'F22',
    title: 'a redirect to where it must not lead',
    asserts: ['S16'],
    tests: [
      ['contract/prober-ssrf.test.ts', 'F22 %s is not followed: %s'],
      ['contract/prober-ssrf.test.ts', 'F22 https to http is not followed, http to https is'],
    ],
  },
  {
    id: 'F23',
    title: 'a body without end',
    asserts: ['S16'],
    tests: [
      ['contract/prober-http.test.ts', 'F23 of %s only 64 KiB are read'],
      ['contract/prober-http.test.ts', 'F23 after 64 KiB nobody waits for the rest'],
    ],
  },
  {
    id: 'F24',
    title: 'a body that inflates',
    asserts: ['S16'],
    tests: [['contract/prober-http.test.ts', 'F24 a decompression bomb stays what it is: bytes']],
  },
  {
    id: 'F25',
    title: 'a byte a second',
    asserts: ['S16'],
    tests: [
      [
        'contract/prober-http.test.ts',
        'F25 %s in drops run into the total deadline, however often a drop comes',
      ],
    ],
  },
  {
    id: 'F26',
    title: 'what answers is no HTTP',
    asserts: ['S16'],
    tests: [
      ['contract/prober-http.test.ts', 'F26 %s is not HTTP'],
      [
        'contract/prober-http.test.ts',
        'F26 a response before the request is not taken for an answer',
      ],
    ],
  },
  {
    id: 'F27',
    title: 'a certificate expires',
    asserts: ['S7'],
    tests: [
      [
        'contract/prober-tls.test.ts',
        'F27 a certificate that expires during the run fails from then on',
      ],
      ['core/condition.test.ts', 'F27 %d days left'],
      ['core/condition.test.ts', 'F27 days left on a certificate are a finding, not a failure'],
    ],
    markers: ['certificate-expired-during-a-run'],
  },
  {
    id: 'F28',
    title: 'a certificate or a handshake is wrong in any other way',
    asserts: ['S7'],
    tests: [['contract/prober-tls.test.ts', '%s fails as %s']],
  },
  {
    id: 'F29',
    title: 'all certificates expire in one second',
    asserts: ['S5'],
    tests: [
      [
        'core/rule-floor.test.ts',
        '%s: when every endpoint looks down all removals are withheld: all-down',
      ],
    ],
    markers: ['every-endpoint-down'],
  },
  {
    id: 'F30',
    title: 'a vantage whose clock is wrong finds certificates invalid',
    asserts: ['S7', 'S8'],
    markers: ['report-from-the-future'],
  },
  {
    id: 'F31',
    title: 'the health URL is fine, what is behind it is dead',
    asserts: [],
  },
  {
    id: 'F32',
    title: 'what all health URLs share dies',
    asserts: ['S5'],
    tests: [
      [
        'core/rule-floor.test.ts',
        '%s: when every endpoint looks down all removals are withheld: all-down',
      ],
    ],
    markers: ['every-endpoint-down'],
    drills: ['all-down'],
  },
  {
    id: 'F33',
    title: 'an endpoint answers as another one',
    asserts: ['S7'],
    tests: [
      ['contract/prober-http.test.ts', 'F33 the header that tells endpoints apart is a fact'],
      ['core/condition.test.ts', 'F33 an endpoint that answers as another one fails by its header'],
      ['core/condition.test.ts', 'F33 a missing header fails'],
    ],
  },
  {
    id: 'F34',
    title: 'an endpoint comes back with a fifth of its capacity',
    asserts: ['S10', 'L9'],
    tests: [
      [
        'core/rule-return.test.ts',
        'F34: brings an endpoint back after the hold-down by 10, 50 and 100 %, one step per ramp-step',
      ],
    ],
    markers: ['relapse-during-the-ramp', 'ramp-step-taken'],
  },
  {
    id: 'F35',
    title: 'the name of a target does not resolve',
    asserts: ['S7'],
    tests: [
      [
        'contract/prober-dns.test.ts',
        'F35 silence for one name is its own fault while other names are answered',
      ],
      [
        'contract/prober-dns.test.ts',
        'F35 a resolver that is not there is the vantage’s own fault',
      ],
    ],
  },
  {
    id: 'F36',
    title: 'a name points elsewhere once it was checked',
    asserts: ['S16'],
    tests: [
      [
        'contract/prober-dns.test.ts',
        'F36 a name that points elsewhere once it was checked is connected to where it was checked',
      ],
      ['contract/prober-dns.test.ts', 'F36 each hop of a redirect is resolved and checked anew'],
    ],
  },
  {
    id: 'F37',
    title: 'a name has a hundred addresses',
    asserts: ['S16'],
    tests: [
      ['contract/prober-dns.test.ts', 'F37 of 100 addresses at most 4 are probed'],
      ['contract/prober-dns.test.ts', 'F37 every address of a name gives an attempt of its own'],
      ['core/observation.test.ts', 'F37 all addresses of a name must pass'],
    ],
  },
];
