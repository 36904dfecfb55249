/** A screenshot with a palette: text on plain colours needs no more than 256, and a third of the bytes. */

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

function chunksOf(png: Buffer): { type: string; data: Buffer }[] {
  const chunks = [];
  for (let at = signature.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

/** PNG's Paeth predictor. */
function paeth(a: number, b: number, c: number): number {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** The bytes of all pixels, row by row. */
function unfiltered(raw: Buffer, rowBytes: number, pixelBytes: number): Buffer {
  const rows = raw.length / (rowBytes + 1);
  const out = Buffer.alloc(rows * rowBytes);
  for (let y = 0; y < rows; y += 1) {
    const filter = raw[y * (rowBytes + 1)] ?? 0;
    for (let x = 0; x < rowBytes; x += 1) {
      const at = y * rowBytes + x;
      const left = x < pixelBytes ? 0 : (out[at - pixelBytes] ?? 0);
      const up = y === 0 ? 0 : (out[at - rowBytes] ?? 0);
      const corner = x < pixelBytes || y === 0 ? 0 : (out[at - rowBytes - pixelBytes] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      out[at] = (raw[y * (rowBytes + 1) + 1 + x] ?? 0) + guess;
    }
  }
  return out;
}

/** `png`: 8 bits, RGB or RGBA, as Chromium makes them. */
export function smallPng(png: Buffer): Buffer {
  const chunks = chunksOf(png);
  const head = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13);
  const [width, height, pixelBytes] = [head.readUInt32BE(0), head.readUInt32BE(4), head[9] === 6 ? 4 : 3];
  const raw = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)));
  const pixels = unfiltered(raw, width * pixelBytes, pixelBytes);
  // Where 256 colours are not enough, those that look alike become one.
  for (let coarse = 0; coarse < 6; coarse += 1) {
    const palette = new Map<number, number>();
    const indexed = Buffer.alloc(height * (width + 1));
    for (let i = 0; i < width * height; i += 1) {
      const [r = 0, g = 0, b = 0] = pixels.subarray(i * pixelBytes, i * pixelBytes + 3);
      const half = coarse === 0 ? 0 : 1 << (coarse - 1);
      const near = (value: number) => Math.min(255, ((value + half) >> coarse) << coarse);
      const colour = (near(r) << 16) | (near(g) << 8) | near(b);
      if (!palette.has(colour)) palette.set(colour, palette.size);
      indexed[Math.floor(i / width) * (width + 1) + 1 + (i % width)] = palette.get(colour) ?? 0;
    }
    if (palette.size > 256) continue;
    const colours = Buffer.from([...palette.keys()].flatMap((one) => [one >> 16, (one >> 8) & 255, one & 255]));
    const start = Buffer.from(head);
    start[9] = 3;
    const parts = [chunk('IHDR', start), chunk('PLTE', colours)];
    return Buffer.concat([
      signature,
      ...parts,
      chunk('IDAT', deflateSync(indexed, { level: 9 })),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }
  throw new Error('too many colours');
}
