/**
 * DNS packets ↔ words: bytes of a query → bytes of its response, or nothing for what deserves none. The
 * question is echoed byte for byte (0x20 case included), EDNS0 is answered by EDNS0, and over UDP a
 * response that does not fit is cut down to the TC bit. Any bytes may come in; none make it throw.
 */
import * as packet from 'dns-packet';
import type { AnswerRecord, DnsAnswer, Question, Rcode } from './dns-answer.ts';
import { txtStrings } from './zone-rules.ts';

const HEADER_BYTES = 12;
/** Without EDNS, a UDP response has at most this many bytes (RFC 1035). */
const UDP_BYTES_MIN = 512;
const UDP_BYTES_MAX = 4_096;
/** What we take over UDP ourselves: fits the smallest IPv6 path (DNS flag day 2020). */
const OUR_UDP_BYTES = 1_232;
const TCP_BYTES_MAX = 65_535;

const RCODES: Readonly<Record<Rcode, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};
const BIT = { response: 0x8000, authoritative: 0x0400, truncated: 0x0200, recursion: 0x0100 };

export type Transport = 'udp' | 'tcp';

export function respond(
  query: Buffer,
  transport: Transport,
  answer: (question: Question) => DnsAnswer,
): Buffer | undefined {
  if (query.length < HEADER_BYTES) return undefined;
  const flags = query.readUInt16BE(2);
  // A response answered by a response would go on for ever.
  if ((flags & BIT.response) !== 0) return undefined;
  const opcode = (flags >> 11) & 0xf;
  if (opcode !== 0) return header(query, RCODES.NOTIMP, []);
  if (query.readUInt16BE(4) !== 1) return header(query, RCODES.FORMERR, []);

  const asked = parse(query);
  if (asked === undefined) return header(query, RCODES.FORMERR, []);
  const { question, edns } = asked;
  if (edns === 'twice') return header(query, RCODES.FORMERR, [question]);
  // BADVERS is 16: its upper bits stand in the OPT record.
  if (edns !== undefined && edns.version !== 0)
    return assemble(query, question, RCODES.NOERROR, [], [], opt(1));

  const options = edns === undefined ? undefined : opt(0);
  let given: DnsAnswer;
  let response: Buffer;
  try {
    given = answer(question.words);
    const bits = RCODES[given.rcode] | (given.isAuthoritative ? BIT.authoritative : 0);
    response = assemble(query, question, bits, given.answers, given.authorities, options);
  } catch {
    // A value that has no wire form here, or a bug: the server goes on either way.
    return assemble(query, question, RCODES.SERVFAIL, [], [], options);
  }
  const bytesMax =
    transport === 'tcp'
      ? TCP_BYTES_MAX
      : Math.min(UDP_BYTES_MAX, Math.max(UDP_BYTES_MIN, edns?.udpBytes ?? 0));
  if (response.length <= bytesMax) return response;
  const bits = RCODES[given.rcode] | (given.isAuthoritative ? BIT.authoritative : 0);
  return assemble(query, question, bits | BIT.truncated, [], [], options);
}

type Asked = { readonly words: Question; readonly bytes: Buffer };
type Edns = { readonly udpBytes: number; readonly version: number };

function parse(
  query: Buffer,
): { readonly question: Asked; readonly edns: Edns | 'twice' | undefined } | undefined {
  try {
    const { questions = [], additionals = [] } = packet.decode(query);
    const [first] = questions;
    if (first === undefined) return undefined;
    const options = additionals.filter((record) => record.type === 'OPT');
    const [option] = options;
    const edns =
      options.length > 1
        ? 'twice'
        : option && { udpBytes: option.udpPayloadSize, version: option.ednsVersion };
    const words = { name: first.name, type: String(first.type), class: String(first.class) };
    return { question: { words, bytes: questionBytes(query) }, edns };
  } catch {
    return undefined;
  }
}

/** The question as it came: name without compression (nothing stands before it), type and class. */
function questionBytes(query: Buffer): Buffer {
  let end = HEADER_BYTES;
  while (query.readUInt8(end) !== 0) {
    const length = query.readUInt8(end);
    if (length > 63) throw new Error('a compressed name in the question');
    end += length + 1;
  }
  return Buffer.from(query.subarray(HEADER_BYTES, end + 5));
}

function header(
  query: Buffer,
  bits: number,
  questions: readonly Asked[],
  counts = [0, 0, 0],
): Buffer {
  const flags = query.readUInt16BE(2);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(query.readUInt16BE(0), 0);
  // Opcode and "recursion desired" come back as they were; we recurse for nobody.
  head.writeUInt16BE(BIT.response | (flags & 0x7800) | (flags & BIT.recursion) | bits, 2);
  for (const [place, count] of [questions.length, ...counts].entries())
    head.writeUInt16BE(count, 4 + 2 * place);
  return Buffer.concat([head, ...questions.map(({ bytes }) => bytes)]);
}

function assemble(
  query: Buffer,
  question: Asked,
  bits: number,
  answers: readonly AnswerRecord[],
  authorities: readonly AnswerRecord[],
  options: packet.OptAnswer | undefined,
): Buffer {
  const sections = {
    answers: answers.map(toWire),
    authorities: authorities.map(toWire),
    additionals: options ? [options] : [],
  };
  const counts = [answers.length, authorities.length, sections.additionals.length];
  const body = packet.encode({ type: 'response', ...sections }).subarray(HEADER_BYTES);
  return Buffer.concat([header(query, bits, [question], counts), body]);
}

const opt = (extendedRcode: number): packet.OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: OUR_UDP_BYTES,
  extendedRcode,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
});

function toWire({ name, type, ttlSeconds, value }: AnswerRecord): packet.Answer {
  const ttl = ttlSeconds;
  const words = value.trim().split(/\s+/);
  const numberAt = (place: number): number => Number(words[place]);
  const nameAt = (place: number): string => (words[place] ?? '').replace(/\.$/, '');
  switch (type) {
    case 'A':
    case 'AAAA':
      return { name, type, ttl, data: value };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { name, type, ttl, data: nameAt(0) };
    case 'TXT':
      return { name, type, ttl, data: [...(txtStrings(value) ?? [])] };
    case 'MX':
      return { name, type, ttl, data: { preference: numberAt(0), exchange: nameAt(1) } };
    case 'SRV': {
      const data = {
        priority: numberAt(0),
        weight: numberAt(1),
        port: numberAt(2),
        target: nameAt(3),
      };
      return { name, type, ttl, data };
    }
    case 'SOA': {
      const [serial, refresh, retry, expire, minimum] = [2, 3, 4, 5, 6].map(numberAt);
      const data = { mname: nameAt(0), rname: nameAt(1), serial, refresh, retry, expire, minimum };
      return { name, type, ttl, data };
    }
    default:
      throw new Error(`no wire form for ${type} here`);
  }
}
