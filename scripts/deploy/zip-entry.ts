/**
 * One file out of a ZIP archive, found through its central directory (PKWARE APPNOTE 4.3.12): a deployed
 * function's code comes back as such an archive. Sizes are taken from the directory, since an entry that
 * was streamed has none beside its data. Whatever is not as it should be gives null.
 */
import { inflateRawSync } from 'node:zlib';

const END = 0x06054b50;
const DIRECTORY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const ENTRY_BYTES_MAX = 16 * 1024 * 1024;

export function zipEntry(archive: Buffer, name: string): Buffer | null {
  const end = endOf(archive);
  if (end === null) return null;
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count && at + 46 <= archive.length; i += 1) {
    if (archive.readUInt32LE(at) !== DIRECTORY) return null;
    const nameBytes = archive.readUInt16LE(at + 28);
    const found = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    if (found === name) {
      return contentOf(archive, {
        method: archive.readUInt16LE(at + 10),
        bytes: archive.readUInt32LE(at + 20),
        plainBytes: archive.readUInt32LE(at + 24),
        start: archive.readUInt32LE(at + 42),
      });
    }
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return null;
}

function endOf(archive: Buffer): number | null {
  const last = archive.length - END_BYTES;
  for (let at = last; at >= Math.max(0, last - COMMENT_BYTES_MAX); at -= 1) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  return null;
}

function contentOf(
  archive: Buffer,
  entry: {
    readonly method: number;
    readonly bytes: number;
    readonly plainBytes: number;
    readonly start: number;
  },
): Buffer | null {
  const { method, bytes, plainBytes, start } = entry;
  if (plainBytes > ENTRY_BYTES_MAX || start + 30 > archive.length) return null;
  if (archive.readUInt32LE(start) !== LOCAL) return null;
  const from = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28);
  const data = archive.subarray(from, from + bytes);
  if (method === 0) return Buffer.from(data);
  if (method !== 8) return null;
  try {
    return inflateRawSync(data, { maxOutputLength: ENTRY_BYTES_MAX });
  } catch {
    return null;
  }
}
