/** What an image is, and how large, by its first bytes: never by its name or by what was said of it. */

export type ImageType = 'image/png' | 'image/jpeg' | 'image/webp';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** `size` null: it begins as one, and no picture follows. */
export interface Image {
  readonly type: ImageType;
  readonly size: Size | null;
}

const pngSignature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const jpegSignature = Buffer.from([0xff, 0xd8, 0xff]);

/** Null: it is none of these. */
export function imageOf(bytes: Buffer): Image | null {
  if (bytes.subarray(0, 8).equals(pngSignature)) return { type: 'image/png', size: within(() => pngSize(bytes)) };
  if (bytes.subarray(0, 3).equals(jpegSignature)) return { type: 'image/jpeg', size: within(() => jpegSize(bytes)) };
  const isWebp = text(bytes, 0, 4) === 'RIFF' && text(bytes, 8, 12) === 'WEBP';
  return isWebp ? { type: 'image/webp', size: within(() => webpSize(bytes)) } : null;
}

const text = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to);

/** Null where it ends too early, or is of no size. */
function within(read: () => Size | null): Size | null {
  try {
    const size = read();
    return size && size.width > 0 && size.height > 0 ? size : null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** PNG (third edition) 11.2.1: the first chunk is the header, of 13 bytes. */
const pngSize = (bytes: Buffer): Size | null =>
  bytes.readUInt32BE(8) === 13 && text(bytes, 12, 16) === 'IHDR' && bytes.length >= 33
    ? { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
    : null;

/** ITU T.81, B.2.2: the size is in the frame header, after segments that each say how long they are. */
function jpegSize(bytes: Buffer): Size | null {
  for (let at = 2; bytes.readUInt8(at) === 0xff; ) {
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // All of 0xc0 to 0xcf but tables and a reserved one.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    // The scan begins, and no frame came before it.
    if (marker === 0xda) return null;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return null;
}

/** RFC 9649: lossy, lossless, and extended. */
function webpSize(bytes: Buffer): Size | null {
  switch (text(bytes, 12, 16)) {
    case 'VP8 ':
      return bytes.readUIntBE(23, 3) === 0x9d012a
        ? { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
        : null;
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return bytes.readUInt8(20) === 0x2f ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : null;
    }
    case 'VP8X':
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    default:
      return null;
  }
}
