import { describe, expect, it } from 'vitest';
import { imageOf } from './image-type.ts';

const base64 = (text: string): Buffer => Buffer.from(text, 'base64');
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** 7 by 5 pixels, as Chromium writes them; of a JPEG and the extended WebP what comes before the picture. */
const images = {
  png: base64(
    'iVBORw0KGgoAAAANSUhEUgAAAAcAAAAFCAYAAACJmvbYAAAAHklEQVR4AbTJMQ0AAADCsAX/nkEBfCzZVRncFqMTBgAA///iXYXJAAAABklEQVQDACA9Df1MQUJ/AAAAAElFTkSuQmCC',
  ),
  jpeg: hex(
    'ffd8 ffe0 0010 4a46494600010100000100010000 ffe2 0004 0000 ffff c0 0011 08 0005 0007 03 012200 021101 031101',
  ),
  'progressive JPEG': hex('ffd8 ffc4 0004 0000 ffc2 0011 08 0005 0007 03 012200 021101 031101'),
  'lossy WebP': base64('UklGRjQAAABXRUJQVlA4ICgAAACQAQCdASoHAAUAB0CWJaACdLoAA5gA/uUK+Cepco/+N48CvJdjoAAA'),
  'lossless WebP': base64('UklGRhwAAABXRUJQVlA4TA8AAAAvBgABAAcQ/Y/+ByKi/wEA'),
  'extended WebP': base64('UklGRiwCAABXRUJQVlA4WAoAAAAwAAAABgAABAAA'),
};

describe.each(Object.entries(images))('a %s', (_kind, bytes) => {
  it('is of its size', () => expect(imageOf(bytes)?.size).toEqual({ width: 7, height: 5 }));
  it('cut off anywhere before its picture, is of no size, and ends', () => {
    for (let n = 12; n < 16; n++) expect(imageOf(bytes.subarray(0, n))?.size).toBe(null);
  });
});

it.each([
  ['a signature alone', '89504e470d0a1a0a'],
  ['no width', '89504e470d0a1a0a 0000000d 49484452 00000000 00000005 0806000000 00000000'],
  ['no height', 'ffd8 ffc0 0011 08 0000 0007 03 012200'],
  ['segments of no length, on and on', `ffd8 ${'ffe0 0000'.repeat(500)}`],
  ['nothing but fill', `ffd8 ${'ff'.repeat(5_000)}`],
  ['a scan with no frame', 'ffd8 ffda 0008 0000 ffc0 0011 08 0005 0007'],
  ['an unknown chunk', Buffer.from('RIFF\0\0\0\0WEBPVP9 ........................').toString('hex')],
])('has no size: %s', (_what, bytes) => expect(imageOf(hex(bytes))?.size).toBe(null));

it('is no image, whatever it is called', () => {
  for (const text of ['<svg/>', 'GIF89a', '', 'RIFF....WAVE']) expect(imageOf(Buffer.from(text))).toBe(null);
});
